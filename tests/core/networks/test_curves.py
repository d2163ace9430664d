"""Curves of a training: what is written is what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.errors import WeightsError
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


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (b"epoch,", b"era,"),
        (b"2,100,", b"2,many,"),
        (b",0.5000,0.0000\n", b""),
        (b"0.0000\n", b"0.0000,1\n"),
        (b"loss", b"\xff"),
        (b"1,50", b'"1'),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, found: bytes, left: bytes) -> None:
    path = tmp_path / "binary.curves.csv"
    write_curves(ROWS, path)
    whole = path.read_bytes()
    assert found in whole
    path.write_bytes(whole.replace(found, left, 1))
    with pytest.raises(
        WeightsError, match=r"binary\.curves\.csv are cut off or were altered\. Put back .* delete"
    ):
        read_curves(path)
