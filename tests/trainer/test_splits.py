"""Splits: whole tiles, contiguous blocks, every source by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform

from core.errors import TrainingError
from core.models import BINARY
from core.types import Grid
from tests.rasters import TRANSFORM, write_tile
from tests.trainer.scenes import labelled_tile
from trainer.datasets import LabelledTile, read_labelled_tiles
from trainer.footprints import footprint_of
from trainer.splits import SplitRule, seen_ground, split_tiles

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 100  # pixels of a tile on the ground
ROW = [labelled_tile(seed, size=4) for seed in range(8)]  # eight tiles from west to east


def names(tiles: object) -> list[str]:
    return [tile.name for tile in tiles]  # type: ignore[attr-defined]


@pytest.mark.parametrize("fold", range(4))
def test_a_block_of_neighbours_measures_and_the_others_teach(fold: int) -> None:
    teaching, measuring = split_tiles(ROW[::-1], SplitRule("place", 4, fold), seed=0)
    assert sorted(names(measuring)) == [f"t{2 * fold:02}", f"t{2 * fold + 1:02}"]
    assert sorted(names(teaching) + names(measuring)) == names(ROW)


def test_the_seed_does_not_move_blocks_of_places() -> None:
    rule = SplitRule("place", 4, 1)
    assert names(split_tiles(ROW, rule, seed=0)[1]) == names(split_tiles(ROW, rule, seed=9)[1])


def test_a_random_split_follows_the_seed() -> None:
    rule = SplitRule("random", 4, 0)
    drawn = {tuple(names(split_tiles(ROW, rule, seed)[1])) for seed in range(6)}
    assert len(drawn) > 1
    assert names(split_tiles(ROW, rule, 3)[1]) == names(split_tiles(ROW, rule, 3)[1])


def test_the_place_decides_and_not_the_name() -> None:
    moved = [replace(tile, place=(float(5 * index % 8), 0.0)) for index, tile in enumerate(ROW)]
    _, measuring = split_tiles(moved, SplitRule("place", 4, 0), seed=0)
    assert sorted(tile.place[0] for tile in measuring) == [0, 1]


def test_every_source_gives_its_share() -> None:
    tiles = [*ROW, *(replace(tile, source="simulated") for tile in ROW[:4])]
    _, measuring = split_tiles(tiles, SplitRule("place", 4, 0), seed=0)
    assert [tile.source for tile in measuring] == ["field", "field", "simulated"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            SplitRule("place", 9, 0),
            "8 labelled tiles; 9 folds need at least 9. Add tiles or set fewer folds.",
        ),
        (SplitRule("place", 4, 4), "no fold 4"),
    ],
)
def test_a_split_that_cannot_be_is_refused(rule: SplitRule, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        split_tiles(ROW, rule, seed=0)


def test_a_single_tile_is_not_told_to_set_fewer_folds() -> None:
    wanted = r"'field' has 1 labelled tile; 2 folds need at least 2\. Add tiles, or leave the folder out\."
    with pytest.raises(TrainingError, match=wanted):
        split_tiles(ROW[:1], SplitRule("place", 2, 0), seed=0)


def on_ground(name: str, east_px: float, source: str = "field", epsg: int = 32643) -> LabelledTile:
    """A tile of 3 km whose western edge lies so many pixels east of a place in the Himalaya, in any CRS."""
    corner = TRANSFORM * (east_px, 0)
    step = 30.0 if CRS.from_epsg(epsg).is_projected else 0.0003
    (x,), (y,) = transform(CRS.from_epsg(32643), CRS.from_epsg(epsg), [corner[0]], [corner[1]])
    grid = Grid.of(CRS.from_epsg(epsg), Affine(step, 0, x, 0, -step, y), SIDE, SIDE)
    place = grid.affine * (SIDE / 2, SIDE / 2)
    return replace(labelled_tile(size=4, source=source), name=name, place=place, footprint=footprint_of(grid))


def test_tiles_that_adjoin_or_hardly_overlap_all_teach_or_measure() -> None:
    tiles = [on_ground(f"t{n}", n * (SIDE - 4)) for n in range(4)]
    teaching, measuring = split_tiles(tiles, SplitRule("place", 2, 0), seed=0)
    assert (names(teaching), names(measuring)) == (["t2", "t3"], ["t0", "t1"])


def test_a_tile_whose_ground_is_measured_does_not_teach(caplog: pytest.LogCaptureFixture) -> None:
    tiles = [on_ground(f"t{n}", east) for n, east in enumerate((0, SIDE, SIDE + 10, 400))]
    teaching, measuring = split_tiles(tiles, SplitRule("place", 2, 0), seed=0)
    assert (names(teaching), names(measuring)) == (["t3"], ["t0", "t1"])
    assert caplog.messages == ["1 tile set aside: its ground is measured (1 of 'field')."]


@pytest.mark.parametrize("epsg", [32643, 32644, 4326])
def test_the_same_ground_is_found_in_other_sources_and_other_coordinates(
    epsg: int, caplog: pytest.LogCaptureFixture
) -> None:
    tiles = [
        *(on_ground(f"a{n}", east) for n, east in enumerate((0, 300, 600, 900))),
        *(on_ground(f"b{n}", east, "other", epsg) for n, east in enumerate((-600, -300, 50, 250))),
    ]
    teaching, measuring = split_tiles(tiles, SplitRule("place", 2, 0), seed=0)
    assert (names(teaching), names(measuring)) == (["a2", "a3"], ["a0", "a1", "b0", "b1"])
    told = "2 tiles set aside: their ground is measured (2 of 'other'). Nothing of 'other' is left to teach."
    assert caplog.messages == [told]


def test_test_tiles_on_ground_that_the_training_saw_are_counted_by_folder() -> None:
    seen = [on_ground("t0", 0), on_ground("t1", 300)]
    tests = [
        *(on_ground(f"a{n}", east, "later", 32644) for n, east in enumerate((0, 310, 900))),
        on_ground("b0", 20, "other"),
        on_ground("c0", 2000, "abroad"),
        replace(on_ground("d0", 0, "nowhere"), footprint=None),
    ]
    told = "2 of 3 test tiles of 'later' and 1 of 1 test tile of 'other' lie on ground that the training"
    assert seen_ground(tests, seen) == f"{told} saw."
    assert not seen_ground(tests[4:], seen)


def test_a_random_split_keeps_every_tile() -> None:
    tiles = [on_ground(f"t{n}", 0) for n in range(4)]
    teaching, measuring = split_tiles(tiles, SplitRule("random", 2, 0), seed=0)
    assert sorted(names(teaching) + names(measuring)) == names(tiles)


def test_tiles_without_coordinates_are_taken_to_lie_apart() -> None:
    tiles = [replace(on_ground(f"t{n}", 0), footprint=None) for n in range(4)]
    teaching, measuring = split_tiles(tiles, SplitRule("place", 2, 0), seed=0)
    assert (len(teaching), len(measuring)) == (2, 2)


def test_dates_of_one_place_cannot_teach_and_measure(tmp_path: Path) -> None:
    for year in (2001, 2002):
        write_tile(tmp_path / "tiles" / f"glacier_{year}0801.tif", np.full((5, 32, 32), 20000, np.uint16))
        write_tile(tmp_path / "labels" / f"glacier_{year}0801.tif", np.zeros((32, 32), np.uint8))
    tiles = read_labelled_tiles(tmp_path, BINARY)
    wanted = r"^Nothing is left to teach: the ground of the other 1 tile is measured\. Add tiles of other"
    with pytest.raises(TrainingError, match=wanted):
        split_tiles(tiles, SplitRule("place", 2, 0), seed=0)
