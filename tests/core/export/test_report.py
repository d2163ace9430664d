"""A report opens without network, is well-formed, and never runs what a user typed."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PIL import Image

from core.errors import ExportError
from core.export.methods import describe_methods
from core.export.report import FollowedClass, ShownRun, SiteReport, UsedOutlines, write_report
from core.export.report_findings import told_findings
from core.export.report_pictures import MAX_PX, run_pictures
from core.export.series_plot import plot_series
from core.measure.guards import Guards
from core.measure.observations import Observation
from core.measure.seasons import END_OF_MELT_NORTH
from core.measure.series import Series, build_series
from core.measure.trends import trend_of
from core.present.trend_words import guards_words, verdict
from core.runs import ALL_ICE, ErrorKind, MapBounds, Options, OutlineCut
from core.types import Finding, Severity
from tests.core.measure.observed import METHOD, OTHER_WEIGHTS, TODAY, seen, yearly
from tests.db.runs import make_facts, make_run

HOSTILE = '"><script>alert(1)</script><img src=http://evil.test/x onerror=alert(2)>{{ 7*7 }}\x07'
WRITTEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AREAS = [10.0, 9.7, 9.45, 9.1, 8.85, 8.5]


@pytest.fixture
def previews(tmp_path: Path) -> tuple[Path, Path]:
    """A composite and a class map as a run keeps them."""
    rng = np.random.default_rng(0)
    composite = tmp_path / "composite.webp"
    Image.fromarray(rng.integers(0, 255, (900, 1200, 4), np.uint8)).save(composite)
    classes = Image.fromarray((rng.random((900, 1200)) > 0.5).astype(np.uint8))
    classes.putpalette(bytes([0, 0, 0, 0, 114, 178]))
    classes.save(tmp_path / "classes.png", transparency=bytes([0, 255]))
    return composite, tmp_path / "classes.png"


def series_of(runs: list[Observation], guards: Guards | None = None) -> Series:
    return build_series(
        runs, ALL_ICE, guards or Guards(), method=METHOD, today=TODAY, error_kind=ErrorKind.BUFFER
    )


def report_of(
    previews: tuple[Path, Path], seen_runs: list[Observation] | None = None, **changes: Any
) -> SiteReport:
    series = series_of(seen_runs or yearly(AREAS, sigma=0.1))
    run = make_run(tile=make_facts(name=changes.pop("tile_name", "LC08 2020")))
    values: dict[str, Any] = {
        "site": "Chhota Shigri",
        "note": "",
        "classes": (FollowedClass("All ice", "#0072B2", series, trend_of(series)),),
        "method": METHOD,
        "error_kind": ErrorKind.BUFFER,
        "runs": (ShownRun("Last", date(2020, 9, 1), run, run_pictures(*previews, run.map_bounds)),),
    }
    return SiteReport(**values | changes)


def html_of(report: SiteReport) -> str:
    return write_report(report, WRITTEN)


def tree_of(html: str) -> ET.Element:
    return ET.fromstring(html)  # noqa: S314 - our own text


def test_a_report_is_well_formed_and_asks_for_nothing_from_a_network(previews: tuple[Path, Path]) -> None:
    html = html_of(report_of(previews))
    tree = tree_of(html)
    links = [
        value for element in tree.iter() for name, value in element.attrib.items() if name in {"src", "href"}
    ]
    assert len(links) == 2
    assert all(link.startswith("data:image/webp;base64,") for link in links)
    assert not re.search(r"url\((?!#)|@import|<script|<link|<iframe", html)
    assert "default-src 'none'" in html
    assert len(html) < 1_500_000


def test_what_a_user_typed_stays_text(previews: tuple[Path, Path]) -> None:
    runs = [replace(run, tile_name=HOSTILE) for run in yearly(AREAS)]
    ledger = (("Id", "Name"), ("1", HOSTILE.replace("\x07", "")))
    html = html_of(report_of(previews, runs, site=HOSTILE, note=HOSTILE, tile_name=HOSTILE, ledger=ledger))
    tree = tree_of(html)
    assert {element.tag for element in tree.iter()}.isdisjoint({"script", "iframe", "link"})
    assert not any(name.startswith("on") for element in tree.iter() for name in element.attrib)
    assert tree.findtext(".//h1") == HOSTILE.replace("\x07", " ")
    assert "{{ 7*7 }}" in html


def test_a_report_has_the_numbers_the_reasons_and_the_hashes(previews: tuple[Path, Path]) -> None:
    hazy = seen(date(2018, 8, 1), 5.0, valid_share=0.4)
    report = report_of(previews, [*yearly(AREAS, sigma=0.1), hazy])
    words = " ".join(tree_of(html_of(report)).itertext())
    assert "The area shrinks by 0.300 km²" in words
    assert "Only 40 % of the tile carries data" in words
    assert "9.450 ± 0.196" in words
    assert hazy.input_sha256 in words
    assert METHOD.weights_sha256 in words
    assert "firnline 0.1.0" in words
    assert "2026-03-01 12:00 UTC" in words


def test_an_area_and_its_error_have_as_many_decimals(previews: tuple[Path, Path]) -> None:
    words = " ".join(tree_of(html_of(report_of(previews, yearly([40.56, 39.0], sigma=0.757)))).itertext())
    assert "40.56 ± 1.48 " in words


def test_a_report_of_one_date_says_that_there_is_no_change_to_speak_of(previews: tuple[Path, Path]) -> None:
    html = html_of(report_of(previews, yearly([10.0]), runs=()))
    assert "no change to speak of" in html
    assert "on one date" in html
    assert "<h2>Maps</h2>" not in html
    tree_of(html)


def test_the_chart_marks_every_point_within_its_frame() -> None:
    runs = [*yearly(AREAS, sigma=0.3), seen(date(2018, 2, 1), 14.0), seen(None), seen(date(2030, 1, 1))]
    series = series_of(runs, Guards(season=END_OF_MELT_NORTH))
    plot = plot_series(series, trend_of(series))
    assert plot is not None
    assert [mark.counts for mark in plot.marks].count(False) == 1
    assert len(plot.marks) == 7
    for mark in plot.marks:
        assert plot.left <= mark.x <= plot.right
        assert all(plot.top <= y <= plot.bottom for y in (mark.y, mark.top, mark.bottom) if y is not None)
    assert [tick.label for tick in plot.x_ticks] == ["2016", "2017", "2018", "2019", "2020", "2021"]
    assert 3 <= len(plot.y_ticks) <= 9


@pytest.mark.parametrize("areas", [[5.0], [0.0, 0.0], [4000.0, 4000.2], [0.001, 0.002, 0.0015]])
def test_a_chart_can_be_drawn_of_any_areas(areas: list[float]) -> None:
    series = series_of(yearly(areas))
    plot = plot_series(series, trend_of(series))
    assert plot is not None
    assert len({tick.label for tick in plot.y_ticks}) == len(plot.y_ticks)


def test_a_chart_without_a_dated_point_is_none() -> None:
    assert plot_series(series_of([seen(None)]), None) is None


def test_methods_tell_the_parameters_and_cite_what_they_name() -> None:
    method = replace(METHOD, threshold=0.42, options=Options(min_area_km2=0.05))
    series = series_of(yearly(AREAS, sigma=0.1, method=method), Guards(one_method=False))
    found = describe_methods(series, trend_of(series), method, ErrorKind.BUFFER, firnline="9.9")
    text = " ".join(found.paragraphs)
    assert "at least 0.42" in text
    assert "0.05 km2" in text
    assert "Firnline 9.9" in text
    assert "exactly" in text
    cited = [reference.split(",")[0] for reference in found.references]
    assert cited == ["Birge", "Kendall", "Mann", "Paul", "Paul", "Sen", "Snyder", "Theil"]


def test_methods_count_tiles_by_their_content_and_name_the_models_that_count() -> None:
    runs = yearly(AREAS)
    other = replace(METHOD, model="multiclass", weights_sha256="d" * 64, threshold=None)
    again = replace(runs[0], run_id="again", method=other)
    one = describe_methods(series_of([*runs, again]), None, METHOD, None, firnline="9.9").paragraphs[0]
    assert "6 multispectral tiles in 7 runs" in one
    assert "6 points that count come from model" in one
    assert "d" * 64 not in one
    later = replace(again, acquired_on=date(2022, 9, 1))
    mixed = series_of([*runs, later], Guards(one_method=False))
    two = describe_methods(mixed, trend_of(mixed), METHOD, None, firnline="9.9").paragraphs[0]
    assert "1 point that counts comes from model" in two
    assert "d" * 64 in two


def test_inside_outlines_guards_that_have_nothing_to_judge_are_not_claimed() -> None:
    inside = series_of(yearly(AREAS, inside_outline=True))
    text = " ".join(describe_methods(inside, None, METHOD, None, firnline="9.9").paragraphs)
    assert "same ground" not in text
    assert "beside no data" not in text
    assert "95 % of the ground inside the outlines with data" in text
    judged = series_of(yearly(AREAS, inside_outline=True, cut=OutlineCut(0.0, 0.0)))
    assert "beside no data" in " ".join(guards_words(judged))
    assert "the same ground on every date" in guards_words(series_of(yearly(AREAS)))
    assert "pixels of one size" not in " ".join(guards_words(series_of(yearly(AREAS))))
    known = series_of(yearly(AREAS, pixel_m=30.0))
    assert "pixels of one size (within 2 %) and the same bands" in guards_words(known)


def test_a_report_names_the_outlines_and_their_hash(previews: tuple[Path, Path]) -> None:
    used = UsedOutlines("rgi<7>.gpkg", 3, "e" * 64)
    words = " ".join(tree_of(html_of(report_of(previews, outlines=used))).itertext())
    assert "rgi<7>.gpkg (3)" in words
    assert "e" * 64 in words
    assert "e" * 64 not in html_of(report_of(previews))


def test_a_report_says_what_its_bars_and_the_trends_interval_do_not_hold(
    previews: tuple[Path, Path],
) -> None:
    report = report_of(previews)
    classes = tuple(
        replace(each, bars="It held in 15 % of cases.", caveat="Held on 1 <of> 4.") for each in report.classes
    )
    words = " ".join(tree_of(html_of(replace(report, classes=classes))).itertext())
    assert "It held in 15 % of cases." in words
    assert words.count("Held on 1 <of> 4.") == 1
    assert "95 % interval where the run has one" not in words


def test_findings_that_a_reader_must_know_stand_once_with_their_dates(previews: tuple[Path, Path]) -> None:
    simulated = Finding(Severity.NOTE, "simulated", "The tile is simulated: not to report areas.")
    minor = Finding(Severity.NOTE, "no-sensor", "Neither names nor tags tell the sensor.")
    runs = [
        replace(run, findings=(minor, simulated) if n else (simulated, warned(run)))
        for n, run in enumerate(yearly(AREAS))
    ]
    runs[2] = replace(runs[2], findings=(simulated, warned(runs[2])))
    told = told_findings(runs)
    assert [each.message for each in told] == [simulated.message, "The tile has no thermal band."]
    assert [each.dates for each in told] == ["all 6 runs that count", "2015-09-01, 2017-09-01"]
    words = " ".join(tree_of(html_of(report_of(previews, findings=told))).itertext())
    assert words.count(simulated.message) == 1


def warned(run: Observation) -> Finding:
    return Finding(Severity.WARNING, "missing-thermal", f"{run.tile_name} has no thermal band.")


def test_outlines_are_drawn_where_they_lie(previews: tuple[Path, Path]) -> None:
    bounds = MapBounds(60.0, 10.0, 60.1, 10.2)
    shapes = np.array([shapely.box(10.05, 60.025, 10.15, 60.075), shapely.box(40, 60, 41, 61)], object)
    plain = run_pictures(*previews, bounds)
    drawn = run_pictures(*previews, bounds, shapes)
    assert (plain.outlined, drawn.outlined) == (False, True)
    before, after = (pixels_of(p.classes) for p in (plain, drawn))
    moved = np.abs(after - before).max(axis=2) > 60
    rows, cols = np.nonzero(moved)
    height, width = moved.shape
    assert cols.min() / width == pytest.approx(0.25, abs=0.02)
    assert cols.max() / width == pytest.approx(0.75, abs=0.02)
    assert rows.min() / height == pytest.approx(0.25, abs=0.02)
    assert rows.max() / height == pytest.approx(0.75, abs=0.02)
    assert not run_pictures(*previews, None, shapes).outlined


def pixels_of(url: str) -> NDArray[np.int16]:
    picture = Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))
    return np.asarray(picture.convert("RGB")).astype(np.int16)


def test_methods_of_mixed_weights_say_how_the_step_was_kept_apart() -> None:
    runs = [*yearly(AREAS), *yearly([5.0, 4.9, 4.8], first=2022, method=OTHER_WEIGHTS)]
    series = series_of(runs, Guards(one_method=False))
    found = describe_methods(series, trend_of(series), METHOD, None, firnline="9.9")
    assert "the step between them is no part of the trend" in found.paragraphs[-1]
    assert any(reference.startswith("Hirsch") for reference in found.references)
    assert not any(
        reference.startswith("K\N{LATIN SMALL LETTER U WITH DIAERESIS}nsch") for reference in found.references
    )


def test_pictures_are_small_and_tell_the_grounds_width(previews: tuple[Path, Path]) -> None:
    pictures = run_pictures(*previews, MapBounds(60.0, 10.0, 60.1, 10.2))
    assert pictures.width_km == pytest.approx(11.1, abs=0.1)
    assert pictures.composite is not None
    assert MAX_PX < 1200
    without = run_pictures(None, previews[1], None)
    assert (without.composite, without.width_km) == (None, None)


def test_a_preview_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "classes.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(ExportError, match=r"classes\.png cannot be read"):
        run_pictures(None, broken, None)


def test_dates_close_together_do_not_hide_the_points_behind_their_band() -> None:
    runs = [*yearly([70.0, 61.0, 47.0, 45.0]), seen(date(2017, 9, 4), 63.0)]
    series = series_of(runs)
    trend = trend_of(series)
    assert trend is not None
    assert trend.interval is not None
    assert trend.interval.high_km2 > 1000
    plot = plot_series(series, trend)
    assert plot is not None
    assert max(mark.y for mark in plot.marks) - min(mark.y for mark in plot.marks) > 200
    assert "{" not in verdict(trend, 5)
    assert "+1\N{NARROW NO-BREAK SPACE}" in verdict(trend, 5)


def test_four_points_have_a_line_without_a_band_and_the_methods_say_why() -> None:
    series = series_of(yearly([10.0, 8.0, 6.0, 4.0]))
    plot = plot_series(series, trend_of(series))
    assert plot is not None
    assert plot.line
    assert plot.band == ""
    found = describe_methods(series, trend_of(series), METHOD, None, firnline="9.9")
    assert any("so few points have no 95 % interval" in text for text in found.paragraphs)


def test_methods_of_areas_inside_outlines_say_so() -> None:
    series = series_of(yearly(AREAS, inside_outline=True))
    found = describe_methods(series, trend_of(series), METHOD, None, firnline="9.9")
    assert "inside all outlines of the site together" in found.paragraphs[1]
