"""Glacier outlines that the user gives: polygons of a shapefile or a GeoJSON file."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapefile
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.features import rasterize
from rasterio.warp import transform_geom

from core.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.types import Grid

WGS84 = 4326
POLYGONS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True)
class Outlines:
    """Polygons as GeoJSON geometries, and the CRS of their coordinates."""

    polygons: tuple[dict[str, Any], ...]
    crs: CRS

    def drawn(self, grid: Grid) -> NDArray[np.bool_]:
        """True inside the polygons, (h, w) of a grid that has a CRS."""
        moved = [transform_geom(self.crs, grid.crs, polygon) for polygon in self.polygons]
        return np.asarray(rasterize(moved, out_shape=grid.shape, transform=grid.affine, dtype="uint8") > 0)


def read_outlines(path: Path) -> Outlines:
    """The polygons of a shapefile (.shp) or a GeoJSON file.

    Raises:
        TrainingError: the file cannot be read or holds no polygons.
    """
    geojson = path.suffix.lower() in {".json", ".geojson"}
    shapes, crs = _read_geojson(path) if geojson else _read_shapefile(path)
    polygons = tuple(shape for shape in shapes if shape.get("type") in POLYGONS)
    if not polygons:
        raise TrainingError(f"{path.name} holds no polygons. Give glacier outlines as polygons.")
    return Outlines(polygons, crs)


def _read_shapefile(path: Path) -> tuple[list[dict[str, Any]], CRS]:
    projection = path.with_suffix(".prj")
    try:
        with shapefile.Reader(str(path)) as reader:
            shapes = [dict(shape.__geo_interface__) for shape in reader.shapes()]
        wkt = projection.read_text("utf-8") if projection.exists() else None
        crs = CRS.from_wkt(wkt) if wkt else CRS.from_epsg(WGS84)
    except (shapefile.ShapefileException, struct.error, ValueError, OSError, CRSError) as error:
        raise TrainingError(
            f"{path.name} cannot be read as a shapefile ({error}). Give the .shp with its .shx and .dbf "
            "beside it, or a GeoJSON file."
        ) from error
    return shapes, crs


def _read_geojson(path: Path) -> tuple[list[dict[str, Any]], CRS]:
    try:
        content = json.loads(path.read_text("utf-8"))
        shapes = [feature.get("geometry") or feature for feature in content.get("features", [content])]
    except (OSError, ValueError, AttributeError) as error:
        raise TrainingError(f"{path.name} cannot be read as GeoJSON ({error}). Save it again.") from error
    return shapes, CRS.from_epsg(WGS84)  # RFC 7946 knows no other
