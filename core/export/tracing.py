"""Tracing: the polygons of a class map, along the edges of its pixels."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely
from rasterio.errors import RasterioError
from rasterio.features import shapes
from shapely.geometry import shape

from core.errors import ExportError
from core.export.byte_rasters import raster_window
from core.inference.postprocess import plan_strips
from core.quiet import may_lie_nowhere

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray
    from rasterio.io import DatasetReader
    from shapely.geometry.base import BaseGeometry

    Geometries = NDArray[np.object_]

STRIP_PX = 1024  # four rows of blocks: each block is read once


def open_classes(path: Path) -> DatasetReader:
    """A run's class map, open for reading; the caller closes it.

    Raises:
        ExportError: it is not there or cannot be read.
    """
    try:
        return rasterio.open(path, driver="GTiff", sharing=False)
    except RasterioError as error:
        raise ExportError(
            f"{path.name} of the run cannot be read. Put it back from a backup, or run the tile again."
        ) from error


def trace(classes: DatasetReader, members: Collection[int]) -> Geometries:
    """The polygons of the pixels whose class is among `members`, in pixels: x the column, y the row.

    Pixels are joined by their sides, not by their corners, so that every polygon is valid and no two overlap.
    Holes are kept, of whatever size. The map is read in strips, and GDAL traces it line by line: memory grows
    with the vertices, not with the pixels.

    Raises:
        ExportError: the map cannot be read, or there is no room for the temporary file.
    """
    if not members:
        return as_array([])
    try:
        with tempfile.TemporaryDirectory(prefix="firnline-") as folder:
            mask = Path(folder) / "mask.tif"
            _write_mask(classes, members, mask)
            with may_lie_nowhere():  # so that polygons come in pixels
                source = rasterio.open(mask, driver="GTiff")
            with source:
                band = rasterio.band(source, 1)
                found = [shape(polygon) for polygon, _ in shapes(band, mask=band, connectivity=4)]
    except (RasterioError, OSError) as error:
        raise ExportError(
            "The class map could not be traced: it is damaged, or the folder for temporary files is full. "
            "Free some space and try again."
        ) from error
    return as_array(found)


def simplify_together(layers: Sequence[Geometries], tolerance_px: float) -> list[Geometries]:
    """Layers of polygons that share borders, with the borders simplified and still shared.

    Visvalingam & Whyatt (1993): a corner goes while the triangle that it spans is smaller than the square of
    the tolerance. Junctions stay; no polygon crosses another, and none disappears.
    """
    ends = np.cumsum([len(layer) for layer in layers])
    at_corners = shapely.segmentize(np.concatenate(layers), 1.0)  # neighbours must have the same vertices
    return np.split(shapely.coverage_simplify(at_corners, tolerance_px), ends[:-1])


def as_array(geometries: Sequence[BaseGeometry]) -> Geometries:
    """Geometries in an array, which may be empty."""
    array = np.empty(len(geometries), object)
    array[:] = geometries
    return array


def _write_mask(classes: DatasetReader, members: Collection[int], path: Path) -> None:
    wanted = np.array(sorted(members), np.uint8)
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "compress": "deflate", "zlevel": 1}
    height, width = classes.shape
    with may_lie_nowhere():
        mask = rasterio.open(path, "w", height=height, width=width, **profile)
    with mask:
        for strip in plan_strips((height, width), STRIP_PX):
            window = raster_window(strip)
            mask.write(np.isin(classes.read(1, window=window), wanted).astype(np.uint8), 1, window=window)
