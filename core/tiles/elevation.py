"""Elevation models: heights of the ground as a raster gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import RasterioError

from core.errors import TileError
from core.tiles.opening import open_raster, read_header
from core.types import Grid

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def read_elevation(path: Path) -> tuple[NDArray[np.float64], Grid]:
    """Heights in metres, float64 (h, w), NaN where there are none, and their grid.

    Raises:
        TileError: not a raster, more than one band, no georeference, or no heights in it.
    """
    header = read_header(path)
    if header.count != 1:
        raise TileError(
            f"The elevation model {path.name} has {header.count} bands; one is "
            "needed. Give the heights alone."
        )
    if header.crs is None:
        raise TileError(
            f"The elevation model {path.name} has no coordinate system, which is needed "
            "to lay a tile over it. Save it as a georeferenced GeoTIFF."
        )
    try:
        with open_raster(path, header.name) as raster:
            heights = raster.read(1, masked=True).astype(np.float64).filled(np.nan)
    except RasterioError as error:
        raise TileError(
            f"The elevation model {path.name} is damaged or incomplete. Copy it again."
        ) from error
    heights[(heights < -500) | (heights > 9000)] = np.nan  # voids are often written as -32768
    if np.isnan(heights).all():
        raise TileError(f"The elevation model {path.name} holds no heights in metres. Give another one.")
    return heights, Grid.of(header.crs, header.affine, header.height, header.width)
