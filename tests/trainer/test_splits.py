"""Splits: whole tiles, contiguous blocks, every source by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import TrainingError
from tests.trainer.scenes import labelled_tile
from trainer.splits import SplitRule, split_tiles

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
    [(SplitRule("place", 9, 0), "8 labelled tiles"), (SplitRule("place", 4, 4), "no fold 4")],
)
def test_a_split_that_cannot_be_is_refused(rule: SplitRule, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        split_tiles(ROW, rule, seed=0)
