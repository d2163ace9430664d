"""The errors of the areas inside each outline: by buffer and by probability, as for whole tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot, inf
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from core.measure.area_errors import NORMAL_95, Trust
from core.measure.buffers import HALF_PIXEL, LENGTHS
from core.measure.expectations import BLOCK_PX, SURE
from core.measure.groups import ClassGroup, class_groups
from core.runs import ALL_ICE, AreaError, ErrorKind
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from core.measure.strips import Strip
    from core.models import ModelSpec

    Floats = NDArray[np.float64]

M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows of a tile; see `core.measure.strips.Strip`."""

    classes: NDArray[np.uint8]
    labels: tuple[NDArray[np.uint32], ...]

    def last(self) -> _Rows:
        """The last row, copied so that it keeps no strip alive."""
        return _Rows(self.classes[-1:].copy(), tuple(plane[-1:].copy() for plane in self.labels))

    def above(self, below: _Rows) -> _Rows:
        """These rows and the first of those below them."""
        classes = np.concatenate([self.classes, below.classes[:1]])
        pairs = zip(self.labels, below.labels, strict=True)
        return _Rows(classes, tuple(np.concatenate([one, other[:1]]) for one, other in pairs))


@dataclass(slots=True, eq=False)
class OutlineErrors:
    """Sums up what the errors in each of `count` outlines need, strip by strip from the top.

    Each class that maps draw has errors of its own, and so has all ice (`core.measure.groups`).

    Buffer: half a pixel along the margin of the class inside the outline. The outline itself is taken as
    given: where a class reaches it there is no margin. A square of four pixel centres counts for the outline
    that any of them lies in.

    Probability: the expected area is the sum of probability times ground. Its variance is that of the block
    bootstrap in `core.measure.expectations`, written out instead of drawn: in each block of `BLOCK_PX` pixels
    a uniform number u makes the class of the pixels whose probability reaches it, so for the part of a block
    in an outline the variance is that of A(u) over the possible u; blocks are independent.

    Arrays are (groups, count + 2): groups as in `class_groups`, the rest as in
    `core.measure.strips.GroundSums`; row 0 stays empty.
    """

    spec: ModelSpec
    count: int
    buffer_m2: Floats = field(init=False)
    expected_m2: Floats = field(init=False)
    variance_m4: Floats = field(init=False)
    measured: bool = False
    _groups: tuple[ClassGroup, ...] = field(init=False)
    _last: _Rows | None = None

    def __post_init__(self) -> None:
        """Begin with no ground."""
        self._groups = class_groups(self.spec)
        sums = np.zeros((3, len(self._groups), self.count + 2))
        self.buffer_m2, self.expected_m2, self.variance_m4 = sums

    def add(self, strip: Strip) -> None:
        """Add the next strip; all but the last must have a multiple of `BLOCK_PX` rows."""
        self._add_buffers(strip)
        if strip.levels is not None:
            self.measured = True
            self._add_expected(strip, strip.levels)

    def errors(
        self, row: int, areas_km2: Mapping[str, float], seen_km2: float, trust: Trust
    ) -> tuple[AreaError, ...]:
        """The errors of one row's areas, by group: by buffer, and by probability where that was added.

        `areas_km2`: the key of every class that maps draw, and `ALL_ICE`, to its area.
        """
        found = []
        for number, group in enumerate(self._groups):
            km2, at = areas_km2[group.key], (number, row)
            limit = _Limit(group.key, seen_km2)
            found.append(limit.error(ErrorKind.BUFFER, km2, float(self.buffer_m2[at]) / M2_PER_KM2))
            if self.measured:
                sigma = _doubt_km2(group.key, km2, float(self.variance_m4[at]), trust)
                expected = float(self.expected_m2[at]) / M2_PER_KM2
                found.append(limit.error(ErrorKind.PROBABILITY, expected, sigma))
        return tuple(found)

    def _add_buffers(self, strip: Strip) -> None:
        rows = _Rows(strip.classes, strip.labels)
        if self._last is not None:
            self._add_margins(self._last.above(rows), strip.areas_m2[:1])
        self._add_margins(rows, strip.areas_m2[1:])
        self._last = rows.last()

    def _add_margins(self, rows: _Rows, areas_m2: Floats) -> None:
        """Add the squares of 2 x 2 pixels in some rows, each on the ground of its lower left pixel."""
        corners = _corners(rows.classes)
        mixed = corners[0] != corners[1]
        mixed |= corners[2] != corners[3]
        mixed |= corners[0] != corners[2]
        at = np.divmod(np.flatnonzero(mixed), mixed.shape[1])
        values = np.stack([corner[at] for corner in corners])
        seen = (values != NO_DATA).all(axis=0)
        at, values = (at[0][seen], at[1][seen]), values[:, seen]
        half_pixel = HALF_PIXEL * areas_m2[at]
        owners = [np.max([corner[at] for corner in _corners(labels)], axis=0) for labels in rows.labels]
        inside = np.zeros(len(half_pixel), np.bool_)
        for owner in owners:
            inside |= owner > 0
        for group, buffer_m2 in zip(self._groups, self.buffer_m2, strict=True):
            bits = group.members[values]
            ground = half_pixel * LENGTHS[bits[0] + 2 * bits[1] + 4 * bits[2] + 8 * bits[3]]
            for owner in owners:
                buffer_m2 += np.bincount(owner, ground, self.count + 2)
            buffer_m2[0] = 0.0
            buffer_m2[-1] += float(ground[inside].sum())

    def _add_expected(self, strip: Strip, levels: NDArray[np.uint8]) -> None:
        places = np.flatnonzero(strip.inside & levels.any(axis=0) & (levels[0] != NO_DATA))
        row, col = np.divmod(places, levels.shape[2])
        across, down = (-(-side // BLOCK_PX) for side in (levels.shape[2], levels.shape[1]))
        block = row // BLOCK_PX * across + col // BLOCK_PX
        ground = strip.areas_m2.ravel()[places]
        of_bands = levels.reshape(len(levels), -1)[:, places]
        graded = [_Graded.of(of_bands[self._bands(group)], ground) for group in self._groups]
        for owners in strip.owners(places, self.count):
            part = owners * (across * down) + block
            for number, each in enumerate(graded):
                self.expected_m2[number] += np.bincount(owners, each.expected, self.count + 2)
                parts = _Parts(part[each.doubt], (self.count + 2) * across * down)
                variance = parts.variances(each.level, ground[each.doubt])
                owner = parts.used // (across * down)
                self.variance_m4[number] += np.bincount(owner, variance, self.count + 2)

    def _bands(self, group: ClassGroup) -> list[int]:
        return [band for band, info in enumerate(self.spec.foreground) if info.index in group.indices]


@dataclass(frozen=True, slots=True, eq=False)
class _Graded:
    """Pixels by the probability of a group: `expected` m2 of each, and the `level` of those in `doubt`."""

    expected: Floats
    doubt: NDArray[np.intp]
    level: NDArray[np.intp]

    @classmethod
    def of(cls, levels: NDArray[np.uint8], ground: Floats) -> Self:
        """The pixels of a group's bands, (bands, n), each on its `ground`."""
        level = np.minimum(levels.sum(axis=0, dtype=np.uint16), SURE)  # rounding may take a sum past 1
        doubt = np.flatnonzero((level > 0) & (level < SURE))
        return cls(ground * (level / SURE), doubt, level[doubt].astype(np.intp))


@dataclass(frozen=True, slots=True, eq=False)
class _Limit:
    """Makes the errors of one group; no interval leaves the ground that was seen."""

    key: str
    seen_km2: float

    def error(self, kind: ErrorKind, estimate_km2: float, sigma_km2: float) -> AreaError:
        """An interval of 95 % around the estimate."""
        low, high = (estimate_km2 - NORMAL_95 * sigma_km2, estimate_km2 + NORMAL_95 * sigma_km2)
        ends = (min(max(end, 0.0), max(self.seen_km2, estimate_km2)) for end in (low, high))
        return AreaError(self.key, kind, estimate_km2, sigma_km2, *ends)


class _Parts:
    """The parts of blocks in outlines that a strip has: `used` are their numbers, each once."""

    def __init__(self, numbers: NDArray[np.intp], count: int) -> None:
        taken = np.zeros(count, np.bool_)
        taken[numbers] = True
        self.used = np.flatnonzero(taken)
        self._part_of = (np.cumsum(taken) - 1)[numbers]

    def variances(self, level: NDArray[np.intp], ground: Floats) -> Floats:
        """The variance of each part's area, m4: pixels are of the class at the u that their level reaches."""
        at = self._part_of * (SURE + 1) + level
        histogram = np.bincount(at, ground, len(self.used) * (SURE + 1)).reshape(-1, SURE + 1)
        reached = histogram[:, :0:-1].cumsum(axis=1)  # ground at or above each level, from SURE down to 1
        variances: Floats = reached.var(axis=1)
        return variances


def growth_error(growth_km2: float, variance_m4: float, trust: Trust) -> AreaError | None:
    """The error of ice outside that has grown from an outline; None where none has, for nothing was mapped.

    Its estimate is the mapped area: what else outside may be ice belongs to no glacier.
    """
    if not growth_km2:
        return None
    sigma = _doubt_km2(ALL_ICE, growth_km2, variance_m4, trust)
    return _Limit(ALL_ICE, inf).error(ErrorKind.PROBABILITY, growth_km2, sigma)


def _doubt_km2(group: str, km2: float, variance_m4: float, trust: Trust) -> float:
    """What the probabilities leave open of an area, one standard deviation widened by the card's factor."""
    # The model's bias is common to all pixels, so it adds up over the whole area.
    sigma = hypot(variance_m4**0.5 / M2_PER_KM2, trust.calibration_error * km2)
    return sigma * trust.factors.get(group, 1.0)


def _corners(values: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The four corners of each square of 2 x 2 pixels, each (h - 1, w - 1)."""
    return values[:-1, :-1], values[:-1, 1:], values[1:, :-1], values[1:, 1:]
