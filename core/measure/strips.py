"""A strip of a mapped tile with the outlines on it, and the ground that lies in each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.models import ModelSpec


@dataclass(frozen=True, eq=False)
class Strip:
    """Some rows of a tile.

    `classes`: uint8 (h, w). `ice`: which pixels are ice of any class, (h, w). `levels`: the foreground
    classes' probabilities as bytes (bands, h, w), or None. `areas_m2` is (h, w). `labels`: for each plane of
    outlines the pixels' outlines from 1, 0 outside, (h, w). `votes`: as `core.measure.votes` makes them,
    uint8 (h, w), or None.
    """

    classes: NDArray[np.uint8]
    ice: NDArray[np.bool_]
    levels: NDArray[np.uint8] | None
    areas_m2: NDArray[np.float64]
    labels: tuple[NDArray[np.uint32], ...]
    votes: NDArray[np.uint8] | None = None

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Pixels in any outline, (h, w)."""
        if not self.labels:
            return np.zeros(self.classes.shape, np.bool_)
        found: NDArray[np.bool_] = self.labels[0] > 0
        for plane in self.labels[1:]:
            found |= plane > 0
        return found

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Indices of the pixels in any outline into the flattened arrays, (n,)."""
        return np.flatnonzero(self.inside)

    def owners(self, places: NDArray[np.intp], count: int) -> Iterator[NDArray[np.intp]]:
        """The outlines of pixels at `places`: on each plane, then all outlines as one, `count` + 1."""
        for plane in self.labels:
            yield plane.ravel()[places].astype(np.intp)
        yield np.where(self.inside.ravel()[places], count + 1, 0)


@dataclass(slots=True, eq=False)
class GroundSums:
    """Sums up the ground of each class in each of `count` outlines, strip by strip.

    `m2` is (count + 2, classes + 1): row 0 is outside all outlines, then one row an outline, the last is
    inside any of them; the last column is ground without data. `overlap_m2` lies in more than one outline.
    """

    spec: ModelSpec
    count: int
    overlap_m2: float = 0.0
    m2: NDArray[np.float64] = field(init=False)
    _columns: NDArray[np.uint32] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no ground."""
        classes = len(self.spec.classes)
        self.m2 = np.zeros((self.count + 2, classes + 1))
        self._columns = np.full(NO_DATA + 1, classes, np.uint32)
        self._columns[:classes] = np.arange(classes)

    def add(self, strip: Strip) -> None:
        """Add the next strip."""
        if len(strip.labels) == 1:
            self._add_plane(strip, strip.labels[0])
        else:
            self._add_planes(strip)

    def _add_plane(self, strip: Strip, labels: NDArray[np.uint32]) -> None:
        """Outlines without overlaps: one count tells all."""
        width = self.m2.shape[1]
        keys = labels * np.uint32(width)  # below 2**32: a tile meets 100,000 outlines at the most
        keys += self._columns[strip.classes]
        found = np.bincount(keys.ravel(), strip.areas_m2.ravel(), self.m2.size).reshape(self.m2.shape)
        found[-1] = found[1:].sum(axis=0)  # exact: pixel areas are multiples of a power of two
        self.m2 += found

    def _add_planes(self, strip: Strip) -> None:
        """Outlines that overlap, on planes of their own."""
        columns, areas = self._columns[strip.classes].ravel(), strip.areas_m2.ravel()
        width = self.m2.shape[1]
        outside = np.bincount(columns, areas, width)
        columns, areas = columns[strip.places], areas[strip.places]
        outside -= np.bincount(columns, areas, width)  # exact, as above
        planes = np.zeros(len(areas), np.uint8)
        for owners in strip.owners(strip.places, self.count):
            planes += owners > 0
            found = np.bincount(owners * width + columns, areas, self.m2.size).reshape(self.m2.shape)
            self.m2[1:] += found[1:]
        self.m2[0] += outside
        self.overlap_m2 += float(areas[planes > 2].sum())  # all outlines as one are a plane, too
