"""Expected areas: what calibrated probabilities say an area is, and how far it may be off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.measure.groups import ClassGroup, class_groups
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec

    Levels = NDArray[np.uint8]
    Floats = NDArray[np.float64]

BLOCK_PX = 64  # side of a block of common error, about as far as mistakes are alike (docs/uncertainty.md)
REPLICATES = 1000  # the interval's ends then move by a fiftieth of its width from seed to seed
SURE = 250  # the level that stands for a probability of 1 (core.export.rasters.quantise)
SEED = 2013  # any number; fixed, so that a repeated run gives the same interval


@dataclass(slots=True, eq=False)
class ExpectationStrips:
    """Sums up expected areas strip by strip, and draws what the true areas may be.

    The expected area of a class is the sum of its probability times the pixel's ground. What may be true is
    drawn by a parametric block bootstrap (Efron and Tibshirani 1993, chapter 6; blocks as in Kuensch 1989,
    doi:10.1214/aos/1176347265): in each replicate every block of `BLOCK_PX` pixels gets one uniform number,
    and its pixels whose probability is at least that number are of the class. So each pixel is of the class
    as often as its probability says, errors inside a block agree with each other as far as they can, and
    blocks err independently. Ground that the model is sure of adds nothing to the spread.

    Strips must begin on multiples of `BLOCK_PX`. `expected_m2` is (groups,), `replicates_m2` is (groups,
    REPLICATES), both in the order of `class_groups`.
    """

    spec: ModelSpec
    block_px: int = BLOCK_PX
    expected_m2: Floats = field(init=False)
    replicates_m2: Floats = field(init=False)
    _groups: tuple[ClassGroup, ...] = field(init=False)
    _random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no ground."""
        self._groups = class_groups(self.spec)
        self.expected_m2 = np.zeros(len(self._groups))
        self.replicates_m2 = np.zeros((len(self._groups), REPLICATES))
        self._random = np.random.default_rng(SEED)

    def add(self, levels: Levels, areas_m2: Floats) -> None:
        """Add the next strip of levels (bands, h, w), one band a foreground class, 255 without data.

        `areas_m2` broadcasts to (h, w); it changes so slowly that a block takes the value at its middle.
        """
        _, height, width = levels.shape
        ground = np.broadcast_to(areas_m2, (height, width))
        middles = np.minimum(np.arange(0, width, self.block_px) + self.block_px // 2, width - 1)
        for row in range(0, height, self.block_px):
            part = levels[:, row : row + self.block_px]
            middle = min(row + self.block_px // 2, height - 1)
            self._add_blocks(part, ground[middle, middles])

    def _add_blocks(self, levels: Levels, block_m2: Floats) -> None:
        """Add one row of blocks; `block_m2` is the ground of a pixel of each."""
        counts = np.stack([self._count(levels, group) for group in self._groups])
        ground = counts * block_m2[:, None]
        self.expected_m2 += ground.sum(axis=1) @ (np.arange(SURE + 1) / SURE)
        sure = ground[:, :, SURE].sum(axis=1)
        doubtful = counts[:, :, 1:SURE].any(axis=(0, 2))
        self.replicates_m2 += (sure - ground[:, doubtful, SURE].sum(axis=1))[:, None]
        if doubtful.any():
            # For each level the ground at or above it; a level of n is reached by n of SURE drawn numbers.
            reached = ground[:, doubtful, ::-1].cumsum(axis=2)[:, :, ::-1]
            drawn = self._random.integers(1, SURE, (int(doubtful.sum()), REPLICATES), endpoint=True)
            for number, of_group in enumerate(reached):
                self.replicates_m2[number] += np.take_along_axis(of_group, drawn, axis=1).sum(axis=0)

    def _count(self, levels: Levels, group: ClassGroup) -> NDArray[np.int64]:
        """Pixels of each block at each level of the group's probability, (blocks, SURE + 1)."""
        _, _, width = levels.shape
        blocks = -(-width // self.block_px)
        bands = [number for number, info in enumerate(self.spec.foreground) if info.index in group.indices]
        valid = levels[0] != NO_DATA
        total = levels[bands].sum(axis=0, dtype=np.uint16)
        possible = np.flatnonzero(valid & (total > 0))
        at = np.minimum(total.ravel()[possible], SURE)  # rounding may take a sum of classes past 1
        index = (possible % width) // self.block_px * (SURE + 1) + at
        return np.bincount(index, minlength=blocks * (SURE + 1)).reshape(blocks, SURE + 1)
