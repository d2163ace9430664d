"""Names of folders that file systems take, the same ones in every batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch.planning import unique_folder_names
from tests.batch.scenes import batch, write_scene

if TYPE_CHECKING:
    from pathlib import Path


def test_names_that_are_too_long_are_shortened_and_stay_apart_and_the_same() -> None:
    long = ["x" * 251, "x" * 251, "x" * 250 + "y", "\N{CYRILLIC SMALL LETTER ZHE}" * 130, "x" * 250]
    names = unique_folder_names(long)
    assert len(set(names)) == len(long)
    assert all(len(f"{name}.lock".encode()) <= 255 for name in names)
    assert names == unique_folder_names(long)
    assert names[-1] == "x" * 250  # results of earlier batches are found again


def test_a_tile_with_the_longest_name_is_mapped_and_found_again(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "in" / f"{'x' * 251}.tif")
    arguments = (scene, "--model", "binary", "--out", tmp_path / "out", "--no-history")
    for state in ("Tiles mapped: 1. Failed: 0.", "Tiles mapped: 0 (and 1 were done before). Failed: 0."):
        result = batch(*arguments)
        assert state in result.output
