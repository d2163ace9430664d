"""Label rasters: ground truth beside a tile, as it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import RasterioError

from core.errors import TileError
from core.tiles.opening import open_raster, read_header
from core.types import NO_DATA, Grid

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def read_labels(path: Path) -> tuple[NDArray[np.uint8], Grid]:
    """The values of a label raster, uint8 (h, w), and its grid; NaN becomes 255, unknown.

    The reference data set stores labels as float32; whole numbers from 0 to 255 are all that is taken.

    Raises:
        TileError: not a raster, more than one band, or values that are no labels.
    """
    header = read_header(path)
    try:
        with open_raster(path, header.name) as raster:
            values = raster.read(1)
    except RasterioError as error:
        raise TileError(f"The labels {path.name} are damaged or incomplete. Copy them again.") from error
    grid = Grid.of(header.crs, header.affine, header.height, header.width)
    if header.count != 1:
        raise TileError(
            f"The labels {path.name} have {header.count} bands; labels need one. Give the label band alone."
        )
    whole = np.nan_to_num(values.astype(np.float64), nan=NO_DATA)
    labels = whole.astype(np.uint8)
    if not np.array_equal(labels, whole):
        raise TileError(
            f"The labels {path.name} hold values from {whole.min():g} to {whole.max():g}; labels are whole "
            "numbers from 0 to 255. Give the label raster, not a band or a probability."
        )
    return labels, grid
