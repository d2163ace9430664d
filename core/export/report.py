"""The report of a site: one HTML file with maps, charts, tables and methods that opens without network.

Charts are static SVG: a report is read and printed, not operated, and plotly.js alone would make it 4 MB and
need script. The page forbids script and every request by its own content security policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

import core
from core.export.methods import describe_methods
from core.export.series_plot import plot_series
from core.models import MODELS
from core.present.outline_layers import CASING_COLOUR, OUTLINE_COLOUR
from core.present.quantities import format_area, format_date, format_share, format_with_error
from core.present.trend_words import cautions, guards_words, trend_figures, verdict
from core.runs import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from core.export.report_findings import ToldFinding
    from core.export.report_pictures import RunPictures
    from core.measure.observations import Method
    from core.measure.series import Series
    from core.measure.trends import Trend
    from core.runs import ErrorKind, Run

UNIT = " km\N{SUPERSCRIPT TWO}"  # which the head of the table of areas has
TEMPLATE = "site.html.j2"


@dataclass(frozen=True, slots=True)
class FollowedClass:
    """One class of the site through time.

    `bars`: how often error bars like its own held the truth; `caveat`: what its trend's interval does not.
    """

    label: str
    colour: str
    series: Series
    trend: Trend | None
    bars: str = ""
    caveat: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ShownRun:
    """A run that the report shows with its maps."""

    title: str
    acquired_on: date | None
    run: Run
    pictures: RunPictures


@dataclass(frozen=True, slots=True)
class UsedOutlines:
    """The outlines that areas lie inside: the name of their file, how many, the hash of what they are."""

    origin: str
    count: int
    sha256: str


@dataclass(frozen=True, slots=True, eq=False)
class SiteReport:
    """What a report is made of.

    The first class leads. `missing`: why maps are not there. `ledger`: a header line and rows, or empty.
    `outlines`: None where areas are those of the tiles. `findings`: what a reader must know of the runs.
    """

    site: str
    note: str
    classes: tuple[FollowedClass, ...]
    method: Method
    error_kind: ErrorKind | None
    runs: tuple[ShownRun, ...]
    missing: tuple[str, ...] = ()
    ledger: tuple[tuple[str, ...], ...] = ()
    ledger_words: str = ""
    outlines: UsedOutlines | None = None
    findings: tuple[ToldFinding, ...] = ()


def write_report(report: SiteReport, written_at: datetime | None = None) -> str:
    """The report as HTML text, well-formed as XML too. Text of the user is escaped."""
    lead = report.classes[0]
    spec = MODELS.get(report.method.model)
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            report=report,
            lead=lead,
            verdict=_verdict(lead),
            cautions=(*cautions(lead.trend), *lead.series.notes),
            figures=trend_figures(lead.trend) if lead.trend else (),
            guards=guards_words(lead.series),
            plots=[(each, plot_series(each.series, each.trend), _verdict(each)) for each in report.classes],
            legend=[(c.label, c.colour) for c in spec.foreground] if spec else [],
            methods=describe_methods(
                lead.series, lead.trend, report.method, report.error_kind, firnline=core.__version__
            ),
            rows=point_rows(report.classes),
            drawn=any(shown.pictures.outlined for shown in report.runs),
            outline_colour=OUTLINE_COLOUR,
            casing_colour=CASING_COLOUR,
            hashes=_hash_rows(lead.series),
            versions=report.runs[-1].run.versions if report.runs else {},
            written_at=(written_at or utc_now()).strftime("%Y-%m-%d %H:%M UTC"),
            firnline=core.__version__,
        )
    )


def _verdict(followed: FollowedClass) -> str:
    return verdict(followed.trend, len(followed.series.counted), followed.series.to_measure)


def point_rows(classes: Sequence[FollowedClass]) -> list[list[str]]:
    """A line a point of the leading series: date, area of each class with its error, coverage, what it is."""
    lead = classes[0].series
    by_run = [{p.observation.run_id: p for p in each.series.points} for each in classes]
    rows = []
    for point in lead.points:
        each = point.observation
        cells = [format_date(each.acquired_on)]
        for points in by_run:
            same = points[each.run_id]
            cells.append(format_with_error(same.area_km2, same.half_km2).removesuffix(UNIT))
        cells += [format_share(each.seen_share), each.tile_name, point.reason or "counts"]
        rows.append(cells)
    return rows


def _printable(value: object) -> object:
    """Text without control characters, which no markup may hold; all else as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return "".join(c if c.isprintable() or c == "\n" else " " for c in value)
    return value


def _hash_rows(series: Series) -> list[tuple[str, str, str, str]]:
    return [
        (
            format_date(p.observation.acquired_on),
            p.observation.tile_name,
            p.observation.input_sha256,
            p.observation.method.weights_sha256,
        )
        for p in series.points
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates of this package; everything they print is cleaned and escaped."""
    environment = Environment(
        loader=PackageLoader("core.export"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["area"] = format_area
    environment.filters["day"] = format_date
    return environment
