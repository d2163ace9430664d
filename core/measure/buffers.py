"""Buffers: the ground within half a pixel of each class's outline, on one side of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.measure.groups import ClassGroup, class_groups
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec

HALF_PIXEL = 0.5  # what buffers of Landsat outlines take (Paul et al. 2017, doi:10.1016/j.rse.2017.08.038)
CORNER, SIDE = np.sqrt(0.5), 1.0  # outline through a square of 2 x 2 pixel centres, in pixel sides


def _lengths() -> NDArray[np.float64]:
    """Outline length of each pattern of 2 x 2 pixels, numbered by 1 + 2 + 4 + 8 row by row, (16,)."""
    lengths = np.zeros(16)
    lengths[[1, 2, 4, 8, 7, 11, 13, 14]] = CORNER  # one pixel differs from three
    lengths[[3, 5, 10, 12]] = SIDE  # two beside or above each other
    lengths[[6, 9]] = 2 * CORNER  # two across: the outline cuts both corners
    return lengths


LENGTHS = _lengths()


@dataclass(slots=True, eq=False)
class BufferStrips:
    """Sums up buffers strip by strip, from the top of a class map to its bottom.

    The outline runs half-way between pixel centres of the class and of other ground, straight through each
    square of four centres (marching squares, Lorensen and Cline 1987), so that a slanted outline is not
    counted as a staircase. The tile's edge and the edge of what carries no data are no outline: nobody saw
    the other side. In a square the buffer covers half a pixel times the outline's length, whatever the
    sides of a pixel are on the ground, because both scale together.
    """

    spec: ModelSpec
    buffers_m2: NDArray[np.float64] = field(init=False)
    _groups: tuple[ClassGroup, ...] = field(init=False)
    _last: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Begin with no outline."""
        self._groups = class_groups(self.spec)
        self.buffers_m2 = np.zeros(len(self._groups))

    def add(self, classes: NDArray[np.uint8], areas_m2: NDArray[np.float64]) -> None:
        """Add the next strip, uint8 (h, w), on pixels of `areas_m2` (broadcastable to it).

        `buffers_m2` follows the order of `class_groups`.
        """
        first = self._last is None
        joined = np.concatenate([classes[:1] if self._last is None else self._last[None], classes])
        self._last = classes[-1].copy()
        beside = joined[:, :-1] != joined[:, 1:]
        mixed = beside[:-1] | beside[1:] | (joined[:-1, :-1] != joined[1:, :-1])
        if first:
            mixed[0] = False  # nothing lies above the tile's first row
        rows, cols = np.nonzero(mixed)
        width = joined.shape[1]
        upper_left = rows * width + cols
        values = joined.ravel()[[upper_left + step for step in (0, 1, width, width + 1)]]
        seen = (values != NO_DATA).all(axis=0)
        values = values[:, seen]
        ground = np.broadcast_to(areas_m2, classes.shape)[rows[seen], cols[seen]]
        for number, group in enumerate(self._groups):
            bits = group.members[values]
            pattern = bits[0] + 2 * bits[1] + 4 * bits[2] + 8 * bits[3]
            self.buffers_m2[number] += HALF_PIXEL * float(LENGTHS[pattern] @ ground)
