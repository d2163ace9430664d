from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import TileError
from core.tiles.labels import read_labels
from tests.rasters import write_tile


def test_labels_stored_as_floats_come_back_as_bytes(tmp_path: Path) -> None:
    stored = np.array([[0, 85], [255, np.nan]], np.float32)
    labels, grid = read_labels(write_tile(tmp_path / "y.tif", stored))
    assert labels.tolist() == [[0, 85], [255, 255]]
    assert labels.dtype == np.uint8
    assert grid.shape == (2, 2)


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
