"""Elevation models give heights in metres, gaps as NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import TileError
from core.tiles.elevation import read_elevation
from tests.rasters import write_tile

if TYPE_CHECKING:
    from pathlib import Path


def test_heights_come_with_their_grid_and_gaps_are_nan(tmp_path: Path) -> None:
    values = np.array([[4000, 4100], [-32768, 4300]], np.int16)
    heights, grid = read_elevation(write_tile(tmp_path / "dem.tif", values))
    assert heights[0].tolist() == [4000, 4100]
    assert np.isnan(heights[1, 0])
    assert grid.shape == (2, 2)
    assert grid.crs is not None


@pytest.mark.parametrize(
    ("values", "crs", "message"),
    [
        (np.ones((2, 4, 4), np.int16), "EPSG:32643", "2 bands; one is needed"),
        (np.ones((4, 4), np.int16), None, "no coordinate system"),
        (np.full((4, 4), -32768, np.int16), "EPSG:32643", "holds no heights"),
    ],
)
def test_what_is_no_elevation_model_is_refused(
    tmp_path: Path, values: np.ndarray, crs: str | None, message: str
) -> None:
    path = write_tile(tmp_path / "dem.tif", values, crs=crs)
    with pytest.raises(TileError, match=message):
        read_elevation(path)
