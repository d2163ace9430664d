"""The ground that two grids share, on the grid of one of them.

Grids whose pixels coincide are laid over each other by whole pixels and nothing is resampled. Otherwise
the finer grid stays as it is (the first of two equally fine) and the other is asked for the pixel that
lies under each pixel's centre: nearest neighbour, because classes cannot be averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from affine import Affine
from pyproj import Transformer
from pyproj.exceptions import CRSError, ProjError

from core.errors import ComparisonError
from core.measure.ground import area_field
from core.measure.warping import AffineWay, Cells, CrsWay, Read, Way, cell_px
from core.types import Grid, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SAME_PX = 0.01  # pixels that lie this close together show the same ground
AS_FINE = 1.01  # pixel areas within 1 % are equally fine: UTM's scale changes by 0.1 % within a zone
EDGE_POINTS = 65  # a side of a grid bends in another CRS; its extent is taken from this many points


class Lookup(Protocol):
    """Finds the other grid's pixels under those of the shared grid."""

    def pick(self, read: Read, window: Window) -> NDArray[np.uint8]:
        """The other's planes (bands, h, w) under a window of the shared grid; 255 outside of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """The rectangle that two grids share.

    `grid`: the rectangle on the reference's grid. `window`: the same in the reference's own pixels.
    `reference`: 0 where the first grid gave its pixels, 1 for the second. `lookup` finds the other's.
    `resampled`: whether the other's pixels do not coincide. `offset_px`: how far its pixels are shifted
    against the reference's (columns, rows), within half a pixel; None where the two differ in CRS, size
    or direction of their pixels, so that no one shift tells it.
    """

    grid: Grid
    window: Window
    reference: int
    lookup: Lookup
    resampled: bool
    offset_px: tuple[float, float] | None


def overlap_of(before: Grid, after: Grid) -> Overlap:
    """The shared rectangle of two grids.

    Raises:
        ComparisonError: a grid has no CRS, or the two lie on different ground.
        TileError: a grid lies partly where its CRS is not defined.
    """
    sizes = [_middle_m2(grid) for grid in (before, after)]
    reference = 0 if sizes[0] <= sizes[1] * AS_FINE else 1
    kept, other = (before, after) if reference == 0 else (after, before)
    if kept.crs == other.crs:
        return _within_one_crs(kept, other, reference)
    return _between_crs(kept, other, reference)


def _middle_m2(grid: Grid) -> float:
    """The ground of the pixel in the middle of a grid."""
    field = area_field(grid)
    if field is None:
        raise ComparisonError(
            "One of the runs has no coordinate reference system, so nobody knows whether both show the same "
            "ground. Georeference its tile and run it again."
        )
    middle = Window(grid.height // 2, grid.width // 2, 1, 1)
    return float(np.broadcast_to(field.read(middle), (1, 1))[0, 0])


def _within_one_crs(kept: Grid, other: Grid, reference: int) -> Overlap:
    a, b, c, d, e, f = tuple(~other.affine @ kept.affine)[:6]
    reach = max(*kept.shape, *other.shape)
    if max(abs(b), abs(d)) * reach > SAME_PX:
        return _by_cells(kept, other, reference, AffineWay(Affine(a, b, c, d, e, f)))
    rows, cols = _Axis(e, f, other.height), _Axis(a, c, other.width)
    window = _rectangle(rows.covered(kept.height), cols.covered(kept.width))
    alike = max(abs(a - 1), abs(e - 1)) * reach <= SAME_PX
    offset = (c - round(c), f - round(f)) if alike else None
    if offset and max(map(abs, offset)) <= SAME_PX:
        shift = _Shift(round(f) + window.row, round(c) + window.col)
        return Overlap(kept.part(window), window, reference, shift, resampled=False, offset_px=(0.0, 0.0))
    axes = _Axes(rows.since(window.row), cols.since(window.col))
    return Overlap(kept.part(window), window, reference, axes, resampled=True, offset_px=offset)


def _between_crs(kept: Grid, other: Grid, reference: int) -> Overlap:
    try:
        there = Transformer.from_crs(kept.crs_wkt, other.crs_wkt, always_xy=True)
        back = Transformer.from_crs(other.crs_wkt, kept.crs_wkt, always_xy=True)
    except (CRSError, ProjError) as error:
        raise ComparisonError(
            f"The coordinate systems of the two runs cannot be brought together ({error}). Save both "
            "tiles in a system of the EPSG list, such as their UTM zone, and run them again."
        ) from error
    return _by_cells(kept, other, reference, CrsWay(kept.affine, there, back, other.affine))


def _by_cells(kept: Grid, other: Grid, reference: int, way: Way) -> Overlap:
    along = np.linspace(0, 1, EDGE_POINTS)
    zero, one = np.zeros(EDGE_POINTS), np.ones(EDGE_POINTS)
    cols = np.concatenate([along, along, zero, one]) * other.width
    rows = np.concatenate([zero, one, along, along]) * other.height
    back_cols, back_rows = way.back(cols, rows)
    seen = np.isfinite(back_cols) & np.isfinite(back_rows)
    if not seen.any():
        raise _apart()
    window = _rectangle(_extent(back_rows[seen], kept.height), _extent(back_cols[seen], kept.width))
    cells = Cells(way, window.row, window.col, other.shape, cell_px(way, window))
    return Overlap(kept.part(window), window, reference, cells, resampled=True, offset_px=None)


def _extent(places: Floats, size: int) -> tuple[int, int]:
    return max(0, int(np.floor(places.min()))), min(size, int(np.ceil(places.max())))


def _rectangle(rows: tuple[int, int], cols: tuple[int, int]) -> Window:
    if rows[0] >= rows[1] or cols[0] >= cols[1]:
        raise _apart()
    return Window(rows[0], cols[0], rows[1] - rows[0], cols[1] - cols[0])


def _apart() -> ComparisonError:
    return ComparisonError(
        "The two runs do not overlap: their tiles show different ground. Choose two runs of the same place."
    )


@dataclass(frozen=True, slots=True)
class _Shift:
    """The other's pixels are the same ones, some rows and columns further on."""

    row: int
    col: int

    def pick(self, read: Read, window: Window) -> NDArray[np.uint8]:
        return read(Window(window.row + self.row, window.col + self.col, window.height, window.width))


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of the other's pixels: position scale * p + start of a position p, `size` pixels long."""

    scale: float
    start: float
    size: int

    def places(self, first: int, count: int) -> NDArray[np.intp]:
        """The other's pixel under each of `count` pixel centres from `first`."""
        centres = self.scale * (np.arange(first, first + count) + 0.5) + self.start
        places: NDArray[np.intp] = np.floor(centres).astype(np.intp)
        return places

    def covered(self, count: int) -> tuple[int, int]:
        """First pixel whose centre lies on the other, and the first behind it."""
        places = self.places(0, count)
        inside = np.flatnonzero((places >= 0) & (places < self.size))
        return (int(inside[0]), int(inside[-1]) + 1) if inside.size else (0, 0)

    def since(self, first: int) -> _Axis:
        """The same axis, counted from `first`."""
        return _Axis(self.scale, self.start + self.scale * first, self.size)


@dataclass(frozen=True, slots=True)
class _Axes:
    """Rows and columns run along the other's, at another step or a part of a pixel further on."""

    rows: _Axis
    cols: _Axis

    def pick(self, read: Read, window: Window) -> NDArray[np.uint8]:
        rows = self.rows.places(window.row, window.height)
        cols = self.cols.places(window.col, window.width)
        top, left = int(rows.min()), int(cols.min())
        planes = read(Window(top, left, int(rows.max()) - top + 1, int(cols.max()) - left + 1))
        return planes[:, (rows - top)[:, None], (cols - left)[None, :]]
