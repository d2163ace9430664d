from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS

from core.errors import TileError
from core.tiles.alignment import Samples, interpolate, place_on
from core.tiles.opening import Header

FINE = Header(
    path=Path("fine.tif"),
    name="fine.tif",
    height=60,
    width=90,
    dtype="uint16",
    crs=CRS.from_epsg(32643),
    affine=Affine(10.0, 0.0, 500000.0, 0.0, -10.0, 3700000.0),
    descriptions=("",),
    scales=(1.0,),
    offsets=(0.0,),
    nodatas=(None,),
    tags={},
    masked=False,
    has_control_points=False,
)


def _other(
    factor: float, height: int, width: int, *, east: float = 0.0, north: float = 0.0, turn: float = 0.0
) -> Header:
    affine = Affine.translation(east, north) * FINE.affine * Affine.rotation(turn) * Affine.scale(factor)
    return replace(FINE, name="other.tif", affine=affine, height=height, width=width)


def test_the_same_grid_is_exact_despite_rounded_coordinates() -> None:
    assert place_on(FINE, _other(1, 60, 90, east=0.001)).exact


def test_a_coarser_grid_of_the_same_ground_is_sampled() -> None:
    placement = place_on(FINE, _other(3, 20, 30))
    assert not placement.exact
    assert (placement.row_step, placement.col_step) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_a_coarser_grid_may_hang_over_by_one_of_its_pixels() -> None:
    assert not place_on(FINE, _other(7, 9, 13)).exact
    assert not place_on(FINE, _other(7, 9, 12)).exact  # 0.86 of a coarse pixel short


@pytest.mark.parametrize(
    "source",
    [
        _other(1, 60, 90, east=20.0),
        _other(1, 60, 90, north=600.0),
        _other(1, 50, 90),
        _other(3, 20, 20),
        _other(3, 20, 30, east=40.0),
    ],
)
def test_other_ground_is_refused(source: Header) -> None:
    with pytest.raises(TileError, match="cover different ground"):
        place_on(FINE, source)


def test_another_coordinate_system_is_refused() -> None:
    with pytest.raises(TileError, match="different coordinate systems"):
        place_on(FINE, replace(FINE, crs=CRS.from_epsg(32644)))


def test_a_band_with_and_one_without_georeference_are_refused() -> None:
    with pytest.raises(TileError, match="different coordinate systems"):
        place_on(FINE, replace(FINE, crs=None))


@pytest.mark.parametrize("turn", [1.0, 90.0, 180.0])
def test_a_grid_turned_against_the_other_is_refused(turn: float) -> None:
    with pytest.raises(TileError, match="rotated against each other"):
        place_on(FINE, _other(1, 60, 90, turn=turn))


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6), st.integers(1, 8), st.integers(1, 8))
def test_a_plane_is_interpolated_to_itself_away_from_the_edge(factor: int, height: int, width: int) -> None:
    rows, cols = np.mgrid[0:height, 0:width]
    plane = (3.0 * rows + 5.0 * cols).astype(np.float32)
    samples = [Samples.at((np.arange(n * factor) + 0.5) / factor - 0.5, n) for n in (height, width)]
    values, carried = interpolate(plane, np.ones_like(plane, bool), samples[0], samples[1])
    fine_rows, fine_cols = np.meshgrid(
        *(np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1) for n in (height, width)),
        indexing="ij",
    )
    assert carried.all()
    assert values == pytest.approx(3.0 * fine_rows + 5.0 * fine_cols, abs=1e-4)


def test_no_data_has_no_weight_and_stays_where_it_is() -> None:
    values = np.array([[10.0, 999.0]], np.float32)
    samples = Samples.at(np.array([-0.25, 0.25, 0.75, 1.25]), 2)
    row = Samples.at(np.array([0.0]), 1)
    mixed, carried = interpolate(values, np.array([[True, False]]), row, samples)
    assert carried.tolist() == [[True, True, False, False]]
    assert mixed[0, :2].tolist() == [10.0, 10.0]
    assert mixed[0, 2:].tolist() == [999.0, 999.0]
