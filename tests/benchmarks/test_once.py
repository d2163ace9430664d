"""What runs once says so, in its table and its record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from benchmarks import compare, ledger

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.mark.parametrize("command", [compare, ledger])
def test_a_benchmark_without_repeats_tells_that_it_ran_once(
    command: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "time_apart", lambda _work: (1.0, 0.1))
    command.measure(side=64, out=tmp_path / "told.json")
    figures = json.loads((tmp_path / "told.json").read_text("utf-8"))["figures"]
    assert figures
    assert all(figure["how"].startswith("once; ") for figure in figures)
