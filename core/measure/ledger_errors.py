"""The errors of the areas inside each outline: by buffer and by probability, as for whole tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot, inf
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from core.measure.area_errors import Trust
from core.measure.buffers import HALF_PIXEL, LENGTHS
from core.measure.expectations import BLOCK_PX, SURE
from core.measure.groups import ClassGroup, class_groups
from core.runs import ALL_ICE, NORMAL_95, AreaError, ErrorKind
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
        likely = np.bitwise_or.reduce(levels, axis=0) > 0
        places = np.flatnonzero(strip.inside & likely & (levels[0] != NO_DATA))
        if not len(places):
            return
        block = _blocks(levels.shape[1:]).ravel()[places]
        ground = strip.areas_m2.ravel()[places]
        of_bands = [band.ravel()[places].astype(np.intp) for band in levels]
        of_groups = [_level([of_bands[band] for band in self._bands(group)]) for group in self._groups]
        *planes, together = strip.owners(places, self.count)
        for owners in planes if len(planes) == 1 else [*planes, together]:
            parts = _Parts.of(owners, block, ground)
            for number, level in enumerate(of_groups):
                histogram = parts.histogram(level)
                self.expected_m2[number] += parts.by_owner(_expected(histogram), self.count + 2)
                self.variance_m4[number] += parts.by_owner(_variance(histogram), self.count + 2)
                if len(planes) == 1:  # all outlines together have what each has, block by block
                    whole = parts.by_block(histogram)
                    self.expected_m2[number, -1] += _expected(whole).sum()
                    self.variance_m4[number, -1] += _variance(whole).sum()
        self.expected_m2[:, 0] = self.variance_m4[:, 0] = 0.0

    def _bands(self, group: ClassGroup) -> list[int]:
        return [band for band, info in enumerate(self.spec.foreground) if info.index in group.indices]


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The parts of blocks in outlines that a strip has.

    `owner`, `block` and `ground_m2` are (parts,): outline, block, and mean ground of a pixel, which hardly
    changes within a block. `first_of` is (n,): the first entry of each pixel's part in the histogram.
    """

    owner: NDArray[np.intp]
    block: NDArray[np.intp]
    ground_m2: Floats
    first_of: NDArray[np.intp]

    @classmethod
    def of(cls, owners: NDArray[np.intp], blocks: NDArray[np.intp], ground_m2: Floats) -> Self:
        """The parts that n pixels make."""
        wide = int(blocks.max()) + 1
        numbers = owners * wide + blocks
        taken = np.zeros(int(numbers.max()) + 1, np.bool_)
        taken[numbers] = True
        used = np.flatnonzero(taken)
        part_of = (np.cumsum(taken) - 1)[numbers]
        mean = np.bincount(part_of, ground_m2) / np.bincount(part_of)
        return cls(used // wide, used % wide, mean, part_of * (SURE + 1))

    def histogram(self, level: NDArray[np.intp]) -> Floats:
        """Ground of each part at each level, m2, (parts, SURE + 1)."""
        counts = np.bincount(self.first_of + level, minlength=len(self.owner) * (SURE + 1))
        return counts.reshape(-1, SURE + 1) * self.ground_m2[:, None]

    def by_owner(self, of_parts: Floats, count: int) -> Floats:
        """Sums of the parts of each outline, (count,)."""
        return np.bincount(self.owner, of_parts, count).astype(np.float64)

    def by_block(self, histogram: Floats) -> Floats:
        """The histograms of all parts of a block as one, (blocks, SURE + 1)."""
        order = np.argsort(self.block, kind="stable")
        begins = np.flatnonzero(np.diff(self.block[order], prepend=-1))
        return np.asarray(np.add.reduceat(histogram[order], begins, axis=0))


def _blocks(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """The number of the block in which each pixel of a strip lies, (h, w)."""
    rows, cols = (np.arange(side) // BLOCK_PX for side in shape)
    blocks: NDArray[np.intp] = rows[:, None] * (cols[-1] + 1) + cols
    return blocks


def _level(of_bands: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    """The level of a group from those of its bands, each (n,); rounding may take their sum past 1."""
    first, *rest = of_bands
    for level in rest:
        first = first + level
    return np.minimum(first, SURE) if rest else first


def _expected(histogram: Floats) -> Floats:
    """The expected area of each part, m2."""
    levels = np.arange(SURE + 1) / SURE
    return np.asarray(histogram @ levels, np.float64)


def _variance(histogram: Floats) -> Floats:
    """The variance of each part's area, m4: pixels are of the class at the u that their level reaches."""
    reached = histogram[:, :0:-1].cumsum(axis=1)  # ground at or above each level, from SURE down to 1
    return np.asarray(reached.var(axis=1), np.float64)


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
