"""Slopes, intervals and tests agree with SciPy's and with known answers; a change of weights is no trend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.measure.dated import DatedArea
from core.measure.guards import Guards
from core.measure.kendall import least_significant_score, mann_kendall, score_variance
from core.measure.series import build_series
from core.measure.trends import Trend, fit_trend, trend_of
from core.present.trend_words import cautions, trend_figures, verdict
from core.runs import ALL_ICE
from tests.core.measure.observed import METHOD, OTHER_WEIGHTS, TODAY, yearly

DAYS_PER_YEAR = 365.2425
distinct = st.lists(st.integers(0, 10**6), min_size=4, max_size=30, unique=True)
tied = st.lists(st.integers(0, 5), min_size=4, max_size=30)


def dated(
    areas: Sequence[float], sigma: float | None = None, method: object = None, first: int = 2010
) -> list[DatedArea]:
    return [DatedArea(date(first + n, 9, 1), float(km2), sigma, method) for n, km2 in enumerate(areas)]


def fitted(areas: Sequence[DatedArea]) -> Trend:
    trend = fit_trend(areas)
    assert trend is not None
    return trend


@settings(deadline=None)
@given(distinct)
def test_p_without_ties_is_that_of_scipys_exact_kendall(values: list[int]) -> None:
    times, areas = np.arange(len(values), dtype=float), np.array(values, float)
    found = mann_kendall([(times, areas)])
    expected = stats.kendalltau(times, areas, method="exact")
    assert found.exact
    assert found.tau == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(min(expected.pvalue, 1.0))


@settings(deadline=None)
@given(tied)
def test_the_variance_with_ties_is_that_of_scipys_kendall(values: list[int]) -> None:
    times, areas = np.arange(len(values), dtype=float), np.array(values, float)
    found = mann_kendall([(times, areas)])
    if len(set(values)) == 1:
        assert (found.score, found.p_value) == (0, 1.0)
        return
    expected = stats.kendalltau(times, areas, method="asymptotic")
    assert 2 * stats.norm.sf(abs(found.score) / np.sqrt(found.variance)) == pytest.approx(expected.pvalue)
    if len(set(values)) < len(values):
        assert not found.exact
        assert found.p_value >= expected.pvalue - 1e-12  # corrected for continuity


def test_two_groups_add_their_scores_and_are_compared_only_within() -> None:
    falling = (np.arange(4.0), np.array([4.0, 3, 2, 1]))
    higher = (np.arange(4.0) + 4, np.array([104.0, 103, 102, 101]))
    both = mann_kendall([falling, higher])
    assert both.score == -12
    assert both.p_value == pytest.approx(2 / 24**2)
    assert score_variance([falling, higher]) == 2 * score_variance([falling])


@pytest.mark.parametrize(("count", "least"), [(4, None), (5, 10), (6, 13)])
def test_the_least_significant_score_is_that_of_kendalls_table(count: int, least: int | None) -> None:
    assert least_significant_score([(np.arange(float(count)), np.arange(float(count)))]) == least


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1, 1000), min_size=5, max_size=18))  # of more, SciPy rounds the normal's rank
def test_slope_and_interval_are_those_of_scipys_theil_sen(values: list[float]) -> None:
    areas = dated(values)
    times = np.array([area.on.toordinal() for area in areas]) / DAYS_PER_YEAR
    expected = stats.theilslopes(values, times, method="joint")
    trend = fitted(areas)
    assert trend.interval is not None
    found = (trend.per_year_km2, trend.interval.low_km2, trend.interval.high_km2)
    assert found == pytest.approx((expected.slope, expected.low_slope, expected.high_slope), abs=1e-6)
    assert trend.level_km2(trend.first_on) == pytest.approx(
        expected.intercept + expected.slope * times[0], rel=1e-6
    )


def falling(count: int, rises: int) -> list[float]:
    """Values in an order in which so many pairs rise and all others fall."""
    rest, values = list(range(count, 0, -1)), []
    while rest:
        place = min(rises, len(rest) - 1)
        rises -= place
        values.append(float(rest.pop(place)))
    return values


@pytest.mark.parametrize("count", [5, 6, 7, 19, 23, 28, 40])
def test_an_interval_leaves_out_zero_exactly_where_the_test_decides(count: int) -> None:
    needed = least_significant_score([(np.arange(float(count)), np.arange(float(count)))])
    assert needed is not None
    most = (count * (count - 1) // 2 - needed) // 2
    for rises, decided in ((most, True), (most + 1, False)):
        trend = fitted(dated(falling(count, rises)))
        assert trend.interval is not None
        assert (trend.detected, trend.interval.high_km2 < 0) == (decided, decided)


@pytest.mark.parametrize(
    ("sizes", "reached"),
    [((4,), False), ((5,), True), ((3, 3), False), ((4, 2), True), ((2, 2, 2), False)],
)
def test_an_interval_stands_only_where_the_widest_covers_95_per_cent(
    sizes: tuple[int, ...], reached: bool
) -> None:
    areas = [
        area
        for n, size in enumerate(sizes)
        for area in dated([50 - k * k for k in range(size)], method=n, first=2000 + 6 * n)
    ]
    assert (fitted(areas).interval is not None) is reached


def test_five_runs_of_two_dates_have_no_interval() -> None:
    days = [date(2020, 9, 1)] * 3 + [date(2021, 9, 1)] * 2
    areas = [DatedArea(day, km2, None) for day, km2 in zip(days, [9.0, 9.1, 9.2, 8.0, 8.1], strict=True)]
    assert fitted(areas).interval is None


def test_four_dates_that_all_fall_are_told_to_be_too_few_and_not_undetectable() -> None:
    words = verdict(fitted(dated([40, 38, 35.5, 34])), 4)
    assert words.startswith("4 dates are too few for a 95 % interval: 5 different ones")
    assert "agrees with" not in words


def test_a_steady_loss_is_found_with_its_percentage_of_the_first_year() -> None:
    trend = fitted(dated([20 - 0.5 * n for n in range(8)], sigma=0.1))
    assert trend.per_year_km2 == pytest.approx(-0.5, abs=1e-3)
    assert trend.percent(trend.per_year_km2) == pytest.approx(-2.5, abs=0.01)
    assert trend.detected
    assert "shrinks by 0.500" in verdict(trend, 8)


def test_noise_alone_is_not_called_a_trend() -> None:
    trend = fitted(dated([10.0, 10.2, 9.9, 10.1, 10.0, 10.15]))
    assert not trend.detected
    assert verdict(trend, 6).startswith("No change is detectable")


def test_fewer_than_four_dates_get_a_statement_instead_of_a_test() -> None:
    trend = fitted(dated([10, 9, 8]))
    assert (trend.test, trend.interval, trend.detected) == (None, None, False)
    assert "too few for a test" in verdict(trend, 3)
    assert {f.label: f.value for f in trend_figures(trend)}["Detectable"] == "too few dates"


def test_one_date_has_no_trend() -> None:
    assert fit_trend(dated([10])) is None
    assert fit_trend([]) is None
    assert fit_trend([*dated([10]), *dated([9])]) is None
    assert "no change to speak of. Map tiles of other dates." in verdict(None, 1)
    assert "Measure the others first." in verdict(None, 1, to_measure=6)


def test_four_dates_can_never_be_significant() -> None:
    trend = fitted(dated([40, 30, 20, 10], sigma=0.01))
    assert not trend.detected
    assert trend.detectable_km2_per_year is None
    assert (
        "No change, however large"
        in {f.label: f.explanation for f in trend_figures(trend)}["Mostly found from"]
    )


@pytest.mark.parametrize("stated", [None, 3.0])
@pytest.mark.parametrize("count", [5, 8, 25, 60])
def test_the_smallest_detectable_change_is_found_in_about_80_of_100_series(
    count: int, stated: float | None
) -> None:
    rng = np.random.default_rng(8)
    seen = fitted(dated(list(100 + rng.normal(0, 0.3, count)), sigma=stated, first=1950))
    assert seen.detectable_km2_per_year is not None
    assert seen.scatter_km2 is not None
    found = 0
    for _ in range(400):
        noise = rng.normal(0, seen.scatter_km2, count)
        areas = 100 - seen.detectable_km2_per_year * np.arange(count) + noise
        test = fitted(dated(list(areas), first=1950)).test
        assert test is not None
        found += test.p_value < 0.05 and test.score < 0
    assert 0.72 < found / 400 < 0.88


def test_wide_bars_that_the_areas_do_not_scatter_by_do_not_hide_a_change_that_is_found() -> None:
    rng = np.random.default_rng(4)
    areas = [30 - 0.7 * n + float(rng.normal(0, 0.1)) for n in range(12)]
    trend = fitted(dated(areas, sigma=6.0))
    smallest = trend.detectable_km2_per_year
    assert trend.detected
    assert smallest is not None
    assert smallest < 0.7
    explained = {f.label: f.explanation for f in trend_figures(trend)}["Mostly found from"]
    assert "cancels in a change" in explained


def test_a_change_found_below_the_size_that_is_mostly_found_is_explained() -> None:
    noise = [0.3, -0.25, 0.3, -0.3, 0.2, -0.3, 0.25, -0.2]
    trend = fitted(dated([30 - 0.13 * n + each for n, each in enumerate(noise)]))
    smallest = trend.detectable_km2_per_year
    assert smallest is not None
    assert trend.detected
    assert abs(trend.per_year_km2) < smallest
    explained = {f.label: f.explanation for f in trend_figures(trend)}["Mostly found from"]
    assert "The change found here is smaller" in explained


def test_scatter_beyond_the_stated_errors_raises_the_smallest_detectable_change() -> None:
    rough = [10.0, 11.5, 9.0, 10.8, 9.4, 11.0]
    calm = [10.0, 10.02, 9.98, 10.01, 9.99, 10.0]
    raised = fitted(dated(rough, sigma=0.05))
    stated = fitted(dated(calm, sigma=0.05))
    assert (raised.detectable_km2_per_year or 0) > 10 * (stated.detectable_km2_per_year or 1)
    assert "times their stated error" in cautions(raised)[0]
    assert cautions(stated) == ()


@pytest.mark.parametrize("mixed", [False, True], ids=["guard on", "guard off"])
def test_a_step_made_by_changing_the_weights_is_a_model_change_and_not_a_trend(mixed: bool) -> None:
    before = yearly([10.0, 10.1, 9.95, 10.05, 10.02])
    after = yearly([8.0, 8.1, 7.95, 8.05, 8.02], first=2020, method=OTHER_WEIGHTS)
    series = build_series(
        [*before, *after], ALL_ICE, Guards(one_method=not mixed), method=METHOD, today=TODAY
    )
    trend = trend_of(series)
    assert trend is not None
    assert not trend.detected
    assert abs(trend.per_year_km2) < 0.05
    naive = fitted(dated([p.area_km2 or 0 for p in series.points], first=2015))
    assert naive.detected  # what comparing across the weights would have said
    if mixed:
        assert trend.steps[0].on == date(2020, 9, 1)
        assert trend.steps[0].km2 == pytest.approx(-2.0, abs=0.3)
        assert "is a model change and not a trend" in cautions(trend)[0]
    else:
        assert trend.steps == ()
        assert "Other weights" in next(p.reason for p in series.points if not p.counts)


def test_a_loss_that_goes_on_under_new_weights_is_still_a_trend() -> None:
    before = [DatedArea(date(2010 + n, 9, 1), 10 - 0.2 * n, None, "old") for n in range(5)]
    after = [DatedArea(date(2015 + n, 9, 1), 12 - 0.2 * n, None, "new") for n in range(5)]
    trend = fitted([*before, *after])
    assert trend.detected
    assert trend.per_year_km2 == pytest.approx(-0.2, abs=1e-3)
    assert trend.steps[0].km2 == pytest.approx(3.0, abs=0.01)


def test_the_interval_holds_the_true_slope_in_about_95_of_100_series() -> None:
    rng, held = np.random.default_rng(3), 0
    start = date(2000, 8, 1)
    for _ in range(300):
        days = np.sort(rng.choice(8000, 14, replace=False))
        areas = 30 - 0.2 * days / DAYS_PER_YEAR + rng.normal(0, 0.4, 14)
        trend = fitted(
            [
                DatedArea(start + timedelta(days=int(d)), float(a), None)
                for d, a in zip(days, areas, strict=True)
            ]
        )
        assert trend.interval is not None
        held += trend.interval.low_km2 <= -0.2 <= trend.interval.high_km2
    assert 0.91 < held / 300 < 0.99


def test_a_lone_point_of_another_method_adds_neither_area_nor_span_nor_date() -> None:
    four_classes = dated([20 - 0.5 * n for n in range(6)], method="four", first=2016)
    lone = [DatedArea(date(2015, 9, 4), 31.17, None, "binary")]
    alone, both = fitted(four_classes), fitted([*lone, *four_classes])
    assert both.percent(both.per_year_km2) == alone.percent(alone.per_year_km2)
    assert (both.first_on, both.dates, both.points) == (date(2016, 9, 1), 6, 6)
    assert both.level_km2(date(2016, 9, 1)) == pytest.approx(20, abs=0.01)
    figures = {f.label: f for f in trend_figures(both)}
    assert figures["Dates that count"].value == "6"
    assert "in 2016, 20.00" in figures["Per cent per year"].explanation
    assert "between 2016-09-01" in verdict(both, 7)
    assert any("2015-09-04 is drawn" in text and "adds nothing" in text for text in cautions(both))


def test_a_lone_last_point_does_not_move_the_line() -> None:
    four_classes = dated([20 - 0.5 * n for n in range(6)], method="four", first=2016)
    trend = fitted([*four_classes, DatedArea(date(2023, 9, 4), 31.17, None, "binary")])
    assert trend.level_km2(date(2016, 9, 1)) == pytest.approx(20, abs=0.01)
    assert trend.last_on == date(2021, 9, 1)


def test_percentages_refer_to_the_method_with_most_pairs() -> None:
    older = dated([40.0, 39.5], method="binary", first=2010)
    newer = dated([20 - 0.5 * n for n in range(6)], method="four", first=2016)
    trend = fitted([*older, *newer])
    assert (trend.first_year, trend.first_year_km2, trend.dates) == (2016, 20.0, 8)
    explained = {f.label: f.explanation for f in trend_figures(trend)}["Per cent per year"]
    assert "with most points map it" in explained


def test_several_points_of_a_date_are_one_date() -> None:
    trend = fitted([*dated([10, 9, 8, 7, 6]), *dated([10.1, 9.1])])
    assert (trend.points, trend.dates) == (7, 5)
    assert "with 7 points" in {f.label: f.explanation for f in trend_figures(trend)}["Dates that count"]
