"""Outlines on a tile's grid: which pixels lie inside which outline.

A pixel lies inside an outline when its centre does. Outlines that overlap are put on planes of their own, so
that each of them keeps all of its pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.features import rasterize

from core.errors import OutlineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.outlines.outline import OutlineSet
    from core.types import Grid, Window

    Shapes = NDArray[np.object_]
    Labels = NDArray[np.uint32]

LONGEST_EDGE_DEGREES = 0.02  # 2 km; a longer straight edge is bent by more than a tenth of a pixel
EDGE_POINTS = 51  # along each side of the grid when its place in degrees is looked for
MOST_PLANES = 64  # outlines over one another; inventories with every date of a glacier have a dozen
MOST_PAIRS = 1_000_000  # pairs of outlines that overlap, a few seconds of work
QUERIED_AT_ONCE = 256  # so that the pairs of hostile files do not fill the memory
EQUAL_AREA = 6933  # EASE-Grid 2.0: cylindrical, equal area on the ellipsoid of WGS 84
M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class OutlinePlanes:
    """The outlines of a set that touch a grid.

    `positions`: their places in the set, (n,). `shapes`: their geometries in the grid's CRS, (n,). `planes`:
    for each plane the indices into these of its outlines, which overlap with none of the plane's others.
    """

    grid: Grid
    positions: NDArray[np.intp]
    shapes: Shapes
    planes: tuple[NDArray[np.intp], ...]

    def __len__(self) -> int:
        return len(self.positions)

    def shares_within(self) -> NDArray[np.float64]:
        """Share of each outline's area that lies on the grid, 0..1, (n,)."""
        tile = _rectangle(self.grid)
        shares = np.ones(len(self))
        cut = np.flatnonzero(~shapely.covers(tile, self.shapes))
        shapes = shapely.make_valid(self.shapes[cut])
        areas = shapely.area(shapes)
        on_grid = shapely.area(shapely.intersection(shapes, tile))
        shares[cut] = np.divide(on_grid, areas, out=np.zeros(len(cut)), where=areas > 0)
        return np.minimum(shares, 1.0)

    def read(self, window: Window) -> Iterator[Labels]:
        """For each plane the outline of every pixel of a window, (h, w): its index plus 1, 0 outside all."""
        corners = self.grid.part(window)
        around = _rectangle(corners)
        bounds = shapely.bounds(self.shapes)
        west, south, east, north = around.bounds
        near = (
            (bounds[:, 0] <= east)
            & (bounds[:, 2] >= west)
            & (bounds[:, 1] <= north)
            & (bounds[:, 3] >= south)
        )
        for plane in self.planes:
            members = plane[near[plane]]
            yield _burn([(self.shapes[at], int(at) + 1) for at in members], corners)


def place_outlines(outlines: OutlineSet, grid: Grid) -> OutlinePlanes:
    """The outlines that touch a grid, in its CRS and on planes without overlaps.

    Raises:
        OutlineError: the grid has no CRS, or too many outlines lie over one another.
    """
    if grid.crs_wkt is None:
        raise OutlineError(
            "The tile has no coordinate reference system, so no outline can be placed on it. "
            "Georeference the tile and run it again."
        )
    crs = CRS.from_wkt(grid.crs_wkt).to_2d()
    near = np.flatnonzero(_near(outlines, grid, crs))
    shapes = _projected(outlines.geometries[near], crs)
    touching = shapely.intersects(shapes, _rectangle(grid)) if len(shapes) else np.zeros(0, bool)
    positions, shapes = near[touching], shapes[touching]
    return OutlinePlanes(grid, positions, shapes, _planes(shapes))


def outline_areas_km2(shapes: Shapes) -> NDArray[np.float64]:
    """Areas of geometries in degrees on the ellipsoid of WGS 84, (n,).

    Taken in a cylindrical equal-area projection (Snyder 1987, equations 10-1 to 10-5), where edges are
    split first, because a straight one in degrees is bent there.
    """
    to_equal_area = Transformer.from_crs(4326, EQUAL_AREA, always_xy=True)
    split = shapely.segmentize(shapes, LONGEST_EDGE_DEGREES)
    areas: NDArray[np.float64] = shapely.area(
        shapely.transform(split, to_equal_area.transform, interleaved=False)
    )
    return areas / M2_PER_KM2


def _near(outlines: OutlineSet, grid: Grid, crs: CRS) -> NDArray[np.bool_]:
    """Which outlines' rectangles touch that of the grid, in degrees."""
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)
    try:
        left, bottom, right, top = _rectangle(grid).bounds
        west, south, east, north = to_degrees.transform_bounds(left, bottom, right, top, EDGE_POINTS)
    except ProjError as error:
        raise OutlineError(
            f"The tile lies where its coordinate reference system ({crs.name}) is not defined, so no outline "
            "can be placed on it. Correct the tile's CRS or transform and run it again."
        ) from error
    bounds: NDArray[np.float64] = shapely.bounds(outlines.geometries)
    north_south = (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    if west <= east:
        return north_south & (bounds[:, 0] <= east) & (bounds[:, 2] >= west)
    return north_south & ((bounds[:, 0] <= east) | (bounds[:, 2] >= west))  # across the 180th meridian


def _projected(shapes: Shapes, crs: CRS) -> Shapes:
    """Geometries in degrees in another CRS, their long edges split first."""
    to_grid = Transformer.from_crs(4326, crs, always_xy=True)
    split = shapely.segmentize(shapes, LONGEST_EDGE_DEGREES)
    moved: Shapes = shapely.transform(split, to_grid.transform, interleaved=False)
    return moved


def _planes(shapes: Shapes) -> tuple[NDArray[np.intp], ...]:
    """Divide shapes so that no plane has two that overlap; shared borders are no overlap."""
    plane_of = np.zeros(len(shapes), np.intp)
    first, second = _overlapping(shapes)
    order = np.argsort(second, kind="stable")
    starts = np.searchsorted(second[order], np.arange(len(shapes) + 1))
    for at in np.unique(second):
        taken = set(plane_of[first[order[starts[at] : starts[at + 1]]]].tolist())
        plane_of[at] = next(plane for plane in range(len(taken) + 1) if plane not in taken)
    count = int(plane_of.max(initial=-1)) + 1
    if count > MOST_PLANES:
        raise _heaped(count)
    return tuple(np.flatnonzero(plane_of == plane) for plane in range(count))


def _overlapping(shapes: Shapes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of shapes with common ground, the smaller index first."""
    tree = shapely.STRtree(shapes)
    pairs, count = [np.zeros((2, 0), np.intp)], 0
    for start in range(0, len(shapes), QUERIED_AT_ONCE):
        found = tree.query(shapes[start : start + QUERIED_AT_ONCE], predicate="intersects")
        found[0] += start
        found = found[:, found[1] < found[0]]
        found = found[:, ~shapely.touches(shapes[found[0]], shapes[found[1]])]
        pairs.append(found)
        count += found.shape[1]
        if count > MOST_PAIRS:
            raise _heaped(MOST_PLANES)
    joined = np.concatenate(pairs, axis=1)
    return joined[1], joined[0]


def _heaped(count: int) -> OutlineError:
    return OutlineError(
        f"{count} or more outlines lie over one another; {MOST_PLANES} is the most. Hand in one outline a "
        "glacier: in a file with many dates choose one date."
    )


def _burn(shapes: list[tuple[object, int]], grid: Grid) -> Labels:
    if not shapes:
        return np.zeros(grid.shape, np.uint32)
    labels: Labels = rasterize(shapes, out_shape=grid.shape, transform=grid.affine, dtype="uint32")
    return labels


def _rectangle(grid: Grid) -> shapely.Polygon:
    corners = ((0, 0), (grid.width, 0), (grid.width, grid.height), (0, grid.height))
    return shapely.Polygon([grid.affine * corner for corner in corners])
