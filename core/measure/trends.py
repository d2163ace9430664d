"""The trend of a series: how fast an area changes, how sure that is, and what could have been seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from core.measure.dated import DAYS_PER_YEAR, DatedArea, grouped, pair_slopes
from core.measure.kendall import (
    MannKendall,
    least_significant_score,
    mann_kendall,
)
from core.runs import NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.measure.dated import MethodGroup
    from core.measure.series import Series

    Floats = NDArray[np.float64]

TESTED_POINTS = 4  # of fewer, p says nothing
ENOUGH_DATES = 5  # of one method, for 95 %: the widest interval covers 1 - 2/120, that of 4 only 1 - 2/24
POWER = 0.8  # how often the smallest detectable change is found
POWER_QUANTILE = 0.841621  # of the normal distribution
DRAWS = 2000
DRAWN_POINTS = 40  # of more, drawing takes long and the normal approximation agrees within some per cent
SEED = 1  # the same series always gets the same answer


@dataclass(frozen=True, slots=True)
class ModelStep:
    """What changed with the method on a date: the model's doing, and no part of the trend."""

    on: date
    km2: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval of a change per year."""

    low_km2: float
    high_km2: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The change of an area with time, from points that are compared: two or more dates of one method.

    `points`: how many are compared; `dates`: on how many different dates; `methods`: of how many methods.
    `alone`: the dates of points whose method has no other date, which add nothing. `per_year_km2`: Theil and
    Sen's slope. `interval`: its 95 % interval, None where so few points cannot reach 95 %. `test`: None for
    fewer than `TESTED_POINTS` points.
    The leading method is the one with most pairs. `first_year`, `first_year_km2`: its first year and the mean
    of its areas in it, which percentages refer to. `middle` and `middle_km2`: the date and area that the line
    passes, within its points. `scatter_km2`: standard deviation about the line, `error_km2`: root mean
    square of the points' own errors, where all have one. `detectable_km2_per_year`: the smallest change that
    would be found, None for none.
    """

    points: int
    dates: int
    methods: int
    alone: tuple[date, ...]
    first_on: date
    last_on: date
    per_year_km2: float
    interval: Interval | None
    test: MannKendall | None
    first_year: int
    first_year_km2: float
    middle: date
    middle_km2: float
    scatter_km2: float | None
    error_km2: float | None
    detectable_km2_per_year: float | None
    steps: tuple[ModelStep, ...]

    @property
    def years(self) -> float:
        """From the first to the last date."""
        return (self.last_on - self.first_on).days / DAYS_PER_YEAR

    @property
    def detected(self) -> bool:
        """Whether the change is significant at 95 % (two-sided)."""
        return self.test is not None and self.test.p_value < 0.05

    def percent(self, per_year_km2: float) -> float | None:
        """A change per year in per cent of the first year's area; None where that was nothing."""
        return 100 * per_year_km2 / self.first_year_km2 if self.first_year_km2 > 0 else None

    def level_km2(self, on: date, per_year_km2: float | None = None) -> float:
        """The line's area on a date; with another slope, that of a line through the same middle."""
        slope = self.per_year_km2 if per_year_km2 is None else per_year_km2
        return self.middle_km2 + slope * (on - self.middle).days / DAYS_PER_YEAR


def trend_of(series: Series) -> Trend | None:
    """The trend of a series' counted points; see `fit_trend`."""
    return fit_trend(
        [
            DatedArea(
                point.observation.acquired_on, point.area_km2, point.sigma_km2, point.observation.method
            )
            for point in series.counted
            if point.observation.acquired_on is not None and point.area_km2 is not None
        ]
    )


def fit_trend(areas: Sequence[DatedArea]) -> Trend | None:
    """The trend of dated areas; None where no two of one method lie on different dates.

    The slope is the median of the slopes of all pairs of one method (Theil 1950; Sen 1968), its interval the
    slopes that the test does not reject (`_interval`). Pairs of different methods are never compared: what a
    change of the method does is a `ModelStep`. Errors are taken as independent between dates.
    """
    groups = grouped(sorted(areas, key=lambda area: area.on))
    compared = [group for group in groups if group.slopes.size]
    if not compared:
        return None
    points = sorted((area for group in compared for area in group.areas), key=lambda area: area.on)
    slopes = np.sort(np.concatenate([group.slopes for group in compared]))
    slope = float(np.median(slopes))
    pairs = [group.pair for group in compared]
    tested = len(points) >= TESTED_POINTS
    scatter = _scatter(compared, slope)
    sigmas = np.concatenate([group.sigmas for group in compared])
    error = float(np.sqrt((sigmas**2).mean())) if np.isfinite(sigmas).all() else None
    leading = max(compared, key=lambda group: group.slopes.size)  # of equals the first
    year = leading.areas[0].on.year
    middle = round(float(np.median(leading.times)) * DAYS_PER_YEAR)
    return Trend(
        points=len(points),
        dates=len({area.on for area in points}),
        methods=len(compared),
        alone=tuple(area.on for group in groups if not group.slopes.size for area in group.areas),
        first_on=points[0].on,
        last_on=points[-1].on,
        per_year_km2=slope,
        interval=_interval(slopes, least_significant_score(pairs)),
        test=mann_kendall(pairs) if tested else None,
        first_year=year,
        first_year_km2=float(np.mean([area.km2 for area in leading.areas if area.on.year == year])),
        middle=date.fromordinal(middle),
        middle_km2=_level(leading, slope) + slope * middle / DAYS_PER_YEAR,
        scatter_km2=scatter,
        error_km2=error,
        detectable_km2_per_year=_smallest_detectable(compared, error, scatter) if tested else None,
        steps=tuple(
            ModelStep(after.areas[0].on, _level(after, slope) - _level(before, slope))
            for before, after in pairwise(groups)
        ),
    )


def _level(group: MethodGroup, slope: float) -> float:
    """The area in km2 of a line of this slope through the points, where time begins."""
    return float(np.median(group.values - slope * group.times))


def _interval(slopes: Floats, needed: int | None) -> Interval | None:
    """The slopes that bound the 95 % interval, from all pairs' slopes in order; None where none reaches 95 %.

    A slope is outside when the rest about it would be significant: a score of `needed` or more (Sen 1968,
    section 3; Hollander & Wolfe 1999, section 9.3). So an interval without zero is a significant change, and
    without ties the other way round too.
    """
    beyond = -1 if needed is None else (slopes.size - needed) // 2
    return None if beyond < 0 else Interval(float(slopes[beyond]), float(slopes[-1 - beyond]))


def _scatter(groups: Sequence[MethodGroup], slope: float) -> float | None:
    """Standard deviation about the line; None without a degree of freedom for it."""
    rest = [group.values - slope * group.times for group in groups]
    free = sum(each.size for each in rest) - 1 - len(groups)
    if free < 1:
        return None
    return sqrt(sum(float(((each - np.median(each)) ** 2).sum()) for each in rest) / free)


def _smallest_detectable(
    groups: Sequence[MethodGroup], error: float | None, scatter: float | None
) -> float | None:
    """The smallest change per year that the test finds at 95 % with a probability of `POWER`.

    Errors are normal, independent between dates, and as large as the scatter about the line, which is what
    the test and the interval see: the points' own errors, where all have one, share it out (the external
    error of Birge 1932). What such errors hold beyond it is common to all dates and cancels. Without a degree
    of freedom for the scatter the points' own errors stand as they are. None where even changes without end
    would not be significant, or no error is known.
    """
    needed = least_significant_score([group.pair for group in groups])
    if needed is None or (error is None and scatter is None):
        return None
    if error:
        scale = 1.0 if scatter is None else scatter / error
        sigmas = [group.sigmas * scale for group in groups]
    else:
        sigmas = [np.full(group.times.size, scatter or 0.0) for group in groups]
    if sum(group.times.size for group in groups) > DRAWN_POINTS:
        return _detectable_of_many(groups, float(np.sqrt((np.concatenate(sigmas) ** 2).mean())))
    rng = np.random.default_rng(SEED)
    return _detectable_of_few(
        groups, [rng.standard_normal((s.size, DRAWS)) * s[:, None] for s in sigmas], needed
    )


def _detectable_of_few(groups: Sequence[MethodGroup], errors: Sequence[Floats], needed: int) -> float:
    """From drawn errors (n, draws) of each group, exactly.

    A change b is found when at least k of the N pairs rise with it, k = (`needed` + N) / 2, and the pair
    (i, j) rises when b exceeds the slope of its errors, (e_i - e_j) / (t_j - t_i). So a draw's change is
    found from the k-th smallest of these slopes on, and the answer is the `POWER` quantile of the draws.
    """
    slopes = np.concatenate(
        [pair_slopes(group.times, drawn) for group, drawn in zip(groups, errors, strict=True)], axis=1
    )
    rising = min(ceil((needed + slopes.shape[1]) / 2), slopes.shape[1]) - 1
    found_from = np.partition(slopes, rising, axis=1)[:, rising]
    return max(0.0, float(np.quantile(found_from, POWER)))


def _detectable_of_many(groups: Sequence[MethodGroup], sigma: float) -> float:
    """(1.96 + 0.84) times the slope's standard error, sigma sqrt(pi / 3) / sqrt(sum of (t - mean t)**2).

    The root is what Sen's slope loses to least squares on normal errors (Sen 1968, section 6).
    """
    spread = sum(float(((group.times - group.times.mean()) ** 2).sum()) for group in groups)
    return (NORMAL_95 + POWER_QUANTILE) * sigma * sqrt(pi / 3) / sqrt(spread)
