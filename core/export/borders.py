"""Borders: how long the outlines of traced polygons are, as far as anybody saw what lies beyond them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import KDTree

from core.export.byte_rasters import raster_window
from core.export.placing import Borders
from core.export.tracing import STRIP_PX
from core.inference.postprocess import plan_strips
from core.measure.buffers import CORNER, SIDE
from core.types import NO_DATA, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rasterio.io import DatasetReader
    from shapely.geometry import Polygon

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """Polygons in pixels, and the steps that their borders take from corner to corner of the pixels.

    Steps at the tile's edge and at pixels without data are left out: nobody saw the other side. `points`
    (n, 2) are columns and rows, `lengths_px` (n,) the length of outline around each in pixel sides, `owners`
    (n,) the number of its polygon, in ascending order.
    """

    polygons: Geometries
    points: Numbers
    lengths_px: NDArray[np.float32]
    owners: NDArray[np.intp]

    @property
    def borders(self) -> Borders:
        """The polygons with the lengths of their borders, holes included."""
        return Borders(self.polygons, _sums(self.owners, self.lengths_px, len(self.polygons)))

    def share_out(self, number: int, pieces: Sequence[Polygon]) -> Floats:
        """The length of one polygon's border that goes with each of its pieces, in pixel sides.

        Each step goes with the piece whose border is nearest. So the cuts between pieces count for none, and
        the lengths add up to that of the whole.
        """
        start, end = np.searchsorted(self.owners, [number, number + 1])
        lengths_px = self.lengths_px[start:end]
        if len(pieces) == 1 or start == end:
            return np.array([lengths_px.sum(dtype=np.float64), *[0.0] * (len(pieces) - 1)])
        parts = np.array(pieces, object)
        along, owners = shapely.get_coordinates(shapely.segmentize(parts, 1.0), return_index=True)
        _, nearest = KDTree(along).query(self.points[start:end])
        return _sums(owners[nearest], lengths_px, len(parts))


def walk(classes: DatasetReader, layers: Sequence[Geometries]) -> list[Walked]:
    """Walk along the borders of traced polygons, layer by layer; the class map is read once.

    Every corner is cut from side to side, so that a slanted border is not counted as a staircase: marching
    squares (Lorensen and Cline 1987). The borders of a class add up to the outline that
    `core.measure.buffers` measures.
    """
    ends = np.cumsum([len(layer) for layer in layers])
    points, lengths_px, owners = _steps(np.concatenate(layers))
    seen = _seen(classes, points)
    points, lengths_px, owners = points[seen], lengths_px[seen], owners[seen]
    found = []
    for layer, end in zip(layers, ends, strict=True):
        first = end - len(layer)
        own = slice(*np.searchsorted(owners, [first, end]))
        found.append(Walked(layer, points[own], lengths_px[own], owners[own] - first))
    return found


def _steps(polygons: Geometries) -> tuple[Numbers, NDArray[np.float32], NDArray[np.intp]]:
    """Every corner of a pixel on the borders: where it is, the outline's length there, and its polygon."""
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    begins = np.flatnonzero(ring[:-1] == ring[1:])  # of the lines from corner to corner, along the axes
    start = np.rint(corners).astype(np.int32)
    ways = start[begins + 1] - start[begins]
    steps = np.abs(ways).sum(axis=1)
    line = np.repeat(np.arange(len(begins)), steps)
    taken = np.arange(len(line)) - np.repeat(np.cumsum(steps) - steps, steps)
    points = start[begins][line] + np.sign(ways)[line] * taken[:, None].astype(np.int32)
    lengths_px = np.where(taken == 0, CORNER, SIDE).astype(np.float32)
    return points, lengths_px, polygon[ring[begins]][line]


def _sums(owners: NDArray[np.intp], lengths_px: NDArray[np.float32], count: int) -> Floats:
    """The lengths that belong to each owner."""
    return np.bincount(owners, lengths_px, count).astype(np.float64)


def _seen(classes: DatasetReader, points: Numbers) -> NDArray[np.bool_]:
    """Whether all four pixels around each point are in the tile and have data."""
    height, width = classes.shape
    cols, rows = points.T
    seen: NDArray[np.bool_] = (cols > 0) & (cols < width) & (rows > 0) & (rows < height)
    order = np.argsort(rows, kind="stable")
    for strip in plan_strips((height, width), STRIP_PX):
        own = order[slice(*np.searchsorted(rows, [strip.row, strip.row + strip.height], sorter=order))]
        own = own[seen[own]]
        top = max(0, strip.row - 1)
        window = Window(top, 0, strip.row + strip.height - top, width)
        if not own.size:
            continue
        unknown = classes.read(1, window=raster_window(window)) == NO_DATA
        if unknown.any():
            col, row = cols[own], rows[own] - top
            beside = unknown[row - 1, col - 1] | unknown[row - 1, col] | unknown[row, col - 1]
            seen[own] = ~(beside | unknown[row, col])
    return seen
