"""The errors of the ice inside each outline: by buffer and by probability, as for whole tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot, inf
from typing import TYPE_CHECKING, Any

import numpy as np

from core.measure.area_errors import NORMAL_95, Trust
from core.measure.buffers import HALF_PIXEL, LENGTHS
from core.measure.expectations import BLOCK_PX, SURE
from core.measure.groups import class_groups
from core.runs import ALL_ICE, AreaError, ErrorKind
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.measure.strips import Strip
    from core.models import ModelSpec

    Floats = NDArray[np.float64]

M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some rows of a tile; see `core.measure.strips.Strip`."""

    classes: NDArray[np.uint8]
    ice: NDArray[np.bool_]
    labels: tuple[NDArray[np.uint32], ...]

    def last(self) -> _Rows:
        """The last row, copied so that it keeps no strip alive."""
        labels = tuple(plane[-1:].copy() for plane in self.labels)
        return _Rows(self.classes[-1:].copy(), self.ice[-1:].copy(), labels)

    def above(self, below: _Rows) -> _Rows:
        """These rows and the first of those below them."""
        labels = (
            np.concatenate([one, other[:1]]) for one, other in zip(self.labels, below.labels, strict=True)
        )
        classes, ice = (
            np.concatenate([one, other[:1]])
            for one, other in ((self.classes, below.classes), (self.ice, below.ice))
        )
        return _Rows(classes, ice, tuple(labels))


@dataclass(slots=True, eq=False)
class IceErrors:
    """Sums up what the errors of the ice in each of `count` outlines need, strip by strip from the top.

    Buffer: half a pixel along the margin of the ice inside the outline. The outline itself is taken as
    given: where ice reaches it there is no margin. A square of four pixel centres counts for the outline
    that any of them lies in.

    Probability: the expected area is the sum of probability times ground. Its variance is that of the block
    bootstrap in `core.measure.expectations`, written out instead of drawn: in each block of `BLOCK_PX` pixels
    a uniform number u makes ice of the pixels whose probability reaches it, so for the part of a block in an
    outline the variance is that of A(u) over the possible u; blocks are independent.

    Arrays are (count + 2,): see `core.measure.strips.GroundSums`; row 0 stays empty.
    """

    spec: ModelSpec
    count: int
    buffer_m2: Floats = field(init=False)
    expected_m2: Floats = field(init=False)
    variance_m4: Floats = field(init=False)
    measured: bool = False
    _bands: list[int] = field(init=False)
    _last: _Rows | None = None

    def __post_init__(self) -> None:
        """Begin with no ground."""
        group = next(group for group in class_groups(self.spec) if group.key == ALL_ICE)
        self._bands = [n for n, info in enumerate(self.spec.foreground) if info.index in group.indices]
        self.buffer_m2, self.expected_m2, self.variance_m4 = np.zeros((3, self.count + 2))

    def add(self, strip: Strip) -> None:
        """Add the next strip; all but the last must have a multiple of `BLOCK_PX` rows."""
        self._add_buffers(strip)
        if strip.levels is not None:
            self.measured = True
            self._add_expected(strip, strip.levels)

    def errors(self, row: int, ice_km2: float, seen_km2: float, trust: Trust) -> tuple[AreaError, ...]:
        """The errors of one row's ice: by buffer, and by probability where probabilities were added."""
        sigma = float(self.buffer_m2[row]) / M2_PER_KM2
        found = [_error(ErrorKind.BUFFER, ice_km2, sigma, seen_km2)]
        if self.measured:
            expected = self.expected_m2[row] / M2_PER_KM2
            sigma = _doubt_km2(ice_km2, float(self.variance_m4[row]), trust)
            found.append(_error(ErrorKind.PROBABILITY, float(expected), sigma, seen_km2))
        return tuple(found)

    def _add_buffers(self, strip: Strip) -> None:
        rows = _Rows(strip.classes, strip.ice, strip.labels)
        if self._last is not None:
            self._add_margins(self._last.above(rows), strip.areas_m2[:1])
        self._add_margins(rows, strip.areas_m2[1:])
        self._last = rows.last()

    def _add_margins(self, rows: _Rows, areas_m2: Floats) -> None:
        """Add the squares of 2 x 2 pixels in some rows, each on the ground of its lower left pixel."""
        ice = _corners(rows.ice)
        mixed = ice[0] != ice[1]
        mixed |= ice[2] != ice[3]
        mixed |= ice[0] != ice[2]
        at = np.divmod(np.flatnonzero(mixed), mixed.shape[1])
        seen = np.all([corner[at] != NO_DATA for corner in _corners(rows.classes)], axis=0)
        at = at[0][seen], at[1][seen]
        pattern = sum(corner[at] * (1 << bit) for bit, corner in enumerate(ice))
        ground = HALF_PIXEL * LENGTHS[pattern] * areas_m2[at]
        inside = np.zeros(len(ground), np.bool_)
        for labels in rows.labels:
            owner = np.max([corner[at] for corner in _corners(labels)], axis=0)
            inside |= owner > 0
            self.buffer_m2 += np.bincount(owner, ground, self.count + 2)
        self.buffer_m2[0] = 0.0
        self.buffer_m2[-1] += float(ground[inside].sum())

    def _add_expected(self, strip: Strip, levels: NDArray[np.uint8]) -> None:
        total = levels[self._bands[0]]
        for band in self._bands[1:]:
            total = total + levels[band]  # 253 at most: roundings of half a level
        possible = strip.inside & (total > 0) & (levels[0] != NO_DATA)
        places = np.flatnonzero(possible)
        level = np.minimum(total.ravel()[places], SURE).astype(np.intp)  # rounding may take it past 1
        ground = strip.areas_m2.ravel()[places]
        expected = ground * level
        expected /= SURE
        doubt = np.flatnonzero(level < SURE)
        row, col = np.divmod(places[doubt], levels.shape[2])
        across, down = (-(-side // BLOCK_PX) for side in (levels.shape[2], levels.shape[1]))
        block = row // BLOCK_PX * across + col // BLOCK_PX
        for owners in strip.owners(places, self.count):
            self.expected_m2 += np.bincount(owners, expected, self.count + 2)
            parts = _Parts(owners[doubt] * (across * down) + block, (self.count + 2) * across * down)
            variance = parts.variances(level[doubt], ground[doubt])
            self.variance_m4 += np.bincount(parts.used // (across * down), variance, self.count + 2)


class _Parts:
    """The parts of blocks in outlines that a strip has: `used` are their numbers, each once."""

    def __init__(self, numbers: NDArray[np.intp], count: int) -> None:
        taken = np.zeros(count, np.bool_)
        taken[numbers] = True
        self.used = np.flatnonzero(taken)
        self._part_of = (np.cumsum(taken) - 1)[numbers]

    def variances(self, level: NDArray[np.intp], ground: Floats) -> Floats:
        """The variance of each part's ice, m4: its pixels are ice at the u that their level reaches."""
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
    sigma = _doubt_km2(growth_km2, variance_m4, trust)
    return _error(ErrorKind.PROBABILITY, growth_km2, sigma, inf)


def _doubt_km2(ice_km2: float, variance_m4: float, trust: Trust) -> float:
    """What the probabilities leave open of an area, one standard deviation widened by the card's factor."""
    # The model's bias is common to all pixels, so it adds up over the whole area.
    sigma = hypot(variance_m4**0.5 / M2_PER_KM2, trust.calibration_error * ice_km2)
    return sigma * trust.factors.get(ALL_ICE, 1.0)


def _corners(values: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """The four corners of each square of 2 x 2 pixels, each (h - 1, w - 1)."""
    return values[:-1, :-1], values[:-1, 1:], values[1:, :-1], values[1:, 1:]


def _error(kind: ErrorKind, estimate_km2: float, sigma_km2: float, seen_km2: float) -> AreaError:
    low, high = (estimate_km2 - NORMAL_95 * sigma_km2, estimate_km2 + NORMAL_95 * sigma_km2)
    ends = (min(max(end, 0.0), max(seen_km2, estimate_km2)) for end in (low, high))
    return AreaError(ALL_ICE, kind, estimate_km2, sigma_km2, *ends)
