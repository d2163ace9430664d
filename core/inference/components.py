"""Connected components of a class map that is read in strips, as one graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage, sparse

from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.models import ModelSpec

    Ids = NDArray[np.int64]

EIGHT_NEIGHBOURS = np.ones((3, 3), bool)
NOWHERE = -1  # the node of a pixel without data


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The components of a whole map.

    Nodes: one for each class that is no foreground, numbered like the class, then the pieces that strips
    cut components into. `component`: for each node the component it is part of. Of each component:
    `classes`, `pixels`, `areas_m2`. `contacts`: (3, n), a component, another that its pixels touch, and
    along how many pixel sides; both directions are listed.
    """

    component: NDArray[np.intp]
    classes: NDArray[np.uint8]
    pixels: Ids
    areas_m2: NDArray[np.float64]
    contacts: Ids


@dataclass(slots=True, eq=False)
class StripGraph:
    """Grows strip by strip, from the top of the map to its bottom; `finish` gives its components."""

    spec: ModelSpec
    _classes: list[NDArray[np.uint8]] = field(default_factory=list)
    _pixels: list[Ids] = field(default_factory=list)
    _areas: list[NDArray[np.float64]] = field(default_factory=list)
    _same: list[Ids] = field(default_factory=list)  # (2, n): pieces of one component
    _contacts: list[Ids] = field(default_factory=list)  # (3, n)
    _last: tuple[NDArray[np.uint8], Ids] | None = None  # classes and nodes of the last row
    _size: int = 0

    def __post_init__(self) -> None:
        """Begin with a node for each class, foreground or not, so that nodes number like classes."""
        n = len(self.spec.classes)
        self._append(np.arange(n, dtype=np.uint8), np.zeros(n, np.int64), np.zeros(n))

    def add(self, classes: NDArray[np.uint8], areas_m2: NDArray[np.float64]) -> slice:
        """Add the next strip, uint8 (h, w); returns where its pieces stand among the nodes.

        `areas_m2` broadcasts to the strip. The pieces follow the order of `label_pieces`.
        """
        pieces, of_piece = label_pieces(classes, self.spec)
        first = self._size
        weights = np.broadcast_to(areas_m2, classes.shape).ravel()
        n = len(of_piece)
        flat = pieces.ravel()
        self._append(
            of_piece,
            np.bincount(flat, minlength=n + 1)[1:],
            np.bincount(flat, weights, minlength=n + 1)[1:].astype(np.float64),
        )
        strip = _StripNodes(classes, pieces, first)
        self._touch(*strip.contacts())
        if self._last is not None:
            self._join(classes[0], strip.row(0))
        self._last = classes[-1].copy(), strip.row(-1)
        return slice(first, self._size)

    def finish(self) -> Components:
        """The components of all strips."""
        same = stacked(self._same, 2)
        edges = sparse.coo_array((np.ones(same.shape[1], bool), (same[0], same[1])), (self._size, self._size))
        n, component = sparse.csgraph.connected_components(edges, directed=False)
        classes = np.zeros(n, np.uint8)
        classes[component] = np.concatenate(self._classes)
        pixels = np.bincount(component, np.concatenate(self._pixels), minlength=n)
        areas = np.bincount(component, np.concatenate(self._areas), minlength=n).astype(np.float64)
        contacts = stacked(self._contacts, 3)
        merged = _counted(component[contacts[0]], component[contacts[1]], contacts[2])
        return Components(component, classes, pixels.astype(np.int64), areas, merged)

    def _append(self, classes: NDArray[np.uint8], pixels: Ids, areas_m2: NDArray[np.float64]) -> None:
        self._classes.append(classes)
        self._pixels.append(pixels)
        self._areas.append(areas_m2)
        self._size += len(classes)

    def _join(self, classes: NDArray[np.uint8], nodes: Ids) -> None:
        """Join the first row of a strip with the last row of the strip above."""
        above, nodes_above = self._last or (classes, nodes)
        width = len(classes)
        foreground = np.isin(classes, [info.index for info in self.spec.foreground])
        for shift in (-1, 0, 1):  # eight neighbours: straight above and to both sides of it
            here = slice(max(0, -shift), width - max(0, shift))
            there = slice(max(0, shift), width - max(0, -shift))
            alike = foreground[here] & (classes[here] == above[there])
            pairs = np.stack([nodes[here][alike], nodes_above[there][alike]])
            self._same.append(np.unique(pairs, axis=1))
        differ = (classes != above) & (nodes != NOWHERE) & (nodes_above != NOWHERE)
        self._touch(nodes[differ], nodes_above[differ])

    def _touch(self, one: Ids, other: Ids) -> None:
        """Note the sides that pixels of different classes share, by their nodes."""
        found = _counted(one, other, np.ones(len(one), np.int64))
        self._contacts += [found, found[[1, 0, 2]]]


@dataclass(frozen=True, slots=True, eq=False)
class _StripNodes:
    """The nodes of a strip's pixels, made only where they are asked for: few lie at the edge of anything.

    `classes`: uint8 (h, w). `pieces`: as `label_pieces` numbers them. `first`: the first piece's node.
    """

    classes: NDArray[np.uint8]
    pieces: NDArray[np.int32]
    first: int

    def row(self, number: int) -> Ids:
        """The nodes of a row, (w,); `NOWHERE` without data."""
        classes = self.classes[number]
        return np.where(classes == NO_DATA, NOWHERE, self._of(self.pieces[number], classes))

    def contacts(self) -> tuple[Ids, Ids]:
        """The nodes on both sides of each side that pixels of different classes share."""
        height, width = self.classes.shape
        seen = self.classes != NO_DATA
        beside = np.zeros((height, width), np.bool_)
        beside[:, :-1] = (self.classes[:, :-1] != self.classes[:, 1:]) & seen[:, :-1] & seen[:, 1:]
        below = (self.classes[:-1] != self.classes[1:]) & seen[:-1] & seen[1:]
        left, above = np.flatnonzero(beside), np.flatnonzero(below)
        one, other = np.concatenate([left, above]), np.concatenate([left + 1, above + width])
        pieces, classes = self.pieces.ravel(), self.classes.ravel()
        return self._of(pieces[one], classes[one]), self._of(pieces[other], classes[other])

    def _of(self, pieces: NDArray[np.int32], classes: NDArray[np.uint8]) -> Ids:
        """The nodes of pixels with data, by their pieces and classes."""
        return np.where(pieces > 0, pieces + np.int64(self.first - 1), classes)


def label_pieces(classes: NDArray[np.uint8], spec: ModelSpec) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The eight-connected foreground pieces of a strip.

    Returns piece numbers int32 (h, w), from 1 and 0 elsewhere, and the class of each piece.
    """
    pieces = np.zeros(classes.shape, np.int32)
    of_piece: list[NDArray[np.uint8]] = []
    total = 0
    for info in spec.foreground:
        members = classes == info.index
        if members.any():
            labelled, n = ndimage.label(members, EIGHT_NEIGHBOURS)
            pieces[members] = labelled[members] + total
            of_piece.append(np.full(n, info.index, np.uint8))
            total += n
    return pieces, np.concatenate(of_piece) if of_piece else np.zeros(0, np.uint8)


def stacked(parts: Sequence[Ids], rows: int) -> Ids:
    """Parts (rows, n) beside each other; (rows, 0) where there are none."""
    return np.concatenate(parts, axis=1) if parts else np.zeros((rows, 0), np.int64)


def _counted(one: NDArray[np.integer], other: NDArray[np.integer], counts: Ids) -> Ids:
    """Pairs once each with their counts added up, (3, n)."""
    if len(one) == 0:
        return np.zeros((3, 0), np.int64)
    span = int(other.max()) + 1
    pair = one.astype(np.int64) * span + other  # one number sorts several times as fast as two
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    first = np.flatnonzero(np.r_[True, np.diff(pair) != 0])
    return np.stack([*np.divmod(pair[first], span), np.add.reduceat(counts[order], first)])
