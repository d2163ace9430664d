"""The trend of a series: how fast an area changes, how sure that is, and what could have been seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from core.measure.kendall import (
    NORMAL_95,
    MannKendall,
    least_significant_score,
    mann_kendall,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from core.measure.series import Series

    Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.2425
TESTED_POINTS = 4  # of fewer, p says nothing
ENOUGH_DATES = 5  # of one method, for 95 %: the widest interval covers 1 - 2/120, that of 4 only 1 - 2/24
POWER = 0.8  # how often the smallest detectable change is found
POWER_QUANTILE = 0.841621  # of the normal distribution
DRAWS = 2000
DRAWN_POINTS = 40  # of more, drawing takes long and the normal approximation agrees within some per cent
SEED = 1  # the same series always gets the same answer


@dataclass(frozen=True, slots=True)
class DatedArea:
    """An area on a date. `sigma_km2`: one standard error, if known. Areas of one `method` may be compared."""

    on: date
    km2: float
    sigma_km2: float | None
    method: Hashable = None


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
    """The change of an area with time.

    `per_year_km2`: Theil and Sen's slope. `interval`: its 95 % interval, None where so few points cannot
    reach 95 %. `test`: None for fewer than `TESTED_POINTS` points. `first_year_km2`: mean of the areas in the
    first year, which percentages refer to. `middle` and `middle_km2`: the date and area that the line passes,
    within the last method's points. `scatter_km2`: standard deviation about the line, `error_km2`: root mean
    square of the points' own errors, where all have one. `detectable_km2_per_year`: the smallest change that
    would be found, None for none.
    """

    points: int
    first_on: date
    last_on: date
    per_year_km2: float
    interval: Interval | None
    test: MannKendall | None
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


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """The points of one method by date: times in years, areas and errors in km2 (NaN where unknown)."""

    times: Floats
    values: Floats
    sigmas: Floats

    @property
    def pair(self) -> tuple[Floats, Floats]:
        return self.times, self.values


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
    ordered = sorted(areas, key=lambda area: area.on)
    groups = _grouped(ordered)
    slopes = np.sort(np.concatenate([_pair_slopes(g.times, g.values) for g in groups] or [np.empty(0)]))
    if not slopes.size:
        return None
    slope = float(np.median(slopes))
    pairs = [group.pair for group in groups]
    tested = len(ordered) >= TESTED_POINTS
    levels = [float(np.median(group.values - slope * group.times)) for group in groups]
    scatter = _scatter(groups, slope)
    sigmas = np.concatenate([group.sigmas for group in groups])
    error = float(np.sqrt((sigmas**2).mean())) if np.isfinite(sigmas).all() else None
    middle = round(float(np.median(groups[-1].times)) * DAYS_PER_YEAR)
    return Trend(
        points=len(ordered),
        first_on=ordered[0].on,
        last_on=ordered[-1].on,
        per_year_km2=slope,
        interval=_interval(slopes, least_significant_score(pairs)),
        test=mann_kendall(pairs) if tested else None,
        first_year_km2=float(np.mean([area.km2 for area in ordered if area.on.year == ordered[0].on.year])),
        middle=date.fromordinal(middle),
        middle_km2=levels[-1] + slope * middle / DAYS_PER_YEAR,
        scatter_km2=scatter,
        error_km2=error,
        detectable_km2_per_year=_smallest_detectable(groups, error, scatter) if tested else None,
        steps=tuple(
            ModelStep(date.fromordinal(round(float(group.times[0]) * DAYS_PER_YEAR)), after - before)
            for group, before, after in zip(groups[1:], levels, levels[1:], strict=False)
        ),
    )


def _grouped(ordered: Sequence[DatedArea]) -> list[_Group]:
    """The points of each method, methods by their first date."""
    members: dict[Hashable, list[DatedArea]] = {}
    for area in ordered:
        members.setdefault(area.method, []).append(area)
    return [
        _Group(
            np.array([area.on.toordinal() for area in group]) / DAYS_PER_YEAR,
            np.array([area.km2 for area in group], float),
            np.array([np.nan if area.sigma_km2 is None else area.sigma_km2 for area in group], float),
        )
        for group in members.values()
    ]


def _pair_slopes(times: Floats, values: Floats) -> Floats:
    """Slopes of all pairs on different dates; `values` may be (n,) or (n, draws)."""
    first, second = np.triu_indices(len(times), 1)
    apart = times[second] > times[first]
    first, second = first[apart], second[apart]
    spans = times[second] - times[first]
    return np.asarray((values[second] - values[first]).T / spans)


def _interval(slopes: Floats, needed: int | None) -> Interval | None:
    """The slopes that bound the 95 % interval, from all pairs' slopes in order; None where none reaches 95 %.

    A slope is outside when the rest about it would be significant: a score of `needed` or more (Sen 1968,
    section 3; Hollander & Wolfe 1999, section 9.3). So an interval without zero is a significant change, and
    without ties the other way round too.
    """
    beyond = -1 if needed is None else (slopes.size - needed) // 2
    return None if beyond < 0 else Interval(float(slopes[beyond]), float(slopes[-1 - beyond]))


def _scatter(groups: Sequence[_Group], slope: float) -> float | None:
    """Standard deviation about the line; None without a degree of freedom for it."""
    rest = [group.values - slope * group.times for group in groups]
    free = sum(each.size for each in rest) - 1 - len(groups)
    if free < 1:
        return None
    return sqrt(sum(float(((each - np.median(each)) ** 2).sum()) for each in rest) / free)


def _smallest_detectable(
    groups: Sequence[_Group], error: float | None, scatter: float | None
) -> float | None:
    """The smallest change per year that the test finds at 95 % with a probability of `POWER`.

    Errors are normal and independent between dates: the points' own, scaled up by scatter / error where they
    do not explain the scatter (Birge 1932); the scatter alone where a point has no error. None where even
    changes without end would not be significant, or no error is known.
    """
    needed = least_significant_score([group.pair for group in groups])
    if needed is None or (error is None and scatter is None):
        return None
    scale = max(1.0, scatter / error) if error and scatter else 1.0
    sigmas = [g.sigmas * scale if error is not None else np.full(g.times.size, scatter) for g in groups]
    if sum(group.times.size for group in groups) > DRAWN_POINTS:
        return _detectable_of_many(groups, float(np.sqrt((np.concatenate(sigmas) ** 2).mean())))
    rng = np.random.default_rng(SEED)
    return _detectable_of_few(
        groups, [rng.standard_normal((s.size, DRAWS)) * s[:, None] for s in sigmas], needed
    )


def _detectable_of_few(groups: Sequence[_Group], errors: Sequence[Floats], needed: int) -> float:
    """From drawn errors (n, draws) of each group, exactly.

    A change b is found when at least k of the N pairs rise with it, k = (`needed` + N) / 2, and the pair
    (i, j) rises when b exceeds the slope of its errors, (e_i - e_j) / (t_j - t_i). So a draw's change is
    found from the k-th smallest of these slopes on, and the answer is the `POWER` quantile of the draws.
    """
    slopes = np.concatenate(
        [_pair_slopes(group.times, drawn) for group, drawn in zip(groups, errors, strict=True)], axis=1
    )
    rising = min(ceil((needed + slopes.shape[1]) / 2), slopes.shape[1]) - 1
    found_from = np.partition(slopes, rising, axis=1)[:, rising]
    return max(0.0, float(np.quantile(found_from, POWER)))


def _detectable_of_many(groups: Sequence[_Group], sigma: float) -> float:
    """(1.96 + 0.84) times the slope's standard error, sigma sqrt(pi / 3) / sqrt(sum of (t - mean t)**2).

    The root is what Sen's slope loses to least squares on normal errors (Sen 1968, section 6).
    """
    spread = sum(float(((group.times - group.times.mean()) ** 2).sum()) for group in groups)
    return (NORMAL_95 + POWER_QUANTILE) * sigma * sqrt(pi / 3) / sqrt(spread)
