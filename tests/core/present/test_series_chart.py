"""The axes of a series: they name days and areas that differ, however few points there are."""

from datetime import date

import pytest

from core.export.series_plot import plot_series
from core.measure.guards import Guards
from core.measure.series import build_series
from core.present.series_chart import series_figure
from core.runs import ALL_ICE
from tests.core.measure.observed import METHOD, TODAY, seen, yearly

ONE = [seen(date(2023, 9, 12), 1.052)]


def test_the_axes_around_a_single_point_are_wide_enough_to_read() -> None:
    series = build_series(ONE, ALL_ICE, Guards(), method=METHOD, today=TODAY)
    figure = series_figure(series, None, "#0072B2")
    first, last = figure.layout.xaxis.range
    assert (last - first).days >= 365
    low, high = figure.layout.yaxis.range
    assert (low + high) / 2 == pytest.approx(1.052)
    assert high - low > 0.05


def test_the_picture_of_a_single_date_in_a_report_names_its_year() -> None:
    plot = plot_series(build_series(ONE, ALL_ICE, Guards(), method=METHOD, today=TODAY), None)
    assert plot is not None
    assert [tick.label for tick in plot.x_ticks] == ["2024"]
    assert len(plot.y_ticks) >= 3


def test_years_of_points_fill_the_axis() -> None:
    series = build_series(yearly([10.0, 9.0, 8.0]), ALL_ICE, Guards(), method=METHOD, today=TODAY)
    first, last = series_figure(series, None, "#0072B2").layout.xaxis.range
    assert first <= date(2015, 9, 1) <= date(2017, 9, 1) <= last
    assert (last - first).days < 1.2 * 731
