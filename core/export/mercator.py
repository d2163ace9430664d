"""Web Mercator: the grid in which a browser map shows a tile, and the way into it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.warp import reproject, transform

from core.quiet import may_lie_nowhere
from core.runs import MapBounds
from core.types import Grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

Level = TypeVar("Level", np.uint8, np.float32)

WEB_MERCATOR = CRS.from_epsg(3857)
DEGREES = CRS.from_epsg(4326)
HALF_WORLD_M = 20037508.342789244  # from the date line to Greenwich, and the square map's upper edge
EDGE_POINTS = 21  # a side of the tile bends; its extent is taken from this many points
OVERSAMPLING = 2  # small tiles are drawn twice as fine, so that a turned pixel keeps its shape


def mercator_grid(view: Grid, max_px: int) -> Grid | None:
    """The north-up Web Mercator grid around a view, at about its resolution.

    None where the view has no CRS, reaches beyond 85 degrees or around half the world. Across the date
    line, x goes on beyond the edge of the world, as Leaflet expects it.
    """
    if view.crs is None:
        return None
    extent = _extent(view)
    if extent is None:
        return None
    west, south, east, north = extent
    fine = math.hypot(east - west, north - south) / math.hypot(view.width, view.height)
    if OVERSAMPLING * max(view.shape) <= max_px:
        fine /= OVERSAMPLING
    step = max(fine, (east - west) / max_px, (north - south) / max_px)
    height, width = (max(1, round(length / step)) for length in (north - south, east - west))
    placed = Affine((east - west) / width, 0, west, 0, -(north - south) / height, north)
    return Grid.of(WEB_MERCATOR, placed, height, width)


def warp(
    values: NDArray[Level],
    view: Grid,
    target: Grid | None,
    *,
    outside: float,
    resampling: Resampling = Resampling.nearest,
) -> NDArray[Level]:
    """Bring (h, w) or (n, h, w) values from the view into the target; unchanged without one.

    `outside` fills what the view does not cover; NaN also marks gaps, which never bleed into neighbours.
    """
    if target is None:
        return values
    height, width = target.shape
    warped = np.full((*values.shape[:-2], height, width), outside, values.dtype)
    gaps: dict[str, Any] = {"src_nodata": outside, "dst_nodata": outside} if np.isnan(outside) else {}
    with may_lie_nowhere():  # the arrays pass as rasters without a place until they are given theirs
        reproject(
            values,
            warped,
            src_transform=view.affine,
            src_crs=view.crs,
            dst_transform=target.affine,
            dst_crs=target.crs,
            resampling=resampling,
            init_dest_nodata=bool(gaps),
            **gaps,
        )
    return warped


def map_bounds(target: Grid) -> MapBounds:
    """The bounds of a Web Mercator grid in degrees."""
    west, north = target.affine @ (0, 0)
    east, south = target.affine @ (target.width, target.height)
    _, lat = transform(WEB_MERCATOR, DEGREES, [0, 0], [south, north])
    degrees_per_m = 180 / HALF_WORLD_M
    return MapBounds(south=lat[0], west=west * degrees_per_m, north=lat[1], east=east * degrees_per_m)


def metres_per_px(target: Grid) -> float:
    """Ground length of a pixel at the centre of a Web Mercator grid, which stretches by 1 / cos(latitude)."""
    bounds = map_bounds(target)
    return target.pixel_size[0] * math.cos(math.radians((bounds.south + bounds.north) / 2))


def _extent(view: Grid) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the view in Web Mercator metres."""
    along = np.linspace(0, 1, EDGE_POINTS)
    zero, one = np.zeros(EDGE_POINTS), np.ones(EDGE_POINTS)
    cols = np.concatenate([along, along, zero, one]) * view.width
    rows = np.concatenate([zero, one, along, along]) * view.height
    a, b, c, d, e, f = view.transform
    try:
        xs, ys = transform(view.crs, WEB_MERCATOR, a * cols + b * rows + c, d * cols + e * rows + f)
    except RasterioError:
        return None
    x, y = np.asarray(xs), np.asarray(ys)
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or np.abs(y).max() > HALF_WORLD_M:
        return None
    if np.ptp(x) > HALF_WORLD_M:
        x = np.where(x < 0, x + 2 * HALF_WORLD_M, x)
    west, south, east, north = float(x.min()), float(y.min()), float(x.max()), float(y.max())
    if east - west > HALF_WORLD_M or east <= west or north <= south:
        return None
    return west, south, east, north
