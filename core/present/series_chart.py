"""The chart of a series: areas by date with errors, the trend with its band, what was left out hollow."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.present.charts import CLEAR, GRID_COLOUR
from core.present.quantities import format_with_error
from core.present.ramps import rgb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from core.measure.series import Series, SeriesPoint
    from core.measure.trends import Trend

CHART_PX = 430
MARGIN = 0.08  # of the range, left free around the marks
LEAST_SPAN_KM2 = 1e-3  # where all areas are nothing
LEAST_SHARE = 0.05  # of the area, free above and below where all areas are the same
LEAST_DAYS = 400  # on the axis, so that it names a year even for a single date
HOLLOW_COLOUR = "#8A99A8"
NEVER_DRAWN = {"undated", "future", "no-area"}  # they have no place on the chart


def drawable(points: Sequence[SeriesPoint]) -> list[SeriesPoint]:
    """The points that have a place on the chart."""
    return [point for point in points if point.left_out is None or point.left_out not in NEVER_DRAWN]


def shown_range(shown: Sequence[SeriesPoint], trend: Trend | None) -> tuple[float, float] | None:
    """The areas that a chart must hold, with a margin; None without points.

    The band is not among them: a few dates close together give slopes that would hide the points.
    """
    values = [end for point in shown for end in point.interval_km2 or ()]
    values += [point.area_km2 for point in shown if point.area_km2 is not None]
    if not values:
        return None
    if trend is not None:
        values += [trend.level_km2(trend.first_on), trend.level_km2(trend.last_on)]
    low, high = min(values), max(values)
    margin = MARGIN * (high - low) or max(LEAST_SHARE * high, LEAST_SPAN_KM2 / 2)
    return low - margin, high + margin


def shown_days(shown: Sequence[SeriesPoint]) -> tuple[date, date] | None:
    """The first and the last day of a chart's axis, with a margin; None without dates."""
    days = [point.observation.acquired_on for point in shown if point.observation.acquired_on]
    if not days:
        return None
    first, last = min(days), max(days)
    span = (last - first).days
    margin = timedelta(days=round(max(MARGIN * span, (LEAST_DAYS - span) / 2)))
    return first - margin, last + margin


def series_figure(series: Series, trend: Trend | None, colour: str) -> go.Figure:
    """Areas by date in the class's colour; transparent, so that it sits on a light and on a dark page."""
    figure = go.Figure()
    shown = drawable(series.points)
    if trend is not None:
        _add_trend(figure, trend, colour)
    _add_points(figure, [point for point in shown if point.counts], colour)
    _add_hollow(figure, [point for point in shown if not point.counts])
    for step in trend.steps if trend else ():
        figure.add_vline(x=step.on.isoformat(), line={"color": HOLLOW_COLOUR, "dash": "dot", "width": 1.5})
    figure.update_layout(
        height=CHART_PX,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        hoverlabel={"align": "left"},
        hovermode="closest",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(
        range=shown_days(shown),
        gridcolor=GRID_COLOUR,
        automargin=True,
        type="date",
        tickformatstops=_ticks(),
    )
    figure.update_yaxes(
        range=shown_range(shown, trend),
        gridcolor=GRID_COLOUR,
        automargin=True,
        title="Area (km\N{SUPERSCRIPT TWO})",
        zeroline=False,
    )
    return figure


def _ticks() -> list[dict[str, object]]:
    """Dates as people write them at each zoom: years, months, days."""
    return [
        {"dtickrange": [None, "M1"], "value": "%-d %b %Y"},
        {"dtickrange": ["M1", "M12"], "value": "%b %Y"},
        {"dtickrange": ["M12", None], "value": "%Y"},
    ]


def _add_trend(figure: go.Figure, trend: Trend, colour: str) -> None:
    days = [trend.first_on, *([trend.middle] if trend.first_on < trend.middle < trend.last_on else [])]
    days.append(trend.last_on)
    x = [day.isoformat() for day in days]
    if trend.interval is not None:
        slopes = trend.interval.low_km2, trend.interval.high_km2
        edges = [[trend.level_km2(day, slope) for slope in slopes] for day in days]
        red, green, blue = rgb(colour)
        figure.add_scatter(
            x=[*x, *reversed(x)],
            y=[*(max(edge) for edge in edges), *(min(edge) for edge in reversed(edges))],
            mode="lines",
            fill="toself",
            fillcolor=f"rgba({red},{green},{blue},0.16)",
            line={"width": 0},
            hoverinfo="skip",
            name="95 % interval of the slope",
        )
    figure.add_scatter(
        x=x,
        y=[trend.level_km2(day) for day in days],
        mode="lines",
        line={"color": colour, "width": 2},
        hoverinfo="skip",
        name="Trend (Theil\N{EN DASH}Sen)",
    )


def _add_points(figure: go.Figure, points: Sequence[SeriesPoint], colour: str) -> None:
    halves = [
        None if point.area_km2 is None or point.interval_km2 is None else point.interval_km2
        for point in points
    ]
    figure.add_scatter(
        x=_days(points),
        y=[point.area_km2 for point in points],
        mode="markers",
        marker={"color": colour, "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [h[1] - (p.area_km2 or 0) if h else 0 for p, h in zip(points, halves, strict=True)],
            "arrayminus": [(p.area_km2 or 0) - h[0] if h else 0 for p, h in zip(points, halves, strict=True)],
            "thickness": 1.4,
            "width": 4,
            "visible": any(halves),
        },
        customdata=[_hover(point) for point in points],
        hovertemplate="%{customdata}<extra></extra>",
        name="Counts",
    )


def _add_hollow(figure: go.Figure, points: Sequence[SeriesPoint]) -> None:
    if not points:
        return
    figure.add_scatter(
        x=_days(points),
        y=[point.area_km2 for point in points],
        mode="markers",
        marker={"color": CLEAR, "size": 9, "line": {"color": HOLLOW_COLOUR, "width": 2}},
        customdata=[_hover(point) for point in points],
        hovertemplate="%{customdata}<extra></extra>",
        name="Left out",
    )


def _days(points: Sequence[SeriesPoint]) -> list[str | None]:
    days: list[date | None] = [point.observation.acquired_on for point in points]
    return [day.isoformat() if day else None for day in days]


def _hover(point: SeriesPoint) -> str:
    """What is shown at the mouse; text of the user cannot become markup."""
    each = point.observation
    lines = [
        f"<b>{each.acquired_on}</b>",
        escape(each.tile_name[:60]),
        format_with_error(point.area_km2, point.half_km2),
        f"{100 * each.valid_share:.1f} % valid",
    ]
    if point.reason:
        lines.append("<i>Left out.</i> " + "<br>".join(_wrapped(escape(point.reason))))
    return "<br>".join(lines)


def _wrapped(text: str, width: int = 60) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
