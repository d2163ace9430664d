"""Placing: polygons in pixels brought to the tile's CRS and to WGS 84, and measured on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Geod, Transformer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from rasterio.crs import CRS
    from shapely.geometry import Polygon

    from core.types import Grid

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]

WGS84 = "EPSG:4326"
STRAIGHT_PX = (
    32  # sides are cut to this before they are bent: 1 km in 30 m pixels, which bends by centimetres
)
M_PER_KM, M2_PER_KM2 = 1e3, 1e6
HALF_PIXEL = 0.5
GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """Polygons in pixels, and how long the seen border of each is, in pixel sides."""

    polygons: Geometries
    lengths_px: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Polygons and where they lie; all have the same length.

    `projected` are in the CRS of the tile, `geographic` in WGS 84 (longitude, latitude), outer rings counter-
    clockwise as RFC 7946 wants them. Longitudes go on beyond 180 degrees where the tile does. Areas and
    perimeters, those of holes included, are geodesic. `errors_km2`: half a pixel along each seen border
    (Paul et al. 2017, doi:10.1016/j.rse.2017.08.038). `pixel_km2`: area of the pixel in the middle of the
    tile.
    """

    projected: Geometries
    geographic: Geometries
    areas_km2: Floats
    perimeters_km: Floats
    errors_km2: Floats
    pixel_km2: float

    def __getitem__(self, chosen: NDArray[np.intp]) -> Placed:
        """The chosen polygons, in the order given."""
        return Placed(
            self.projected[chosen],
            self.geographic[chosen],
            self.areas_km2[chosen],
            self.perimeters_km[chosen],
            self.errors_km2[chosen],
            self.pixel_km2,
        )


def place(borders: Borders, grid: Grid, crs: CRS) -> Placed:
    """Place polygons that are in pixels of a grid. `crs`: the grid's."""
    polygons = borders.polygons
    a, b, c, d, e, f = grid.transform

    def to_crs(points: Floats) -> Floats:
        cols, rows = points.T
        return np.stack([a * cols + b * rows + c, d * cols + e * rows + f], axis=1)

    to_degrees = Transformer.from_crs(crs.to_wkt(), WGS84, always_xy=True)
    middle = float(to_degrees.transform(*to_crs(np.array([[grid.width / 2, grid.height / 2]]))[0])[0])

    def to_wgs84(points: Floats) -> Floats:
        longitudes, latitudes = to_degrees.transform(*to_crs(points).T)
        near = (np.asarray(longitudes) - middle + 180) % 360 - 180 + middle  # one piece across 180 degrees
        return np.stack([near, np.asarray(latitudes)], axis=1)

    projected = shapely.orient_polygons(shapely.transform(polygons, to_crs))
    bent = shapely.transform(shapely.segmentize(polygons, STRAIGHT_PX), to_wgs84)
    geographic = shapely.orient_polygons(bent)
    areas_km2, perimeters_km = _measure(geographic)
    col, row = grid.width / 2, grid.height / 2
    pixel = shapely.transform(shapely.box(col, row, col + 1, row + 1), to_wgs84)
    (pixel_km2,) = np.abs(_measure([pixel])[0])
    errors_km2 = HALF_PIXEL * borders.lengths_px * pixel_km2
    return Placed(projected, geographic, areas_km2, perimeters_km, errors_km2, float(pixel_km2))


def _measure(geographic: Iterable[Polygon]) -> tuple[Floats, Floats]:
    """Geodesic areas (Karney 2013, doi:10.1007/s00190-012-0578-z) and perimeters, km2 and km."""
    measured = [GEOD.geometry_area_perimeter(polygon) for polygon in geographic]
    areas_m2, perimeters_m = np.array(measured, np.float64).reshape(-1, 2).T
    return areas_m2 / M2_PER_KM2, perimeters_m / M_PER_KM
