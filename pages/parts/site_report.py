"""The report of a site, put together from the history when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import FirnlineError
from core.export.report import FollowedClass, ShownRun, SiteReport, UsedOutlines, write_report
from core.export.report_findings import told_findings
from core.export.report_pictures import run_pictures
from core.measure.series import build_series
from core.measure.trends import trend_of
from core.models import model_spec
from core.present.caveats import bars_words, trend_caveat
from core.present.composites import COMPOSITES
from core.present.quantities import format_area, format_date, format_share, format_with_error
from core.runs import ALL_ICE, ErrorKind, find_error, utc_now
from pages.parts.error_tests import method_test
from pages.parts.run_files import CLASSES_MAP, stored_file
from pages.parts.series_guards import ICE_COLOUR, class_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.guards import Guards
    from core.measure.ledger import Found, LedgerLine
    from core.measure.observations import Observation
    from core.measure.series import Series
    from core.outlines.outline import OutlineSet
    from db.history import History
    from pages.parts.series_guards import Choice

MOST_GLACIERS = 200  # rows of a table that people still read


def make_report(
    store: History, site: str, observations: Sequence[Observation], choice: Choice, guards: Guards
) -> bytes:
    """The HTML of the report, the chosen class first. It says where a map is missing, and why."""
    spec = model_spec(choice.method.model)
    labels = class_labels(spec, observations)
    colours = {info.key: info.colour or ICE_COLOUR for info in spec.classes}
    classes = []
    for key in sorted(labels, key=lambda key: key != choice.class_key):
        series = build_series(
            observations,
            key,
            guards,
            method=choice.method,
            today=utc_now().date(),
            error_kind=choice.error_kind,
        )
        bars, trend = bars_words(series, method_test), trend_of(series)
        caveat = trend_caveat(series, trend, method_test)
        classes.append(FollowedClass(labels[key], colours.get(key, ICE_COLOUR), series, trend, bars, caveat))
    notes = {each.name: each.note for each in store.sites()}
    ledger, ledger_words = _ledger_rows(store, classes[0].series)
    inside = any(each.inside_outline for each in observations)
    outlines = store.outlines(site) if inside else None
    shown, missing = _shown_runs(store, classes[0].series, outlines)
    report = SiteReport(
        site=site,
        note=notes.get(site, ""),
        classes=tuple(classes),
        method=choice.method,
        error_kind=choice.error_kind,
        runs=shown,
        missing=missing,
        ledger=ledger,
        ledger_words=ledger_words,
        findings=told_findings([point.observation for point in classes[0].series.counted]),
        outlines=UsedOutlines(outlines.origin, len(outlines), outlines.sha256) if outlines else None,
    )
    return write_report(report).encode()


def _shown_runs(
    store: History, series: Series, outlines: OutlineSet | None
) -> tuple[tuple[ShownRun, ...], tuple[str, ...]]:
    """The first and the last run that count, one where they are the same; and why a map is not shown."""
    counted = series.counted
    ends = {"First date": counted[:1], "Last date": counted[1:][-1:]}
    shown, missing = [], []
    for title, points in ends.items():
        for point in points:
            try:
                shown.append(_shown_run(store, title, point.observation.run_id, outlines))
            except FirnlineError as error:  # a report without a map is better than none
                missing.append(f"{title}: {error}")
    return tuple(shown), tuple(missing)


def _shown_run(store: History, title: str, run_id: str, outlines: OutlineSet | None) -> ShownRun:
    stored = store.get_run(run_id)
    composites = (stored.path(composite.kind) for composite in COMPOSITES)
    first = next((path for path in composites if path is not None and path.is_file()), None)
    shapes = outlines.geometries if outlines else None
    pictures = run_pictures(first, stored_file(stored, CLASSES_MAP), stored.run.map_bounds, shapes)
    return ShownRun(title, stored.acquired_on, stored.run, pictures)


def _ledger_rows(store: History, series: Series) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The glaciers of the last run that counts inside outlines, the largest first, and what stands above."""
    last = next((p.observation for p in reversed(series.counted) if p.observation.inside_outline), None)
    ledger = store.ledger(last.run_id) if last else None
    if last is None or ledger is None:
        return (), ""
    spec = model_spec(ledger.model)
    lines = sorted(ledger.lines, key=lambda line: line.found.ice_km2, reverse=True)[:MOST_GLACIERS]
    head = (
        "Glacier",
        *(info.label for info in spec.foreground),
        "All ice",
        "Debris share",
        "Seen",
        "Growth outside",
    )
    rows = [
        (
            line.id or line.name or f"outline {line.number}",
            *(_area_words(line.found, info.key) for info in spec.foreground),
            _area_words(line.found, ALL_ICE),
            format_share(line.found.debris_share),
            format_share(line.coverage),
            _growth_words(line),
        )
        for line in lines
    ]
    words = (
        f"Areas of the run of {format_date(last.acquired_on)} inside each outline"
        + (
            f", the {len(lines)} with most ice of {len(ledger.lines)}"
            if len(lines) < len(ledger.lines)
            else ""
        )
        + f". Outside all outlines the run found {format_area(ledger.outside.ice_km2)} of ice, "
        f"of which {format_area(ledger.growth_km2)} hang together with the ice inside an outline and count "
        "as its growth. \N{PLUS-MINUS SIGN} is 1.96 standard deviations: of areas half a pixel along the "
        "margin, of growth what the probabilities leave open."
    )
    return (head, *rows), words


def _growth_words(line: LedgerLine) -> str:
    """Ice outside that has grown from a glacier, with its error where it has one."""
    error = line.growth_error
    return format_with_error(line.growth_km2, error.reach_km2 if error else None)


def _area_words(found: Found, group: str) -> str:
    """An area inside an outline with its error by buffer, where it has one."""
    area_km2 = found.ice_km2 if group == ALL_ICE else found.areas_km2.get(group)
    error = find_error(found.errors, group, ErrorKind.BUFFER)
    return format_with_error(area_km2, error.reach_km2 if error else None)
