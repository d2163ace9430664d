"""Footprints: the ground that a tile lies on, and how much of it another tile shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rasterio._err import CPLE_BaseError  # what a CRS without a place on the Earth raises
from rasterio.crs import CRS
from rasterio.warp import transform

from trainer.simulate.fractal_ground import lies_at_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.types import Grid

SHARED = 0.05  # of the smaller tile: neighbours of one scene may overlap by a few pixels
EDGE_POINTS = 9  # on each edge: a straight edge of a projection is a curve in longitude and latitude
SEAM_LON = -169.0  # longitudes run from here on: in the Bering Strait, where only Antarctica has ice
WGS84 = CRS.from_epsg(4326)


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """The ground of a tile: its edge in longitude and latitude (WGS 84), in degrees.

    `landscape` is the seed of the fractal terrain that a simulated tile lies on, None for the Earth: such
    terrain only borrows its coordinates, and shares ground with none but its own.
    """

    edge: shapely.Polygon
    landscape: int | None = None


def footprint_of(grid: Grid, seed: int | None = None) -> Footprint | None:
    """The footprint of a grid; None where it has no CRS or lies outside of what its CRS can tell.

    `seed` is that of a simulated tile, None for a real one.
    """
    if grid.crs is None:
        return None
    steps = np.linspace(0, 1, EDGE_POINTS)[:-1]
    still = np.zeros_like(steps)
    cols = np.concatenate([steps, still + 1, 1 - steps, still]) * grid.width
    rows = np.concatenate([still, steps, still + 1, 1 - steps]) * grid.height
    x, y = zip(*(grid.affine * point for point in zip(cols, rows, strict=True)), strict=True)
    try:
        degrees = np.array(transform(grid.crs, WGS84, x, y), float)
    except CPLE_BaseError:
        return None
    if not np.isfinite(degrees).all():
        return None
    lon, lat = degrees
    first = SEAM_LON + (lon[0] - SEAM_LON) % 360
    around = first + (lon - lon[0] + 180) % 360 - 180
    edge = shapely.make_valid(shapely.Polygon(np.column_stack([around, lat])))
    return Footprint(edge, seed if seed is not None and lies_at_seed(grid, seed) else None)


def sharing(these: Sequence[Footprint | None], those: Sequence[Footprint | None]) -> frozenset[int]:
    """The positions in `these` of what shares more than 5 % of the smaller one's ground with one of `those`.

    A tile without footprint shares with none.
    """
    here = [(index, one) for index, one in enumerate(these) if one is not None]
    there = [one for one in those if one is not None]
    if not here or not there:
        return frozenset()
    edges = np.array([one.edge for _, one in here])
    others = np.array([one.edge for one in there])
    pairs = shapely.STRtree(others).query(edges, predicate="intersects").T
    return frozenset(
        here[one][0]
        for one, other in pairs
        if here[one][1].landscape == there[other].landscape and _share(edges[one], others[other]) > SHARED
    )


def _share(one: shapely.Polygon, other: shapely.Polygon) -> float:
    smaller = min(shapely.area(one), shapely.area(other))
    return float(shapely.area(shapely.intersection(one, other)) / smaller) if smaller else 0.0
