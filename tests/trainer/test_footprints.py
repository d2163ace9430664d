"""Footprints: which tiles share ground, in any coordinates, and which only borrow them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine
from rasterio.crs import CRS

from core.models import BINARY
from core.types import Grid
from tests.rasters import write_tile
from trainer.datasets import read_labelled_tiles
from trainer.footprints import footprint_of, sharing
from trainer.simulate.fractal_ground import place_tile

if TYPE_CHECKING:
    from pathlib import Path


def grid(epsg: int, west: float, north: float, side: int = 100, pixel: float = 30.0) -> Grid:
    return Grid.of(CRS.from_epsg(epsg), Affine(pixel, 0, west, 0, -pixel, north), side, side)


@pytest.mark.parametrize(("west", "shares"), [(0, True), (2_700, True), (2_900, False), (3_000, False)])
def test_more_than_a_twentieth_of_the_smaller_tile_is_shared_ground(west: float, shares: bool) -> None:
    this, that = grid(32643, 500_000, 4e6), grid(32643, 500_000 + west, 4e6)
    assert bool(sharing([footprint_of(this)], [footprint_of(that)])) == shares


@pytest.mark.parametrize("epsg", [32633, 32733])
def test_neighbours_far_from_the_middle_of_a_zone_share_nothing(epsg: int) -> None:
    west, east = (footprint_of(grid(epsg, 700_000 + step, 8.7e6, 500)) for step in (0, 15_000))
    assert not sharing([west], [east])


def test_tiles_on_both_sides_of_the_date_line_are_compared() -> None:
    these, those = (
        footprint_of(grid(4326, 179.98, 66, pixel=5e-4)),
        footprint_of(grid(4326, -180, 66, pixel=3e-4)),
    )
    assert sharing([these], [those]) == {0}


@pytest.mark.parametrize("wkt", [None, 'LOCAL_CS["field",UNIT["metre",1]]'])
def test_ground_without_a_place_on_the_earth_has_no_footprint(wkt: str | None) -> None:
    assert footprint_of(Grid(wkt, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0), 8, 8)) is None


@pytest.mark.parametrize(
    ("seeds", "shares"),
    [
        ((5, 5), True),  # dates of one fractal landscape
        ((None, 5), False),  # the landscape of seed 5 only borrows this place
        ((7, 5), False),  # seed 7 lies here on given terrain
        ((7, None), True),
        ((None, None), True),
    ],
)
def test_fractal_landscapes_share_ground_with_themselves_alone(
    tmp_path: Path, seeds: tuple[int | None, int | None], shares: bool
) -> None:
    ground = place_tile(5, 32)
    for name, seed in zip("ab", seeds, strict=True):
        tags = {} if seed is None else {"DESCRIPTION": f"simulated by Firnline, seed {seed}"}
        values = np.full((5, 32, 32), 20_000, np.uint16)
        write_tile(tmp_path / "tiles" / f"{name}.tif", values, transform=ground.affine, tags=tags)
        write_tile(tmp_path / "labels" / f"{name}.tif", np.zeros((32, 32), np.uint8), transform=ground.affine)
    one, other = read_labelled_tiles(tmp_path, BINARY)
    assert bool(sharing([one.footprint], [other.footprint])) == shares
