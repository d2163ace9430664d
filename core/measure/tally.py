"""Counting pairs of classes: codes of a window, their areas, and the ground along their outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from core.measure.buffers import HALF_PIXEL, LENGTHS
from core.measure.expected import Expected
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ONLY_BEFORE, ONLY_AFTER, NEITHER = 253, 254, 255  # codes of ground that is left out


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Sums over windows. `size` is K * K; codes beyond it are ground that is left out.

    `buffers_m2`: for each code half a pixel along its outline; `moved_m2` along outlines of ice that moved.
    """

    size: int
    pixels: NDArray[np.int64]  # (256,)
    areas_m2: Floats  # (256,)
    buffers_m2: Floats  # (K * K,)
    moved_m2: float
    expected: Expected | None

    @classmethod
    def none(cls, k: int) -> Self:
        """The sums of no window."""
        n = k * k
        return cls(n, np.zeros(256, np.int64), np.zeros(256), np.zeros(n), 0.0, Expected.none(k))

    def __add__(self, other: Tally) -> Tally:
        expected = None
        if self.expected is not None and other.expected is not None:
            expected = self.expected + other.expected
        return Tally(
            self.size,
            self.pixels + other.pixels,
            self.areas_m2 + other.areas_m2,
            self.buffers_m2 + other.buffers_m2,
            self.moved_m2 + other.moved_m2,
            expected,
        )


def codes_of(one: NDArray[np.uint8], other: NDArray[np.uint8], k: int) -> NDArray[np.uint8]:
    """Place before times K plus place after; what is left out has a code of its own."""
    codes = one * np.uint8(k) + other
    first, second = one != NO_DATA, other != NO_DATA
    if not (first.all() and second.all()):
        codes[first & ~second] = ONLY_BEFORE
        codes[~first & second] = ONLY_AFTER
        codes[~first & ~second] = NEITHER
    return codes


def outlines_m2(codes: NDArray[np.uint8], areas: Floats, ice: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Half a pixel of ground along the outline of each code, (K * K,), and along outlines of ice that moved.

    Both in m2, through squares of 2 x 2 pixels as in `core.measure.buffers`. A square in which the ice has
    the same outline in both runs adds nothing to the second. Squares that touch ground that is left out have
    no outline: it would be the tile's or a cloud's.
    """
    n = len(ice) ** 2
    corners = codes[:-1, :-1], codes[:-1, 1:], codes[1:, :-1], codes[1:, 1:]
    mixed = (corners[0] != corners[1]) | (corners[2] != corners[3]) | (corners[0] != corners[2])
    rows, cols = np.nonzero(mixed)
    values = np.stack([corner[rows, cols] for corner in corners])
    seen = (values < n).all(axis=0)
    values, ground = values[:, seen], HALF_PIXEL * areas[rows[seen], cols[seen]]
    along = np.zeros(n)
    for code in np.unique(values):
        members = values == code
        some = np.flatnonzero(members.any(axis=0))
        along[code] = LENGTHS[_patterns(members[:, some])] @ ground[some]
    before, after = _patterns(np.repeat(ice, len(ice))[values]), _patterns(np.tile(ice, len(ice))[values])
    differ = np.flatnonzero(before != after)
    moved = LENGTHS[before[differ]] + LENGTHS[after[differ]]
    return along, float(moved @ ground[differ])


def _patterns(members: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The number of each square's pattern, from which of its four corners belong, bool (4, n)."""
    first, second, third, fourth = members.view(np.uint8)
    return np.asarray(first + 2 * second + 4 * third + 8 * fourth)
