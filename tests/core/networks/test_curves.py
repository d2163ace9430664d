"""Curves of a training: what is written is what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.networks.curves import EpochScores, read_curves, write_curves

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (
    EpochScores(1, 50, 1e-4, 1.25, 0.5, 0.4, {"glacier": 0.3, "water": None}),
    EpochScores(2, 100, 9.99e-4, 0.75, None, 0.6, {"glacier": 0.5, "water": 0.0}),
)


def test_rows_come_back_as_they_were_with_gaps_where_there_is_no_value(tmp_path: Path) -> None:
    write_curves(ROWS, tmp_path / "new" / "binary.curves.csv")
    assert read_curves(tmp_path / "new" / "binary.curves.csv") == ROWS


def test_without_a_file_there_are_no_curves(tmp_path: Path) -> None:
    assert read_curves(tmp_path / "binary.curves.csv") == ()
