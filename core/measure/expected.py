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

BLOCKS_EVERY = 2  # rows and columns of a block between those that its variance is taken from
DOUBT = 255  # stands for the class of a pixel that no class has for sure


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
    before, after = (_sure_class(level) for level in levels)
    # Most ground is sure on both dates: there the expected transition is the mapped one, without variance.
    codes = before * np.uint8(k) + after
    codes[(before == DOUBT) | (after == DOUBT)] = DOUBT
    sure = np.bincount(codes.ravel(), areas_m2.ravel(), DOUBT + 1)[: k * k].reshape(k, k)
    doubt = _Doubt.of(levels, codes == DOUBT, areas_m2)
    least, unrelated = (sure + part for part in doubt.expect())
    return Expected(
        least.ravel(),
        doubt.transition_variances().ravel(),
        unrelated.ravel(),
        np.array([unrelated.sum(axis=1)[ice].sum(), unrelated.sum(axis=0)[ice].sum()]),
        doubt.ice_variances(ice),
    )


def _sure_class(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The class whose probability is 1, `DOUBT` where none is, (h, w)."""
    found = np.full(levels.shape[1:], DOUBT, np.uint8)
    for number, level in enumerate(levels):
        found[level == SURE] = number
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Doubt:
    """The pixels of a part that are not sure on both dates.

    `levels`: of each date, uint8 (K, n). `areas_m2`: (n,). For the variances every other row and column is
    taken (`BLOCKS_EVERY`): 1024 pixels of a block tell the variance of its 4096. `thinned` are their
    places among the n, `blocks` the numbers of their blocks; `block_m2` is the ground of a thinned pixel of
    each block, times what thinning left out.
    """

    levels: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    areas_m2: Floats
    thinned: NDArray[np.intp]
    blocks: NDArray[np.intp]
    block_m2: Floats

    @classmethod
    def of(
        cls,
        levels: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        doubtful: NDArray[np.bool_],
        areas_m2: Floats,
    ) -> Self:
        """The doubtful pixels of a part whose pixels have these areas, (h, w)."""
        k, width = len(levels[0]), areas_m2.shape[1]
        places = np.flatnonzero(doubtful & (areas_m2 > 0))
        rows, cols = np.divmod(places, width)
        thinned = np.flatnonzero((rows % BLOCKS_EVERY == 0) & (cols % BLOCKS_EVERY == 0))
        across = -(-width // BLOCK_PX)
        blocks = rows[thinned] // BLOCK_PX * across + cols[thinned] // BLOCK_PX
        one, other = (np.take(level.reshape(k, -1), places, axis=1) for level in levels)
        return cls((one, other), areas_m2.ravel()[places], thinned, blocks, _block_m2(areas_m2))

    def expect(self) -> tuple[Floats, Floats]:
        """Expected areas under the least change, and under errors that are unrelated, each (K, K)."""
        one, other = self.levels
        shared, lost, won, moving = self._least()
        least = _products(lost * (self.areas_m2 / np.maximum(moving, 1)), won) / SURE
        np.fill_diagonal(least, np.einsum("kn,n->k", shared.astype(np.float64), self.areas_m2) / SURE)
        return least, _products(one * self.areas_m2, other) / SURE**2

    def _least(self) -> tuple[NDArray[np.uint8], ...]:
        """What both dates share of each class, what it lost and won, (K, n) each, and the sum of the last."""
        one, other = self.levels
        shared = np.minimum(one, other)
        won = other - shared
        return shared, one - shared, won, won.sum(axis=0, dtype=np.uint8)  # 250 at most

    def transition_variances(self) -> Floats:
        """The variance of each transition, (K, K); 0 for classes that stay, whose errors nobody asks for."""
        _, lost, won, moving = (np.take(part, self.thinned, axis=-1) for part in self._least())
        k = len(lost)
        variances = np.zeros((k, k))
        for i, j in product(range(k), repeat=2):
            at = np.flatnonzero((lost[i] > 0) & (won[j] > 0)) if i != j else np.zeros(0, np.intp)
            share = won[j][at] / moving[at].astype(np.float32)
            variances[i, j] = self._variance_m4(np.rint(lost[i][at] * share).astype(np.uint8), at)
        return variances

    def ice_variances(self, ice: NDArray[np.bool_]) -> Floats:
        """The variance of the ice of each date, (2,)."""
        everywhere = np.arange(len(self.thinned))
        levels = (
            np.take(level[ice], self.thinned, axis=1).sum(axis=0, dtype=np.uint8) for level in self.levels
        )
        return np.array([self._variance_m4(level, everywhere) for level in levels])

    def _variance_m4(self, levels: NDArray[np.uint8], at: NDArray[np.intp]) -> float:
        """The variance of an area with probabilities of `levels` / 250 at some of the thinned pixels.

        What is sure adds the same to every draw and none to the variance.
        """
        open_to = (levels > 0) & (levels < SURE)
        n = len(self.block_m2)
        keys = self.blocks[at[open_to]] * (SURE + 1) + levels[open_to]
        pixels = np.bincount(keys, minlength=n * (SURE + 1)).reshape(n, SURE + 1)
        above = pixels[:, :0:-1].cumsum(axis=1)  # pixels of at least each level: the true ones for each u
        spread = (above.astype(np.float64) ** 2).mean(axis=1) - above.mean(axis=1) ** 2
        return float(np.maximum(spread, 0.0) @ self.block_m2**2)


def _products(weighted: Floats, levels: NDArray[np.uint8]) -> Floats:
    """Sums over pixels of each row of one times each row of the other, (K, K)."""
    # Not matmul, whose own threads wait for each other while windows are counted on all cores.
    products: Floats = np.einsum("in,jn->ij", weighted, levels.astype(np.float64))
    return products


def _block_m2(areas_m2: Floats) -> Floats:
    """The ground of each block divided among its thinned pixels that count, m2."""
    edges = [np.arange(0, size, BLOCK_PX) for size in areas_m2.shape]
    ground = np.add.reduceat(np.add.reduceat(areas_m2, edges[0], axis=0), edges[1], axis=1)
    some = areas_m2[::BLOCKS_EVERY, ::BLOCKS_EVERY] > 0
    halves = [edge // BLOCKS_EVERY for edge in edges]
    pixels = np.add.reduceat(np.add.reduceat(some, halves[0], axis=0, dtype=np.int64), halves[1], axis=1)
    return (ground / np.maximum(pixels, 1)).ravel()
