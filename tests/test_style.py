"""The rules of style that a reader relies on: small modules, one door for each danger."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "db", "pages", "batch", "trainer", "benchmarks")
MODULES = [
    *sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py")),
    ROOT / "streamlit_app.py",
]
MODULE_LINES = 300
FUNCTION_LINES = 50
HOMELESS_NAMES = {"utils", "helpers", "common", "base", "manager", "misc"}
DOORS = {  # a dangerous call -> the folders or files that may use it
    r"\brasterio\.open\(": ("core/tiles/", "core/export/"),
    r"\bst\.cache_(data|resource)\b": ("pages/parts/cached.py",),
    r"\btorch\.load\(": (),
    r"^\s*(import|from) openvino": ("core/inference/openvino_runtime.py",),
    r"except (Exception|BaseException)\b": (),
    r"unsafe_allow_html=True": ("pages/parts/",),
}

modules = pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))


@modules
def test_a_module_fits_in_300_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MODULE_LINES


@modules
def test_a_module_is_a_noun_that_says_what_it_owns(path: Path) -> None:
    assert path.stem not in HOMELESS_NAMES
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@modules
def test_a_function_fits_on_a_screen(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {
        f.name: f.end_lineno - f.lineno + 1
        for f in functions
        if (f.end_lineno or 0) - f.lineno >= FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize("pattern", DOORS)
def test_a_dangerous_call_has_one_door(pattern: str) -> None:
    allowed = DOORS[pattern]
    found = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if re.search(pattern, path.read_text("utf-8"))
        and not str(path.relative_to(ROOT)).startswith(allowed or ("-",))
    ]
    assert found == []


def test_pages_do_not_import_each_other() -> None:
    pages = {p.stem for p in (ROOT / "pages").glob("*.py")} - {"__init__"}
    for path in MODULES:
        imported = {
            name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        }
        assert not {f"pages.{page}" for page in pages} & imported, path
