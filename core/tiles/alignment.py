"""Alignment: how the pixels of one band lie on the tile's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TileError
from core.types import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.tiles.opening import Header
    from core.types import BandName

_SAME_PX = 0.01  # grids that differ by less over the whole tile are one: files round coordinates


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the tile's pixels lie in a band's file: source = step * target + start, in pixel edges from 0."""

    row_step: float
    row_start: float
    col_step: float
    col_start: float
    height: int
    width: int
    exact: bool

    def sources(self, window: Window) -> tuple[Samples, Samples]:
        """Where the rows and the columns of a window are sampled."""
        rows = np.arange(window.row, window.row + window.height, dtype=np.float64)
        cols = np.arange(window.col, window.col + window.width, dtype=np.float64)
        return (
            Samples.at(self.row_step * (rows + 0.5) + self.row_start - 0.5, self.height),
            Samples.at(self.col_step * (cols + 0.5) + self.col_start - 0.5, self.width),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Neighbours along one axis: `low` and `high` pixel and the weight of `high`, each (n,)."""

    low: NDArray[np.intp]
    high: NDArray[np.intp]
    weight: NDArray[np.float32]

    @classmethod
    def at(cls, positions: NDArray[np.float64], length: int) -> Samples:
        """Samples at fractional pixel centres; beyond the edge the edge pixel goes on."""
        inside = np.clip(positions, 0, length - 1)
        low = np.floor(inside).astype(np.intp)
        return cls(low, np.minimum(low + 1, length - 1), (inside - low).astype(np.float32))

    @property
    def extent(self) -> tuple[int, int]:
        """First pixel and number of pixels that the samples need."""
        first = int(self.low.min())
        return first, int(self.high.max()) - first + 1

    @property
    def nearest(self) -> NDArray[np.intp]:
        """The nearer of the two neighbours."""
        return np.where(self.weight < 0.5, self.low, self.high)

    def since(self, first: int) -> Samples:
        """The same samples, counted from `first`."""
        return Samples(self.low - first, self.high - first, self.weight)


def finest(headers: Mapping[BandName, Header]) -> Header:
    """The header whose pixels are smallest: its grid is the tile's."""
    return min(headers.values(), key=lambda h: abs(h.affine.determinant))


def place_on(target: Header, source: Header) -> Placement:
    """Where the pixels of `target` lie in `source`.

    Raises:
        TileError: the two do not show the same ground.
    """
    if (target.crs or None) != (source.crs or None):
        raise TileError(
            f"{source.name} and {target.name} have different coordinate systems. "
            "All bands of a tile must share one: reproject them to the same system first."
        )
    a, b, c, d, e, f = tuple(~source.affine * target.affine)[:6]
    size = max(target.height, target.width)
    same_size = (source.height, source.width) == (target.height, target.width)
    turned = max(abs(b), abs(d)) * size
    drifts = (c, f, c + (a - 1) * size, f + (e - 1) * size, turned)
    if same_size and max(abs(drift) for drift in drifts) < _SAME_PX:
        return Placement(1.0, 0.0, 1.0, 0.0, source.height, source.width, exact=True)
    if turned > _SAME_PX or a <= 0 or e <= 0:
        raise TileError(
            f"{source.name} and {target.name} are rotated against each other. Reproject them to one grid "
            "first."
        )
    # Edges may differ by one pixel of the coarser band: products are cut to whole pixels of each band.
    edges = (c, f, a * target.width + c - source.width, e * target.height + f - source.height)
    if max(abs(edge) for edge in edges) > max(1.0, a, e) + _SAME_PX:
        raise TileError(
            f"{source.name} ({source.width} x {source.height} px) and {target.name} ({target.width} x "
            f"{target.height} px) cover different ground. All bands of a tile must show the same area: "
            "check that they belong together."
        )
    return Placement(e, f, a, c, source.height, source.width, exact=False)


def interpolate(
    values: NDArray[np.float32], carried: NDArray[np.bool_], rows: Samples, cols: Samples
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Bilinear values (len(rows), len(cols)) of an array (h, w), and which of them carry data.

    Pixels that do not carry data have no weight; where the nearest pixel carries none, neither does the
    result, and it keeps that pixel's value.
    """
    total = np.zeros((len(rows.low), len(cols.low)), np.float32)
    weights = np.zeros_like(total)
    filled = np.where(carried, values, np.float32(0))
    for row, row_weight in ((rows.low, 1 - rows.weight), (rows.high, rows.weight)):
        for col, col_weight in ((cols.low, 1 - cols.weight), (cols.high, cols.weight)):
            weight = row_weight[:, None] * col_weight[None, :]
            total += weight * filled[np.ix_(row, col)]
            weights += weight * carried[np.ix_(row, col)]
    nearest = np.ix_(rows.nearest, cols.nearest)
    result = carried[nearest]
    safe = np.where(weights > 0, weights, np.float32(1))
    return np.where(result, total / safe, values[nearest]).astype(np.float32), result
