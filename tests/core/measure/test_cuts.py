"""Where ice ends at the tile's edge or at no data, nobody saw its outline."""

from __future__ import annotations

import numpy as np
import pytest

from core.measure.cuts import CutStrips
from core.models import BINARY, MULTICLASS
from core.runs import OutlineCut
from core.types import NO_DATA


def cut_of(classes: np.ndarray, rows: int = 100) -> OutlineCut | None:
    strips = CutStrips(MULTICLASS)
    for start in range(0, len(classes), rows):
        strips.add(classes[start : start + rows])
    return strips.finish()


def test_ice_inside_the_tile_is_not_cut() -> None:
    classes = np.zeros((8, 8), np.uint8)
    classes[2:5, 3:6] = 1
    assert cut_of(classes) == OutlineCut(0.0, 0.0)


def test_the_tiles_edge_cuts_the_sides_that_lie_on_it() -> None:
    classes = np.zeros((8, 8), np.uint8)
    classes[0:2, 0:3] = 2  # outline of 10 sides: 3 along the top, 2 along the left
    assert cut_of(classes) == OutlineCut(0.5, 0.0)
    assert cut_of(np.rot90(classes, 2).copy()) == OutlineCut(0.5, 0.0)


def test_no_data_cuts_what_lies_beside_it() -> None:
    classes = np.zeros((8, 8), np.uint8)
    classes[2:4, 2:4] = 1
    classes[:, 4:] = NO_DATA
    assert cut_of(classes) == OutlineCut(0.0, 0.25)


def test_clean_and_debris_covered_ice_have_no_outline_between_them_but_water_has() -> None:
    classes = np.zeros((6, 6), np.uint8)
    classes[2:4, 2:3], classes[2:4, 3:4] = 1, 2
    assert cut_of(classes) == OutlineCut(0.0, 0.0)
    filled = np.full((4, 4), 1, np.uint8)
    filled[1:3, 1:3] = 3
    assert cut_of(filled) == OutlineCut(16 / 24, 0.0)


def test_a_tile_without_ice_has_no_cut() -> None:
    assert cut_of(np.zeros((4, 4), np.uint8)) is None
    assert cut_of(np.full((4, 4), NO_DATA, np.uint8)) is None


def test_inside_an_outline_its_ice_counts_alone_and_the_outline_itself_is_no_cut() -> None:
    classes = np.zeros((8, 12), np.uint8)
    classes[2:6, 2:10] = 1  # the outline holds the left half of it
    classes[2:6, 1] = NO_DATA
    classes[2:4, 10:] = NO_DATA  # beside ice outside
    inside = np.zeros(classes.shape, np.bool_)
    inside[:, :6] = True
    strips = CutStrips(BINARY)
    strips.add(classes[:3], inside[:3])
    strips.add(classes[3:], inside[3:])
    assert strips.finish() == OutlineCut(0.0, 4 / 12)  # four sides beside no data, eight beside ground


@pytest.mark.parametrize("rows", [1, 3, 7])
def test_strips_count_as_the_whole(rows: int) -> None:
    rng = np.random.default_rng(2)
    classes = rng.choice(np.array([0, 1, 2, 3, NO_DATA], np.uint8), (40, 30))
    assert cut_of(classes, rows) == cut_of(classes)


def test_the_binary_models_glacier_is_its_ice() -> None:
    strips = CutStrips(BINARY)
    strips.add(np.ones((2, 2), np.uint8))
    assert strips.finish() == OutlineCut(1.0, 0.0)
