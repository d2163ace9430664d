"""What calibrated probabilities say about a change: expected transitions and how far they may be off.

The errors are those of `core.measure.expectations`: one even number u decides all pixels of a block, which
are of a class where its probability is at least u, and blocks err apart. Differences of two runs need no
drawing: the ground with a probability of at least u is known for every u, so that its variance is exact, and
the variances of blocks add up. It is what that bootstrap comes to with ever more replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Self

import numpy as np

from core.measure.expectations import BLOCK_PX, SURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Sums over ground; parts add up with `+`.

    Of each of the K * K transitions: `least_m2`, the expected area under the least change that the
    probabilities allow, its `variance_m4`, and `unrelated_m2`, the expected area when the errors of both
    dates have nothing to do with each other. `ice_m2` and `ice_variance_m4`: ice of each date, (2,).
    """

    least_m2: Floats
    variance_m4: Floats
    unrelated_m2: Floats
    ice_m2: Floats
    ice_variance_m4: Floats

    @classmethod
    def none(cls, k: int) -> Self:
        """The sums of no ground."""
        n = k * k
        return cls(np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(2), np.zeros(2))

    def __add__(self, other: Expected) -> Expected:
        return Expected(
            self.least_m2 + other.least_m2,
            self.variance_m4 + other.variance_m4,
            self.unrelated_m2 + other.unrelated_m2,
            self.ice_m2 + other.ice_m2,
            self.ice_variance_m4 + other.ice_variance_m4,
        )


def expected_of(
    levels: tuple[NDArray[np.uint8], NDArray[np.uint8]], areas_m2: Floats, ice: NDArray[np.bool_]
) -> Expected:
    """The expected transitions of a part.

    `levels`: of each date the probabilities of all K shared classes in 250ths, uint8 (K, h, w), summing to
    250. `areas_m2`: (h, w), 0 for ground that does not count. `ice`: which classes are ice, (K,).
    """
    k = len(ice)
    areas = areas_m2.astype(np.float32)
    flat = [level.reshape(k, -1) for level in levels]
    shared = np.minimum(*flat)
    lost, won = flat[0] - shared, flat[1] - shared
    moving = won.sum(axis=0, dtype=np.uint8)  # what the two dates do not share, 250 at most
    weights = areas.ravel() / np.maximum(moving, 1)
    least = (lost * weights) @ won.T.astype(np.float32) / SURE
    np.fill_diagonal(least, shared.astype(np.float32) @ areas.ravel() / SURE)
    unrelated = (flat[0] * areas.ravel()) @ flat[1].T.astype(np.float32) / SURE**2
    blocks = _Blocks.of(areas_m2)
    before, after = unrelated.sum(axis=1), unrelated.sum(axis=0)
    return Expected(
        least.ravel().astype(np.float64),
        _variances(levels, blocks),
        unrelated.ravel().astype(np.float64),
        np.array([before[ice].sum(), after[ice].sum()], np.float64),
        np.array([blocks.variance_m4(_ice_level(level, ice)) for level in levels]),
    )


def _ice_level(levels: NDArray[np.uint8], ice: NDArray[np.bool_]) -> NDArray[np.uint8]:
    total: NDArray[np.uint8] = _thinned(levels)[ice].sum(axis=0, dtype=np.uint8)
    return total


def _variances(levels: tuple[NDArray[np.uint8], NDArray[np.uint8]], blocks: _Blocks) -> Floats:
    """The variance of each transition, (K * K,); 0 for classes that stay, whose errors nobody asks for."""
    k = len(levels[0])
    one, other = (_thinned(level) for level in levels)
    shared = np.minimum(one, other)
    lost, won = one - shared, other - shared
    moving = np.maximum(won.sum(axis=0, dtype=np.uint8), 1)
    variances = np.zeros((k, k))
    for i, j in product(range(k), repeat=2):
        if i != j:
            at = np.nonzero((lost[i] > 0) & (won[j] > 0))
            share = won[j][at] / moving[at].astype(np.float32)
            variances[i, j] = blocks.variance_m4(np.rint(lost[i][at] * share).astype(np.uint8), at)
    return variances.ravel()


def _thinned(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every other row and column: 1024 pixels of a block tell the variance of its 4096."""
    return planes[..., ::2, ::2]


@dataclass(frozen=True, slots=True, eq=False)
class _Blocks:
    """The blocks of thinned pixels (h, w): the number of each pixel's block, and the ground of a pixel.

    `areas_m2` is that of a block's pixels on average over those that count, times what thinning left out.
    """

    numbers: NDArray[np.intp]
    counted: NDArray[np.bool_]
    areas_m2: Floats

    @classmethod
    def of(cls, areas_m2: Floats) -> Self:
        """The blocks of a part whose pixels have these areas, (h, w)."""
        rows, cols = (np.arange(0, n, 2) // BLOCK_PX for n in areas_m2.shape)
        numbers = rows[:, None] * (cols[-1] + 1) + cols[None, :]
        counted = areas_m2[::2, ::2] > 0
        n = int(numbers[-1, -1]) + 1
        all_rows, all_cols = (np.arange(size) // BLOCK_PX for size in areas_m2.shape)
        everywhere = all_rows[:, None] * (cols[-1] + 1) + all_cols[None, :]
        ground = np.bincount(everywhere.ravel(), areas_m2.ravel(), minlength=n)
        pixels = np.bincount(numbers[counted], minlength=n)
        return cls(numbers, counted, ground / np.maximum(pixels, 1))

    def variance_m4(self, levels: NDArray[np.uint8], at: tuple[NDArray[np.intp], ...] | None = None) -> float:
        """The variance of an area with probabilities of `levels` / 250, at some pixels or all."""
        numbers, counted = (
            (self.numbers, self.counted) if at is None else (self.numbers[at], self.counted[at])
        )
        n = len(self.areas_m2)
        keys = (numbers * (SURE + 1) + levels)[counted & (levels > 0)]
        pixels = np.bincount(keys, minlength=n * (SURE + 1)).reshape(n, SURE + 1)
        above = pixels[:, :0:-1].cumsum(axis=1)  # pixels of at least each level: the true ones for each u
        spread = (above.astype(np.float64) ** 2).mean(axis=1) - above.mean(axis=1) ** 2
        return float(np.maximum(spread, 0.0) @ self.areas_m2**2)
