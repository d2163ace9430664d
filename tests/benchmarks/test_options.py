"""Options that cannot be kept are refused before anything is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import COMMANDS, app
from benchmarks.options import writable

if TYPE_CHECKING:
    from pathlib import Path

WRONG_USE = 2


@pytest.mark.parametrize(
    "arguments", [("tile", "--size", "70"), ("arithmetic", "--side", "70"), ("training", "--patch", "70")]
)
def test_a_side_that_the_networks_do_not_take_is_refused(arguments: tuple[str, ...]) -> None:
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == WRONG_USE, ended.output
    assert "Take 96" in ended.output


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "all"])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ended = CliRunner().invoke(app, (name, "--out", str(tmp_path / "file" / "out.json")))
    assert ended.exit_code == WRONG_USE, ended.output
    assert "Name another --out" in " ".join(ended.output.split())


def test_trying_a_file_leaves_it_as_it_was(tmp_path: Path) -> None:
    kept, new = tmp_path / "kept.json", tmp_path / "below" / "new.json"
    kept.write_text("{}")
    assert writable(kept) == kept
    assert writable(new) == new
    assert kept.read_text("utf-8") == "{}"
    assert not new.exists()
