"""Mann and Kendall's test: whether values rise or fall with time, whatever the shape and the noise.

Values may come in groups that are compared only within themselves (Hirsch, Slack & Smith 1982): a step
between groups then counts neither for nor against a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, erfc, factorial, prod, sqrt
from typing import TYPE_CHECKING

import numpy as np

from core.runs import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXACT_POINTS = 50  # of more, the normal approximation errs by less than 0.001 in p


@dataclass(frozen=True, slots=True)
class MannKendall:
    """The test's result.

    `score`: pairs that rise less pairs that fall. `tau`: the score as a share of all pairs, -1..1. `p_value`:
    two-sided. `exact`: from the score's own distribution instead of the normal one.
    """

    score: int
    variance: float
    tau: float
    p_value: float
    exact: bool


def mann_kendall(groups: Sequence[tuple[Floats, Floats]]) -> MannKendall:
    """Test whether values rise or fall with time; each group is (times, values), sorted in any way.

    Without ties and with at most `EXACT_POINTS` points a group, p is the share of all orders of the values
    whose score is as far from 0 (Mann 1945; Kendall 1975, chapter 5). Otherwise the score is taken as normal,
    corrected for ties (Kendall 1975, equation 4.4) and for continuity by 1.
    """
    score = sum(_score(times, values) for times, values in groups)
    pairs = sum(len(times) * (len(times) - 1) // 2 for times, _ in groups)
    variance = score_variance(groups)
    exact = is_exact(groups)
    if exact:
        shares = _shares_of_scores(tuple(sorted(len(times) for times, _ in groups)))
        p_value = float(sum(share for s, share in shares.items() if abs(s) >= abs(score)))
    elif variance > 0:
        p_value = erfc(max(abs(score) - 1, 0) / sqrt(2 * variance))
    else:
        p_value = 1.0
    return MannKendall(score, variance, score / pairs if pairs else 0.0, min(p_value, 1.0), exact)


def score_variance(groups: Sequence[tuple[Floats, Floats]]) -> float:
    """The score's variance when there is no trend (Kendall 1975, equation 4.4); groups add up."""
    return sum(_variance(times, values) for times, values in groups)


def least_significant_score(groups: Sequence[tuple[Floats, Floats]]) -> int | None:
    """The smallest score with p of at most 0.05; None where even one order of all values is not enough.

    4 points can be ordered in 24 ways, so their rarest score has p = 2/24; 5 points are enough with 2/120.
    """
    if 2 / prod(_orders(times) for times, _ in groups) > 0.05:
        return None
    if is_exact(groups):
        shares = _shares_of_scores(tuple(sorted(len(times) for times, _ in groups)))
        beyond = 0.0
        least = None
        for score in sorted((s for s in shares if s > 0), reverse=True):
            beyond += 2 * shares[score]
            if beyond > 0.05:
                break
            least = score
        return least
    least = ceil(NORMAL_95 * sqrt(score_variance(groups)) + 1)
    pairs = sum(len(times) * (len(times) - 1) // 2 for times, _ in groups)
    return least if least <= pairs else None


def is_exact(groups: Sequence[tuple[Floats, Floats]]) -> bool:
    """Whether no group has ties or too many points, so that the score's own distribution is used."""
    return all(
        len(times) <= EXACT_POINTS and len(np.unique(times)) == len(np.unique(values)) == len(times)
        for times, values in groups
    )


def _orders(times: Floats) -> int:
    """In how many ways the values can be ordered by time; points of one time have no order."""
    return factorial(len(times)) // prod(factorial(int(n)) for n in np.unique(times, return_counts=True)[1])


def _score(times: Floats, values: Floats) -> int:
    first, second = np.triu_indices(len(times), 1)
    return int((np.sign(times[second] - times[first]) * np.sign(values[second] - values[first])).sum())


def _variance(times: Floats, values: Floats) -> float:
    """One group's variance, with ties in time and in value."""
    n = len(times)
    if n < 2:
        return 0.0
    t, u = (np.unique(each, return_counts=True)[1].astype(float) for each in (times, values))

    def plain(m: Floats) -> float:
        return float((m * (m - 1) * (2 * m + 5)).sum())

    def pairs(m: Floats) -> float:
        return float((m * (m - 1)).sum())

    def triples(m: Floats) -> float:
        return float((m * (m - 1) * (m - 2)).sum())

    variance = (n * (n - 1) * (2 * n + 5) - plain(t) - plain(u)) / 18
    variance += pairs(t) * pairs(u) / (2 * n * (n - 1))
    if n > 2:
        variance += triples(t) * triples(u) / (9 * n * (n - 1) * (n - 2))
    return variance


@lru_cache(maxsize=64)
def _shares_of_scores(sizes: tuple[int, ...]) -> dict[int, float]:
    """How often each score occurs among all orders, as shares; groups of these sizes are independent.

    Counts of inversions grow by one factor 1 + x + ... + x**(k-1) for the k-th value.
    """
    shares = np.ones(1)
    pairs = 0
    for size in sizes:
        for k in range(2, size + 1):
            shares = np.convolve(shares, np.full(k, 1 / k))
        pairs += size * (size - 1) // 2
    return {pairs - 2 * inversions: float(share) for inversions, share in enumerate(shares)}
