"""Ice outside all outlines: which glacier it has grown from, and what belongs to none of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage, sparse

from core.inference.components import stacked
from core.measure.deviations import deviations_m2
from core.measure.expectations import BLOCK_PX, SURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.measure.strips import Strip

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows: ice outside all outlines and its pieces from 1, ice inside them, outlines by plane."""

    outside: Bools
    pieces: NDArray[np.int32]
    held: Bools
    labels: tuple[NDArray[np.uint32], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """Growth of outlines, (count + 2,): rows as in `core.measure.strips.GroundSums`.

    Row 0 is the ice outside that has grown from none, the last row what has grown from any. `variance_m4` is
    the block bootstrap's, None without probabilities.
    """

    m2: Floats
    variance_m4: Floats | None


@dataclass(slots=True, eq=False)
class IceBeyond:
    """Follows the ice outside all of `count` outlines, strip by strip from the top.

    Such ice hangs together by the sides of pixels, as in the outlines of a run. A body of it that shares
    sides with the ice inside outlines has grown from these glaciers, from each in proportion to the shared
    sides: a fringe lies before the margin that it touches. A part larger than all the ice inside its outline
    is no growth of that glacier but snow, or ice that the inventory lacks; `core.export.divides` draws the
    same line.
    """

    count: int
    bands: tuple[int, ...] = ()  # of the strips' levels, those of ice
    _areas: list[Floats] = field(default_factory=list)  # of each piece, m2
    _same: list[Ids] = field(default_factory=list)  # (2, n): pieces of one body
    _sides: list[Ids] = field(default_factory=list)  # (3, n): piece, outline, pixel sides that they share
    _doubts: list[tuple[Ids, Ids, Floats]] = field(default_factory=list)  # piece, block, deviation in m2
    _last: tuple[_Rows, int] | None = None  # the last row, and the number before its strip's first piece
    _size: int = 0
    _blocks: int = 0
    _measured: bool = False

    def add(self, strip: Strip) -> None:
        """Add the next strip."""
        outside, held = strip.ice & ~strip.inside, strip.ice & strip.inside
        pieces, count = ndimage.label(outside)  # joined by sides
        areas = np.bincount(pieces.ravel(), strip.areas_m2.ravel(), count + 1)
        self._areas.append(areas[1:].astype(np.float64))
        rows = _Rows(outside, pieces, held, strip.labels)
        first, self._size = self._size - 1, self._size + count  # pieces number from 1
        before, after = slice(None, -1), slice(1, None)
        self._touch(_cut(rows, before), _cut(rows, after), (first, first))
        self._touch(_cut(rows, slice(None), before), _cut(rows, slice(None), after), (first, first))
        if self._last is not None:
            self._join(self._last[0], _cut(rows, slice(1)), (self._last[1], first))
        self._last = _copied(_cut(rows, slice(-1, None))), first
        if strip.levels is not None:
            self._measured = True
            self._doubt(strip, strip.levels, pieces, first)

    def grown(self, ice_m2: Floats) -> Grown:
        """Ice outside that has grown from each outline; `ice_m2`: the ice inside each."""
        areas = np.concatenate([*self._areas, np.zeros(0)])
        same, sides = stacked(self._same, 2), stacked(self._sides, 3)
        edges = sparse.coo_array((np.ones(same.shape[1], bool), (same[0], same[1])), (self._size, self._size))
        bodies, body_of = sparse.csgraph.connected_components(edges, directed=False)
        body_m2 = np.bincount(body_of, areas, bodies)
        pairs, at = np.unique(body_of[sides[0]] * np.int64(self.count + 2) + sides[1], return_inverse=True)
        body, owner = np.divmod(pairs, self.count + 2)
        shared = np.bincount(at, sides[2], len(pairs))
        parts = body_m2[body] * shared / np.bincount(body, shared, bodies)[body]
        kept = parts <= ice_m2[owner]
        grown = np.bincount(owner[kept], parts[kept], self.count + 2).astype(np.float64)
        grown[-1] = grown.sum()
        grown[0] = max(0.0, float(areas.sum() - grown[-1]))
        if not self._measured:
            return Grown(grown, None)
        shares = parts[kept] / body_m2[body[kept]]
        left = 1.0 - np.bincount(body[kept], shares, bodies)  # what has grown from none
        row, of = np.append(owner[kept], np.zeros(bodies, int)), np.append(body[kept], np.arange(bodies))
        owners = sparse.csr_array((np.append(shares, left), (row, of)), (self.count + 2, bodies))
        return Grown(grown, self._variances_m4(owners, body_of))

    def _doubt(self, strip: Strip, levels: NDArray[np.uint8], pieces: NDArray[np.int32], first: int) -> None:
        """Note how far the ice of each piece may be off in each block."""
        height, width = pieces.shape
        places = np.flatnonzero(pieces)
        level = levels[list(self.bands)].reshape(len(self.bands), -1)[:, places].sum(axis=0, dtype=np.intp)
        places, level = places[level < SURE], level[level < SURE]
        down, across = -(-height // BLOCK_PX), -(-width // BLOCK_PX)
        row, col = np.divmod(places, width)
        block = row // BLOCK_PX * across + col // BLOCK_PX
        parts = pieces.ravel()[places] * np.int64(down * across) + block
        used, deviations = deviations_m2(parts, level, strip.areas_m2.ravel()[places])
        piece, at = np.divmod(used, down * across)
        self._doubts.append((piece + first, at + self._blocks, deviations))
        self._blocks += down * across

    def _variances_m4(self, owners: sparse.csr_array, body_of: NDArray[np.int32]) -> Floats:
        """Variance of each row's growth; `owners`: each row's share of each body, (count + 2, bodies).

        What lies in one block goes up and down with one number, so deviations add up there: those of a body's
        pieces and of several bodies of one glacier.
        """
        pieces, blocks, deviations = (np.concatenate(each) for each in zip(*self._doubts, strict=True))
        doubts = sparse.csr_array((deviations, (body_of[pieces], blocks)), (owners.shape[1], self._blocks))
        variances = np.asarray((owners @ doubts).power(2).sum(axis=1), np.float64)
        variances[-1] = float(((owners[1:].sum(axis=0) @ doubts) ** 2).sum())
        return variances

    def _touch(self, one: _Rows, other: _Rows, firsts: tuple[int, int]) -> None:
        """Note the sides between pixels of two parts that lie beside each other, one to one."""
        self._note(one, other, firsts[0])
        self._note(other, one, firsts[1])

    def _note(self, outside: _Rows, inside: _Rows, first: int) -> None:
        """Note where a piece of ice outside lies beside the ice of an outline."""
        beside = outside.outside & inside.held
        at = np.divmod(np.flatnonzero(beside), beside.shape[1])
        nodes = outside.pieces[at] + np.int64(first)
        for labels in inside.labels:
            owners = labels[at]
            within = owners > 0
            keys = nodes[within] * (self.count + 2) + owners[within]
            pairs, sides = np.unique(keys, return_counts=True)
            self._sides.append(np.stack([*np.divmod(pairs, self.count + 2), sides]))

    def _join(self, above: _Rows, below: _Rows, firsts: tuple[int, int]) -> None:
        """Pieces that go on across the border of two strips, and sides along it."""
        alike = above.outside & below.outside
        pairs = [
            rows.pieces[alike] + np.int64(first) for rows, first in zip((above, below), firsts, strict=True)
        ]
        self._same.append(np.unique(np.stack(pairs), axis=1))
        self._touch(above, below, firsts)


def _cut(rows: _Rows, *part: slice) -> _Rows:
    """A part of the rows and columns."""
    labels = tuple(plane[part] for plane in rows.labels)
    return _Rows(rows.outside[part], rows.pieces[part], rows.held[part], labels)


def _copied(rows: _Rows) -> _Rows:
    """Rows that do not keep the arrays of their strip alive."""
    labels = tuple(plane.copy() for plane in rows.labels)
    return _Rows(rows.outside.copy(), rows.pieces.copy(), rows.held.copy(), labels)
