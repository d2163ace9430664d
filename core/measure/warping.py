"""The way from one grid's pixels to another's that run askew to them, or lie in another CRS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from affine import Affine

from core.types import NO_DATA, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Transformer

    Floats = NDArray[np.float64]

Read = Callable[[Window], "NDArray[np.uint8]"]  # a window's planes, uint8 (bands, h, w)

CELL_PX = 256  # a side of the cells in which coordinates are interpolated
SMALLEST_CELL_PX = 8
TOLERANCE_PX = 0.05  # how far interpolated coordinates may be off; nearest neighbour itself is off by 0.5


class Way(Protocol):
    """The way from the reference's positions in pixels to the other's, and back."""

    def there(self, cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """The other's columns and rows."""

    def back(self, cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """The reference's columns and rows of the other's."""


@dataclass(frozen=True, slots=True, eq=False)
class AffineWay:
    """Two grids in one CRS, turned against each other."""

    forward: Affine

    def there(self, cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Columns and rows of the other."""
        return _moved(self.forward, cols, rows)

    def back(self, cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Columns and rows of the reference."""
        return _moved(~self.forward, cols, rows)


@dataclass(frozen=True, slots=True, eq=False)
class CrsWay:
    """Two grids in two CRS. Positions that a CRS cannot hold are infinite."""

    kept: Affine
    forward: Transformer
    backward: Transformer
    other: Affine

    def there(self, cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Columns and rows of the other."""
        x, y = self.forward.transform(*_moved(self.kept, cols, rows))
        return _moved(~self.other, np.asarray(x), np.asarray(y))

    def back(self, cols: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Columns and rows of the reference."""
        x, y = self.backward.transform(*_moved(self.other, cols, rows))
        return _moved(~self.kept, np.asarray(x), np.asarray(y))


def _moved(affine: Affine, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    a, b, c, d, e, f = tuple(affine)[:6]
    with np.errstate(invalid="ignore"):
        return a * x + b * y + c, d * x + e * y + f


def cell_px(way: Way, window: Window) -> int:
    """The side of the largest cell within which bilinear coordinates are true to `TOLERANCE_PX`."""
    cell = CELL_PX
    while cell > SMALLEST_CELL_PX and _worst_px(way, window, cell) > TOLERANCE_PX:
        cell //= 2
    return cell


def _worst_px(way: Way, window: Window, cell: int) -> float:
    """The largest error of bilinear coordinates in the middle of some cells spread over the window."""
    step = cell / 2
    nodes = [
        np.unique(np.linspace(first, max(first, first + size - cell), 9))
        for first, size in ((window.col, window.width), (window.row, window.height))
    ]
    cols, rows = np.meshgrid(*nodes)
    corners = [way.there(cols + i * cell, rows + j * cell) for i in (0, 1) for j in (0, 1)]
    worst = 0.0
    for axis, true in enumerate(way.there(cols + step, rows + step)):
        guess = sum(corner[axis] for corner in corners) / 4
        with np.errstate(invalid="ignore"):
            errors = np.abs(guess - true)
        worst = max(worst, float(errors[np.isfinite(errors)].max(initial=0.0)))
    return worst


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The other's pixels through coordinates that are interpolated within cells."""

    way: Way
    row: int  # where the shared grid begins in the reference's pixels
    col: int
    shape: tuple[int, int]
    cell_px: int

    def pick(self, read: Read, window: Window) -> NDArray[np.uint8]:
        """The other's planes under a window; 255 where the other is not."""
        rows, cols = self._places(window)
        height, width = self.shape
        inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
        if not inside.any():
            bands = len(read(Window(0, 0, 1, 1)))
            return np.full((bands, window.height, window.width), NO_DATA, np.uint8)
        everywhere = bool(inside.all())
        low, high = (rows, cols) if everywhere else (rows[inside], cols[inside])
        top, left = int(low.min()), int(high.min())
        source = Window(top, left, int(low.max()) - top + 1, int(high.max()) - left + 1)
        planes = read(source)
        flat = (rows - top) * source.width + (cols - left)
        if not everywhere:
            flat[~inside] = 0
        picked = np.take(planes.reshape(len(planes), -1), flat, axis=1)
        if not everywhere:
            picked[:, ~inside] = NO_DATA
        return picked

    def _places(self, window: Window) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The other's row and column under each pixel centre of a window, int32 (h, w)."""
        rows = np.empty((window.height, window.width), np.int32)
        cols = np.empty_like(rows)
        for row in range(0, window.height, self.cell_px):
            for col in range(0, window.width, self.cell_px):
                height = min(self.cell_px, window.height - row)
                width = min(self.cell_px, window.width - col)
                at = slice(row, row + height), slice(col, col + width)
                first = window.row + self.row + row, window.col + self.col + col
                cols[at], rows[at] = self._cell(first, (height, width))
        return rows, cols

    def _cell(self, first: tuple[int, int], shape: tuple[int, int]) -> tuple[Floats, Floats]:
        """Whole columns and rows of the other under one cell, whose corners are exact."""
        (row, col), (height, width) = first, shape
        edges = (
            np.array([col, col + width, col, col + width], float),
            np.array([row, row, row + height, row + height], float),
        )
        down, along = (np.arange(n)[:, None] + 0.5 for n in shape)
        down, along = down / height, (along / width).T
        corners = self.way.there(*edges)
        if not all(np.isfinite(corner).all() for corner in corners):
            nowhere = np.full(shape, -1.0)
            return nowhere, nowhere
        north_west, north_east, south_west, south_east = zip(*corners, strict=True)
        places = []
        for i in (0, 1):
            top = north_west[i] + (north_east[i] - north_west[i]) * along
            bottom = south_west[i] + (south_east[i] - south_west[i]) * along
            place = down * (bottom - top)
            place += top
            places.append(np.floor(place, out=place))
        return places[0], places[1]
