from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from core.errors import TileError
from core.tiles.labels import read_labels
from tests.rasters import write_tile


def test_labels_stored_as_floats_come_back_as_bytes(tmp_path: Path) -> None:
    stored = np.array([[0, 85], [255, np.nan]], np.float32)
    labels = read_labels(write_tile(tmp_path / "y.tif", stored))
    assert labels.values[labels.known].tolist() == [0, 85, 255]
    assert labels.values.dtype == np.uint8
    assert labels.grid.shape == (2, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_a_declared_value_that_no_label_can_have_is_unknown(tmp_path: Path, dtype: str) -> None:
    stored = np.array([[0, 85], [255, -9999]], dtype)
    labels = read_labels(write_tile(tmp_path / "y.tif", stored, nodata=-9999))
    assert labels.known.tolist() == [[True, True], [True, False]]
    assert labels.no_data is None


def test_a_declared_value_that_a_label_may_have_is_told_beside_the_values(tmp_path: Path) -> None:
    stored = np.array([[0, 128]], np.uint8)
    labels = read_labels(write_tile(tmp_path / "y.tif", stored, nodata=128))
    assert (labels.values.tolist(), labels.known.all(), labels.no_data) == ([[0, 128]], True, 128)
    assert read_labels(write_tile(tmp_path / "z.tif", stored)).no_data is None


def test_what_the_mask_of_a_file_leaves_out_is_unknown(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "y.tif", np.array([[0, 255]], np.uint8))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(np.array([[True, False]]))
    assert read_labels(path).known.tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((2, 4, 4), 1, np.uint8), "have 2 bands"),
        (np.full((4, 4), 0.5, np.float32), "labels are whole numbers"),
        (np.full((4, 4), 900, np.uint16), "labels are whole numbers"),
    ],
)
def test_what_is_no_label_raster_is_refused(tmp_path: Path, values: np.ndarray, said: str) -> None:
    with pytest.raises(TileError, match=said):
        read_labels(write_tile(tmp_path / "y.tif", values))


def test_a_file_that_is_no_raster_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "y.tif"
    path.write_text("no")
    with pytest.raises(TileError, match="is not a TIFF"):
        read_labels(path)


def test_damaged_labels_are_refused(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "y.tif", np.ones((64, 64), np.float32))
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(TileError, match="damaged or incomplete"):
        read_labels(path)
