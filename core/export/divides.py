"""Divides: ice in the outlines of a site, cut where two of them meet, so that ids are carried over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry import MultiPolygon

from core.export.placing import WGS84, Borders
from core.export.tracing import as_array

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from rasterio.crs import CRS
    from shapely.geometry import Polygon
    from shapely.geometry.base import BaseGeometry

    from core.export.borders import Walked
    from core.outlines.outline import Outline, OutlineSet
    from core.types import Grid

    Geometries = NDArray[np.object_]

SNAP_PX = 2.0**-8  # corners of cuts; far below the pixel, and the corners of pixels stay where they are
REACHES_PX = (0.75, 1.5, 3.0, 6.0)  # how far neighbours reach, in turns, into ice that lies beyond them
LEAST_SHARE = (
    0.05  # of the ice or of the outline; less is how two maps of one border differ (RGI 7.0 does so)
)


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """Ice in pieces. `known`: the outline that each piece carries on, or None. `cut`: whether any was cut."""

    borders: Borders
    known: tuple[Outline | None, ...]
    cut: bool


def divide(ice: Walked, outlines: OutlineSet | None, grid: Grid, crs: CRS) -> Divided:
    """Ice with the outlines that it lies in; `ice` is in pixels of the grid, `crs` the grid's.

    Ice in one outline stays whole, with what it has grown beyond it. Ice in several is cut where they meet:
    its parts beyond all of them go with their neighbours, by nearness, unless they are larger than the one
    that they share the longest border with. Such parts, and ice in no outline, carry none.
    """
    near = _near(outlines, grid, crs) if outlines else []
    if not near or not len(ice.polygons):
        return Divided(ice.borders, (None,) * len(ice.polygons), cut=False)
    known = _apart(_in_pixels(as_array([outline.geometry for outline in near]), grid, crs))
    inside, outside = shapely.STRtree(known).query(ice.polygons, predicate="intersects")
    pieces: list[Polygon] = []
    lengths: list[float] = []
    owners: list[Outline | None] = []
    cut = False
    for number, polygon in enumerate(ice.polygons):
        parts = _parts_of(polygon, known, outside[inside == number])
        cut |= len(parts) > 1
        pieces += [piece for piece, _ in parts]
        owners += [near[owner] if owner is not None else None for _, owner in parts]
        lengths += ice.share_out(number, [piece for piece, _ in parts]).tolist()
    return Divided(Borders(as_array(pieces), np.array(lengths)), tuple(owners), cut)


def cut_along(parts: Walked, pieces: Geometries) -> Borders:
    """Parts of the ice, such as its debris, cut where the ice is cut."""
    part, piece = shapely.STRtree(pieces).query(parts.polygons, predicate="intersects")
    found: list[Polygon] = []
    lengths: list[float] = []
    for number, polygon in enumerate(parts.polygons):
        cuts = [
            cut for within in pieces[piece[part == number]] for cut in _polygons(_common(polygon, within))
        ]
        found += cuts
        lengths += parts.share_out(number, cuts).tolist() if cuts else []
    return Borders(as_array(found), np.array(lengths, np.float64))


def _parts_of(ice: Polygon, known: Geometries, touched: NDArray[np.intp]) -> list[tuple[Polygon, int | None]]:
    """The pieces of one body of ice, each with the number of the outline that it carries on."""
    shared = as_array([_common(ice, outline) for outline in known[touched]])
    least = LEAST_SHARE * np.minimum(ice.area, shapely.area(known[touched]))
    large = shapely.area(shared) >= np.maximum(least, SNAP_PX)
    if not large.any():
        return [(ice, None)]
    named = [
        (polygon, int(owner))
        for owner, geometry in zip(touched[large], shared[large], strict=True)
        for polygon in _polygons(geometry)
    ]
    rest = _beyond(ice, shapely.union_all(shared[large], grid_size=SNAP_PX))
    joined, alone = _join(named, list(_polygons(rest)))
    if not alone and len({owner for _, owner in named}) == 1:
        return [(ice, named[0][1])]  # nothing is cut: the very edges of the pixels stay
    return [*joined, *((polygon, None) for polygon in alone)]


def _join(
    named: list[tuple[Polygon, int]], rest: list[Polygon]
) -> tuple[list[tuple[Polygon, int | None]], list[Polygon]]:
    """Give what lies beyond all outlines to its neighbours; what is larger than its neighbour stays alone."""
    pieces = as_array([polygon for polygon, _ in named])
    groups: list[list[BaseGeometry]] = [[polygon] for polygon in pieces]
    alone = []
    tree = shapely.STRtree(pieces)
    for part in rest:
        near = np.sort(tree.query(part, predicate="intersects"))
        shared = shapely.length(shapely.intersection(part.boundary, shapely.boundary(pieces[near])))
        near = near[np.argsort(-shared, kind="stable")][: np.count_nonzero(shared)]
        if not len(near) or part.area > pieces[near[0]].area:
            alone.append(part)
            continue
        for piece, share in _shares(part, pieces, near):
            groups[piece].append(share)
    joined: list[tuple[Polygon, int | None]] = []
    for group, (_, owner) in zip(groups, named, strict=True):
        whole = group[0] if len(group) == 1 else shapely.union_all(group, grid_size=SNAP_PX)
        joined += [(polygon, owner) for polygon in _polygons(whole)]
    return joined, alone


def _shares(
    part: BaseGeometry, pieces: Geometries, near: NDArray[np.intp]
) -> Iterator[tuple[int, BaseGeometry]]:
    """A part divided among the pieces beside it: each takes what is near, in turns, the first the rest."""
    for reach_px in REACHES_PX if len(near) > 1 else ():
        for piece in near:
            around = shapely.buffer(pieces[piece], reach_px, quad_segs=2)
            yield int(piece), _common(part, around)
            part = _beyond(part, around)
    yield int(near[0]), part


def _near(outlines: OutlineSet, grid: Grid, crs: CRS) -> list[Outline]:
    """The outlines that the tile may see: those far from it may have no place in its CRS."""
    cols, rows = np.array([0, grid.width]), np.array([0, grid.height])
    xs, ys = zip(*(grid.affine * (col, row) for col in cols for row in rows), strict=True)
    to_degrees = Transformer.from_crs(crs.to_wkt(), WGS84, always_xy=True)
    bounds = to_degrees.transform_bounds(min(xs), min(ys), max(xs), max(ys))
    seen = shapely.STRtree(outlines.geometries).query(shapely.box(*bounds))
    return [outlines.outlines[number] for number in np.sort(seen)]


def _in_pixels(geographic: Geometries, grid: Grid, crs: CRS) -> Geometries:
    """Geometries in degrees as geometries in pixels of the grid."""
    from_degrees = Transformer.from_crs(WGS84, crs.to_wkt(), always_xy=True)
    a, b, c, d, e, f = tuple(~grid.affine)[:6]

    def to_pixels(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (np.asarray(axis) for axis in from_degrees.transform(*points.T))
        return np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)

    return as_array([_areal(g) for g in shapely.make_valid(shapely.transform(geographic, to_pixels))])


def _apart(known: Geometries) -> Geometries:
    """Outlines of which none lies on another: of two that do, the first keeps the ground."""
    first, second = shapely.STRtree(known).query(known, predicate="intersects")
    apart = known.copy()
    for earlier, later in zip(first, second, strict=True):
        if earlier < later and shapely.intersection(apart[earlier], apart[later]).area > SNAP_PX:
            apart[later] = _beyond(apart[later], apart[earlier])
    return apart


def _common(first: BaseGeometry, second: BaseGeometry) -> BaseGeometry:
    """The ground that both cover."""
    return _areal(shapely.intersection(first, second, grid_size=SNAP_PX))


def _beyond(first: BaseGeometry, second: BaseGeometry) -> BaseGeometry:
    """The ground of the first that the second does not cover."""
    return _areal(shapely.difference(first, second, grid_size=SNAP_PX))


def _areal(geometry: BaseGeometry) -> BaseGeometry:
    """What of it has an area: where borders run along each other, lines and points come with the ground."""
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))  # of the multipolygons in it, too
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _polygons(geometry: BaseGeometry) -> Iterator[Polygon]:
    for part in shapely.get_parts(geometry).tolist():
        if part.geom_type == "Polygon" and part.area > SNAP_PX:
            yield part
