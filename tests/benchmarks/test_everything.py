"""One command runs all benchmarks and writes one table, with what could not run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from benchmarks import everything
from benchmarks.__main__ import COMMANDS
from benchmarks.figures import Figure, report
from core.inference.windows import plan_steps
from core.models import MODELS

SCIENCE = {"coverage", "clouds", "retreat", "all"}  # run by themselves, and `all` itself


def test_every_benchmark_of_the_order_is_a_command_with_small_sizes() -> None:
    assert set(everything.ORDER) == set(everything.QUICK) == set(COMMANDS) - SCIENCE


def test_the_quick_mosaic_has_windows_to_compare() -> None:
    words = everything.QUICK["tiling"].split()
    side = int(words[words.index("--side") + 1])
    assert all(len(list(plan_steps((side, side), spec))) > 1 for spec in MODELS.values())


def test_what_cannot_run_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(everything.QUICK, "nothing", "")
    monkeypatch.setattr(everything, "ORDER", (*everything.ORDER, "nothing"))
    with pytest.raises(typer.Exit):
        everything.measure(tmp_path, quick=True, only=["nothing"])
    told = json.loads((tmp_path / "benchmarks.json").read_text("utf-8"))
    assert "No such command" in told["benchmarks"]["nothing"]["failed"]
    assert "No such command" in (tmp_path / "benchmarks.md").read_text("utf-8")


def test_the_figures_of_all_benchmarks_stand_in_one_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written(name: str, _arguments: list[str], path: Path) -> dict[str, Any]:
        report(name, [Figure("drawing", 1.5, "s", 1.0, "at most", "median of 5")], path)
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return record

    monkeypatch.setattr(everything, "run_one", written)
    everything.measure(tmp_path, quick=True, only=["series", "ledger"])
    lines = (tmp_path / "benchmarks.md").read_text("utf-8").splitlines()
    assert lines[2] == "| **`python -m benchmarks series --runs 20`** | | | | series |"
    assert lines[3] == "| drawing | 1.5 s | at most 1 s | missed | median of 5 |"
    assert len(lines) == 6


def test_an_interrupted_round_keeps_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped_in_the_second(name: str, _arguments: list[str], _path: Path) -> dict[str, Any]:
        if name == "ledger":
            raise KeyboardInterrupt
        return {"title": name, "figures": []}

    monkeypatch.setattr(everything, "run_one", stopped_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        everything.measure(tmp_path, quick=True, only=["series", "ledger"])
    told = json.loads((tmp_path / "benchmarks.json").read_text("utf-8"))
    assert list(told["benchmarks"]) == ["series"]
    assert told["machine"]["cores"] >= 1
    assert told["machine"]["processor"]


def test_a_wrong_name_and_a_folder_that_cannot_be_made_are_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"no benchmark nothing\. Known are tile, "):
        everything.measure(tmp_path / "out", only=["nothing"])
    (tmp_path / "file").write_text("")
    with pytest.raises(typer.BadParameter, match="Name another --out"):
        everything.measure(tmp_path / "file" / "out", only=["tile"])
    assert not (tmp_path / "out").exists()
