"""Rasters of measured or simulated bands on disk: one GeoTIFF with descriptions and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rasterio
from rasterio.errors import RasterioError

from core.errors import ExportError
from core.quiet import may_lie_nowhere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.types import Grid

BLOCK_PX = 256
_PREDICTOR = {"u": 2, "i": 2, "f": 3}  # GDAL's horizontal differencing of integers, of floating point


def write_bands(
    path: Path,
    values: NDArray[np.generic],
    grid: Grid,
    *,
    descriptions: Sequence[str] = (),
    nodata: float | None = None,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write `values` (bands, h, w), or (h, w) of a single band, as a compressed GeoTIFF.

    Raises:
        ExportError: the file cannot be written.
    """
    planes = values[None] if values.ndim == 2 else values
    tiled = (
        {"tiled": True, "blockxsize": BLOCK_PX, "blockysize": BLOCK_PX} if min(grid.shape) > BLOCK_PX else {}
    )
    try:
        with may_lie_nowhere():
            dataset = rasterio.open(
                path,
                "w",
                driver="GTiff",
                height=grid.height,
                width=grid.width,
                count=planes.shape[0],
                dtype=planes.dtype.name,
                nodata=nodata,
                crs=grid.crs,
                transform=grid.affine,
                compress="deflate",
                zlevel=9,
                predictor=_PREDICTOR[planes.dtype.kind],
                interleave="band",
                **tiled,
            )
        with dataset:
            dataset.write(planes)
            for band, text in enumerate(descriptions, start=1):
                dataset.set_band_description(band, text)
            dataset.update_tags(**(tags or {}))
    except (RasterioError, OSError) as error:
        raise ExportError(
            f"{path.name} could not be written ({error}). Free space on the disk, check the rights of the "
            "folder, and run again."
        ) from error
