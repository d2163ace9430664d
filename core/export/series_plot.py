"""A series as the marks of a static picture (SVG), for a report that needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import floor, log10
from typing import TYPE_CHECKING

from core.present.series_chart import drawable, shown_days, shown_range

if TYPE_CHECKING:
    from core.measure.series import Series, SeriesPoint
    from core.measure.trends import Trend

WIDTH, HEIGHT = 760, 330  # SVG units; the picture scales with the page
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 14, 34
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point: where it is, the ends of its error bar, whether it counts, what it says."""

    x: float
    y: float
    top: float | None
    bottom: float | None
    counts: bool
    words: str


@dataclass(frozen=True, slots=True)
class SeriesPlot:
    """Everything to draw, in SVG units. `line` and `band` are lists of points; empty without a trend."""

    marks: tuple[Mark, ...]
    line: str
    band: str
    steps: tuple[float, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class _Axis:
    """A straight scale from values to SVG units."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 2)


def plot_series(series: Series, trend: Trend | None) -> SeriesPlot | None:
    """The picture of a series; None where no point has a place on it."""
    shown = drawable(series.points)
    days = shown_days(shown)
    if days is None:
        return None
    x = _Axis(days[0].toordinal(), days[1].toordinal(), LEFT, WIDTH - RIGHT)
    low, high = shown_range(shown, trend) or (0.0, 1.0)
    y = _Axis(low, high, HEIGHT - BOTTOM, TOP)
    line, band = _trend_points(trend, x, y)
    return SeriesPlot(
        marks=tuple(_mark(point, x, y) for point in sorted(shown, key=lambda p: p.counts)),
        line=line,
        band=band,
        steps=tuple(x(step.on.toordinal()) for step in trend.steps) if trend else (),
        x_ticks=_year_ticks(x),
        y_ticks=_value_ticks(y),
    )


def _day(point: SeriesPoint) -> int:
    on = point.observation.acquired_on
    return on.toordinal() if on else 0


def _edges(trend: Trend | None) -> list[tuple[float, float, float]]:
    """The line's level and the ends of its band on the first, middle and last date."""
    if trend is None:
        return []
    slopes = (
        (trend.interval.low_km2, trend.interval.high_km2)
        if trend.interval
        else (trend.per_year_km2, trend.per_year_km2)
    )
    days = (trend.first_on, trend.middle, trend.last_on)
    levels = [(trend.level_km2(day), *(trend.level_km2(day, slope) for slope in slopes)) for day in days]
    return [(level, min(ends), max(ends)) for level, *ends in levels]


def _trend_points(trend: Trend | None, x: _Axis, y: _Axis) -> tuple[str, str]:
    """The trend's line and band as SVG's lists of points."""
    if trend is None:
        return "", ""
    days = [x(day.toordinal()) for day in (trend.first_on, trend.middle, trend.last_on)]
    edges = _edges(trend)
    line = [(at, y(level)) for at, (level, _, _) in zip(days, edges, strict=True)]
    upper = [(at, y(high)) for at, (_, _, high) in zip(days, edges, strict=True)]
    lower = [(at, y(low)) for at, (_, low, _) in zip(days, edges, strict=True)]
    around = [*upper, *reversed(lower)] if trend.interval else []
    return tuple(" ".join(f"{px},{py}" for px, py in points) for points in (line, around))  # type: ignore[return-value]


def _mark(point: SeriesPoint, x: _Axis, y: _Axis) -> Mark:
    low, high = point.interval_km2 or (None, None)
    words = f"{point.observation.acquired_on}: {point.area_km2 or 0.0:.3f} km\N{SUPERSCRIPT TWO}"
    return Mark(
        x(_day(point)),
        y(point.area_km2 or 0.0),
        None if high is None else y(high),
        None if low is None else y(low),
        point.counts,
        f"{words}. {point.reason}".strip(),
    )


def _year_ticks(x: _Axis) -> tuple[Tick, ...]:
    """1 January of the years on the axis, thinned to `MOST_TICKS`."""
    years = range(date.fromordinal(int(x.low)).year + 1, date.fromordinal(int(x.high)).year + 1)
    step = -(-len(years) // MOST_TICKS) or 1
    return tuple(Tick(x(date(year, 1, 1).toordinal()), str(year)) for year in years[::step])


def _value_ticks(y: _Axis) -> tuple[Tick, ...]:
    """Round values, three to `MOST_TICKS` of them."""
    span = y.high - y.low
    power = 10.0 ** floor(log10(span / 3))
    step = next(s * power for s in (5, 2, 1) if span / (s * power) >= 3)
    decimals = max(0, -floor(log10(step)))
    first = -(-y.low // step)
    count = int((y.high - first * step) / step) + 1
    values = [(first + n) * step for n in range(count)]
    return tuple(Tick(y(value), f"{value:.{decimals}f}") for value in values if value >= -step / 2)
