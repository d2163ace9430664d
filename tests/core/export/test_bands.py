"""Rasters of bands keep values, names, place and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS

from core.errors import ExportError
from core.export.bands import write_bands
from core.types import Grid

if TYPE_CHECKING:
    from pathlib import Path

GRID = Grid.of(CRS.from_epsg(32643), Affine(30, 0, 567945, 0, -30, 3771855), 20, 30)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_what_is_written_is_read_back(tmp_path: Path, dtype: str) -> None:
    values = np.random.default_rng(0).integers(0, 200, (2, 20, 30)).astype(dtype)
    path = tmp_path / "bands.tif"
    write_bands(path, values, GRID, descriptions=("blue", "red"), nodata=0, tags={"SENSOR": "Landsat 8"})
    with rasterio.open(path) as raster:
        assert np.array_equal(raster.read(), values)
        assert raster.descriptions == ("blue", "red")
        assert raster.nodata == 0
        assert raster.tags()["SENSOR"] == "Landsat 8"
        assert Grid.of(raster.crs, raster.transform, raster.height, raster.width) == GRID


def test_a_single_band_may_come_without_its_axis(tmp_path: Path) -> None:
    write_bands(tmp_path / "one.tif", np.ones((20, 30), np.uint8), GRID)
    with rasterio.open(tmp_path / "one.tif") as raster:
        assert raster.count == 1


def test_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    values = np.arange(600, dtype=np.uint16).reshape(20, 30)
    for name in ("a.tif", "b.tif"):
        write_bands(tmp_path / name, values, GRID, tags={"SENSOR": "Landsat 8"})
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_a_folder_that_is_not_there_gets_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="could not be written"):
        write_bands(tmp_path / "missing" / "one.tif", np.ones((20, 30), np.uint8), GRID)
