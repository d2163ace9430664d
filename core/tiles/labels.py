"""Label rasters: ground truth beside a tile, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import RasterioError

from core.errors import TileError
from core.tiles.opening import open_raster, read_header
from core.types import Grid

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.tiles.opening import Header

LARGEST = 255


@dataclass(frozen=True, slots=True, eq=False)
class StoredLabels:
    """The values of a label raster, uint8 (h, w), on `grid`; they mean something where `known`, bool (h, w).

    `no_data` is the value that the file declares to be none where labels could have it, too: what it means
    depends on their encoding, so pixels that hold it are known here.
    """

    values: NDArray[np.uint8]
    known: NDArray[np.bool_]
    grid: Grid
    no_data: int | None = None


def read_labels(path: Path) -> StoredLabels:
    """A label raster. Unknown is what is NaN, what the file's mask leaves out, and declared -9999 and such.

    The reference data set stores labels as float32; whole numbers from 0 to 255 are all that is taken.

    Raises:
        TileError: not a raster, more than one band, or values that are no labels.
    """
    header = read_header(path)
    no_data = _possible_label(header)
    try:
        with open_raster(path, header.name) as raster:
            numbers = raster.read(1)
            known = ~np.isnan(numbers)
            if header.masked or no_data is None:
                known &= raster.read_masks(1) > 0
    except RasterioError as error:
        raise TileError(f"The labels {path.name} are damaged or incomplete. Copy them again.") from error
    if header.count != 1:
        raise TileError(
            f"The labels {path.name} have {header.count} bands; labels need one. Give the label band alone."
        )
    told = numbers[known]
    if ((told < 0) | (told > LARGEST) | (told != np.floor(told))).any():
        raise TileError(
            f"The labels {path.name} hold values from {told.min():g} to {told.max():g}; labels are whole "
            "numbers from 0 to 255. Give the label raster, not a band or a probability; if one of the values "
            "means that nothing is known, declare it to be no data."
        )
    values = np.where(known, numbers, 0).astype(np.uint8)
    return StoredLabels(
        values, known, Grid.of(header.crs, header.affine, header.height, header.width), no_data
    )


def _possible_label(header: Header) -> int | None:
    """The declared no-data value, where labels could have it."""
    declared = header.nodatas[0]
    if declared is None or not 0 <= declared <= LARGEST or declared != int(declared):
        return None
    return int(declared)
