"""What the simulator writes is what the app and the trainer read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

from core.errors import ExportError
from core.models import MULTICLASS
from core.runs import RadiometryKind
from core.tiles.reading import open_tile
from trainer.datasets import read_labelled_tiles
from trainer.simulate.conditions import draw_conditions
from trainer.simulate.scene import SimulatedTile, render
from trainer.simulate.writing import surface_values, write_five_bands, write_labels, write_reference_layout

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.simulate.ground import Ground


@pytest.fixture(scope="module")
def tile(ground: Ground) -> SimulatedTile:
    return render(4, ground, draw_conditions(4, "winter"))


def test_the_reference_layout_is_read_back_with_its_labels(tile: SimulatedTile, tmp_path: Path) -> None:
    write_reference_layout(tmp_path, "img004", tile)
    (read,) = read_labelled_tiles(tmp_path, MULTICLASS)
    assert read.name == "img004"
    assert np.array_equal(read.pixels.valid, tile.valid)
    assert np.array_equal(read.labels[tile.valid], tile.labels[tile.valid])
    red = tile.numbers[2] * 2.75e-5 - 0.2
    assert np.allclose(read.pixels.values[2][tile.valid], red[tile.valid], atol=1e-6)


def test_one_file_holds_the_tile_its_day_and_its_origin(tile: SimulatedTile, tmp_path: Path) -> None:
    path = tmp_path / "tile.tif"
    write_five_bands(path, tile)
    with open_tile(path) as opened:
        assert opened.radiometry.kind is RadiometryKind.LANDSAT_L2
        assert opened.sensor == "Landsat 8"
        assert opened.acquired_on == tile.conditions.acquired_on
        assert opened.present == (True,) * 5
        assert opened.grid == tile.grid
    with rasterio.open(path) as raster:
        assert raster.tags()["DESCRIPTION"] == "simulated by Firnline, seed 4"


def test_sentinel_2_is_written_without_thermal_band_and_read_with_its_offset(
    ground: Ground, tmp_path: Path
) -> None:
    tile = render(4, ground, draw_conditions(4, "summer"), "sentinel2")
    write_five_bands(tmp_path / "tile.tif", tile)
    with open_tile(tmp_path / "tile.tif") as opened:
        assert opened.radiometry.kind is RadiometryKind.SENTINEL2_OFFSET
        assert opened.present == (True, True, True, True, False)
        pixels = opened.read(opened.grid.full_window)
    green = (tile.numbers[1] - 1000.0) * 1e-4
    assert np.allclose(pixels.values[1][tile.valid], green[tile.valid], atol=1e-6)
    assert np.isnan(pixels.values[4]).all()


def test_the_reference_layout_refuses_a_tile_that_it_cannot_name(ground: Ground, tmp_path: Path) -> None:
    tile = render(4, ground, draw_conditions(4, "summer"), "sentinel2")
    with pytest.raises(ExportError, match="holds Landsat tiles"):
        write_reference_layout(tmp_path, "img004", tile)


def test_label_files_hold_the_mask_values_and_zero_without_data(tile: SimulatedTile, tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.tif", tile)
    with rasterio.open(tmp_path / "labels.tif") as raster:
        values = raster.read(1)
    assert set(np.unique(values)) <= {0, 85, 170, 255}
    assert not values[~tile.valid].any()
    assert surface_values(np.array([[0, 1, 2, 3, 255]], np.uint8)).tolist() == [[0, 85, 170, 255, 0]]
