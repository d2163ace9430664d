"""A series on the page: what it says, its chart, its numbers, its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.export.report_findings import told_findings
from core.present.caveats import trend_caveat
from core.present.quantities import format_count
from core.present.series_chart import series_figure
from core.present.trend_words import cautions, trend_figures, verdict
from pages.parts.error_tests import method_test
from pages.parts.wording import plain, short_hash, short_title

if TYPE_CHECKING:
    from core.measure.series import Series, SeriesPoint
    from core.measure.trends import Trend

METRIC_PX = 152  # six stand in a row on a wide page, two on a telephone
ROW_PX = 36
MOST_ROWS = 12
MOST_OPEN = 2  # findings that leave the chart in sight


def draw_series(series: Series, trend: Trend | None, colour: str, key: str) -> None:
    """The verdict, the chart, the numbers and what to be careful about."""
    words = verdict(trend, len(series.counted), series.to_measure)
    if trend is not None and trend.detected:
        falling = trend.per_year_km2 < 0
        st.success(words, icon=f":material/trending_{'down' if falling else 'up'}:")
    else:
        st.info(words, icon=":material/info:")
    _draw_findings(series)
    st.plotly_chart(
        series_figure(series, trend, colour),
        key=f"series-{key}",
        config={"displaylogo": False, "displayModeBar": False},
        alt="Area against acquisition date, with errors, trend and the points left out",
    )
    if trend is not None:
        row = st.container(horizontal=True, gap="small", key="trend-metrics")
        for figure in trend_figures(trend):
            row.metric(
                figure.label,
                figure.value,
                help=figure.explanation,
                border=True,
                height="stretch",
                width=METRIC_PX,
            )
    caveat = trend_caveat(series, trend, method_test)
    if caveat:
        st.caption(caveat)
    for text in cautions(trend):
        st.warning(text, icon=":material/warning:")
    for text in series.notes:
        st.info(plain(text), icon=":material/info:")  # names of sensors are the files' own


def _draw_findings(series: Series) -> None:
    """What was noticed of the runs that count, as the report tells it; closed where it is long."""
    told = told_findings([point.observation for point in series.counted])
    if not told:
        return
    title = "Noticed of the runs that count"
    with st.expander(title, expanded=len(told) <= MOST_OPEN, icon=":material/flag:", key="follow-findings"):
        st.markdown("\n".join(f"- {plain(each.message)} *({plain(each.dates)})*" for each in told))


def guard_words(series: Series) -> str:
    """How many points count, and how many were left out."""
    counted, all_points = len(series.counted), len(series.points)
    left = all_points - counted
    if not left:
        if all_points == 1:
            return "the one point counts"
        return f"all {format_count(all_points)} points count"
    points = "point counts" if all_points == 1 else "points count"
    return f"{format_count(counted)} of {format_count(all_points)} {points}, {format_count(left)} left out"


def draw_points(series: Series, key: str) -> None:
    """Every point with its reason, those that count and those that do not."""
    points = series.points
    errors = any(point.sigma_km2 is not None for point in points)
    halves = [None if p.area_km2 is None else p.half_km2 for p in points]
    rows: dict[str, list[object]] = {
        "Counts": [point.counts for point in points],
        "Acquired": [point.observation.acquired_on for point in points],
        "Area (km²)": [point.area_km2 for point in points],
        "± 95 % (km²)": list(halves),
        "Why it is left out": [point.reason for point in points],
        "Valid (%)": [
            None if (share := point.observation.seen_share) is None else 100 * share for point in points
        ],
        "Cloud (%)": [_cloud_percent(point) for point in points],
        "Tile": [point.observation.tile_name for point in points],
        "Pixel (m)": [point.observation.pixel_m for point in points],
        "Sensor": [point.observation.sensor for point in points],
        "Model": [short_title(point.observation.method.model) for point in points],
        "Weights": [short_hash(point.observation.method.weights_sha256) for point in points],
    }
    if not errors:
        del rows["± 95 % (km²)"]
    st.dataframe(
        rows,
        hide_index=True,
        row_height=ROW_PX,
        height=ROW_PX * (min(len(points), MOST_ROWS) + 1) + 2,
        placeholder="",
        key=f"points-{key}",
        column_config={
            "Counts": st.column_config.CheckboxColumn(width=65),
            "Acquired": st.column_config.DateColumn(format="YYYY-MM-DD", width=95),
            "Area (km²)": st.column_config.NumberColumn(format="%.3f", width=90),
            "± 95 % (km²)": st.column_config.NumberColumn(format="%.3f", width=100),
            "Valid (%)": st.column_config.NumberColumn(format="%.1f", width=75),
            "Cloud (%)": st.column_config.NumberColumn(
                format="%.1f", width=80, help="Looks like cloud that the product does not mask."
            ),
            "Tile": st.column_config.TextColumn(width=180),
            "Pixel (m)": st.column_config.NumberColumn(format="%.1f", width=80),
            "Sensor": st.column_config.TextColumn(width=110),
            "Model": st.column_config.TextColumn(width=120),
            "Weights": st.column_config.TextColumn(width=110),
            "Why it is left out": st.column_config.TextColumn(width=460),
        },
        alt="The points of the series",
    )


def _cloud_percent(point: SeriesPoint) -> float | None:
    """The unmasked cloud of a point's tile in per cent; None where it is not known."""
    clouds = point.observation.clouds
    return None if clouds is None or clouds.share is None else 100 * clouds.share
