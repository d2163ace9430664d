"""A visitor follows a site: the trend, what was left out and why, the series as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from core.checks import CloudCheck, CrossChecks
from core.measure.guards import Guards
from core.measure.observations import Method, inside_outlines
from core.models import model_spec
from core.networks import cards
from core.networks.error_tests import ErrorTest, TrendTest
from core.present.quantities import format_with_error
from core.runs import AreaError, ErrorKind, MapBounds
from core.types import Finding, Severity
from db.history import open_history
from pages.parts import cached
from pages.parts.series_guards import Choice
from pages.parts.site_report import make_report
from tests.core.inference.sources import card_of
from tests.core.outlines.shapes import in_degrees, outlines
from tests.db.runs import make_areas, make_facts, make_run, save_run
from tests.pages.conftest import App

PAGE = "pages/follow_site.py"
SITE = "Chhota Shigri"
SaveYears = Callable[..., None]


@pytest.fixture
def save_years() -> SaveYears:
    """Runs of 1 September from 2015 on with these areas."""

    def save(areas_km2: Sequence[float], site: str | None = SITE, first: int = 2015, **changes: Any) -> None:
        store = open_history()
        for n, km2 in enumerate(areas_km2):
            day = changes.pop("acquired_on", None) or date(first + n, 9, 1)
            facts = make_facts(name=f"tile {day}", acquired_on=day)
            values = {
                "tile": facts,
                "areas": make_areas(changes.get("model", "binary"), km2),
                "valid_px": 12000,
                "map_bounds": MapBounds(32.1, 77.4, 32.3, 77.6),
            }
            save_run(store, make_run(**values | changes), site=site)
        store.close()

    return save


def reasons(app: App) -> list[str]:
    return [text for text in app.at.dataframe[0].value["Why it is left out"] if text]


def metrics(app: App) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.at.metric}


def test_without_sites_the_page_says_how_to_begin(app: App, save_years: SaveYears) -> None:
    save_years([10.0], site=None)
    app.open(PAGE)
    assert "No site to follow yet" in app.words()


def test_one_date_is_no_change_and_asks_for_another(app: App, save_years: SaveYears) -> None:
    save_years([10.0])
    app.open(PAGE)
    assert "no change to speak of" in app.words()
    assert "Glacier: the one point counts" in app.words()
    assert metrics(app) == {}


def test_a_site_without_dates_asks_for_them(app: App, save_runs: Callable[..., list[str]]) -> None:
    save_runs({"undated": (SITE, None)})
    app.open(PAGE)
    assert "has an acquisition date" in app.words()


def test_a_loss_over_six_years_is_shown_with_its_numbers(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.7, 9.45, 9.1, 8.85, 8.5])
    app.open(PAGE)
    assert "all 6 points count" in app.words()
    assert "shrinks by 0.300" in app.words()
    assert metrics(app)["Detectable"] == "yes"
    assert "knows nothing of a bias that changes with the glacier" in app.words()
    assert metrics(app)["Per cent per year"].startswith("\N{MINUS SIGN}3.0")
    assert len(app.at.get("plotly_chart")) == 1


def test_points_that_guards_leave_out_are_listed_with_their_reason(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.7, 9.45, 9.1])
    save_years([12.0], acquired_on=date(2018, 2, 1))
    save_years([5.0], first=2021, weights_sha256="b" * 64)
    app.open(PAGE)
    assert "4 of 6 points count, 2 left out" in app.words()
    assert any("outside the season" in text for text in reasons(app))
    assert any("a step here would be the model's and not the glacier's" in text for text in reasons(app))
    app.at.toggle(key=f"guard_season-{SITE}").set_value(False).run()
    app.sound()
    assert "5 of 6 points count" in app.words()


def test_a_run_of_finer_pixels_is_left_out_until_the_visitor_allows_it(
    app: App, save_years: SaveYears
) -> None:
    save_years([10.0, 9.7, 9.45], valid_area_km2=10.8)
    save_years([11.5], first=2018, valid_area_km2=2.7)
    app.open(PAGE)
    assert "3 of 4 points count, 1 left out" in app.words()
    assert "pixels of one size" in app.words()
    assert any("Its pixels are 15 m, those of most points 30 m" in text for text in reasons(app))
    app.at.toggle(key=f"guard_input-{SITE}").set_value(False).run()
    app.sound()
    assert "all 4 points count" in app.words()


def test_the_name_of_another_sensor_is_noted_as_it_stands(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.7])
    save_years(
        [9.4], tile=make_facts(sensor="*Eye* 1", acquired_on=date(2017, 9, 1)), acquired_on=date(2017, 9, 1)
    )
    app.open(PAGE)
    assert any("2 sensors" in info.value and "\\*Eye\\* 1" in info.value for info in app.at.info)


def test_a_cloudy_tile_is_left_out_until_the_visitor_allows_it(app: App, save_years: SaveYears) -> None:
    clear = CrossChecks(clouds=CloudCheck(0, 12000))
    save_years([10.0, 9.7, 9.45], checks=clear)
    save_years([5.0], first=2018, checks=CrossChecks(clouds=CloudCheck(1200, 12000)))
    app.open(PAGE)
    assert "3 of 4 points count, 1 left out" in app.words()
    assert any(text.startswith("10.0 % of the tile look like cloud") for text in reasons(app))
    assert "at most 5 % of the ground looking like unmasked cloud" in app.words()
    app.at.slider(key=f"guard_cloud-{SITE}").set_value(20).run()
    app.sound()
    assert "all 4 points count" in app.words()


def test_runs_from_before_clouds_were_looked_for_are_noted(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.7])
    app.open(PAGE)
    assert "Unmasked cloud is not known for 2 of the 2 points that count" in app.words()


def test_with_the_guard_off_a_change_of_weights_is_called_one(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 10.1, 9.9, 10.0])
    save_years([8.0, 8.1, 7.9, 8.0], first=2020, weights_sha256="b" * 64)
    app.open(PAGE)
    app.at.toggle(key=f"guard_method-{SITE}").set_value(False).run()
    app.sound()
    assert "is a model change and not a trend" in app.words()
    assert metrics(app)["Detectable"] == "no"


def test_with_the_guard_off_a_change_of_model_is_a_step_of_all_ice(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 10.1, 9.9, 10.0, 10.05])
    save_years([4.0, 4.05, 3.95, 4.0], first=2020, model="multiclass")
    app.open(PAGE)
    assert app.at.selectbox(key=f"follow_class-{SITE}-binary").options == ["All ice"]
    assert "5 of 9 points count, 4 left out" in app.words()
    assert {text.split(":")[0] for text in reasons(app)} == {"Other model"}
    app.at.toggle(key=f"guard_method-{SITE}").set_value(False).run()
    app.sound()
    assert "All ice: all 9 points count" in app.words()
    assert "is a model change and not a trend" in app.words()
    assert metrics(app)["Detectable"] == "no"


def test_another_class_of_the_site_can_be_followed(app: App, save_years: SaveYears) -> None:
    save_years([5.0, 4.0], model="multiclass")
    app.open(PAGE)
    assert list(app.at.dataframe[0].value["Area (km²)"]) == [10.0, 8.0]
    app.at.selectbox(key=f"follow_class-{SITE}-multiclass").set_value("water").run()
    app.sound()
    assert list(app.at.dataframe[0].value["Area (km²)"]) == [5.0, 4.0]


def test_the_site_is_in_the_address(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.0], site="Aletsch")
    save_years([5.0, 4.0])
    app.at.query_params["site"] = SITE
    app.open(PAGE)
    assert app.at.selectbox(key="site").value == SITE
    assert list(app.at.dataframe[0].value["Area (km²)"]) == [5.0, 4.0]


@pytest.mark.parametrize(
    ("named", "told"),
    [("nosuch", "The site 'nosuch' is not known"), ("Aletsch", "The site 'Aletsch' has no run yet")],
)
def test_a_site_that_cannot_be_followed_is_said_to_be_so_and_another_can_be_chosen(
    app: App, save_years: SaveYears, named: str, told: str
) -> None:
    save_years([5.0, 4.0])
    store = open_history()
    store.create_site("Aletsch")
    store.close()
    app.at.query_params["site"] = named
    app.open(PAGE)
    assert told in app.words()
    assert len(app.at.dataframe) == 0
    app.at.selectbox(key="site").set_value(SITE).run()
    app.sound()
    assert list(app.at.dataframe[0].value["Area (km²)"]) == [5.0, 4.0]
    assert told not in app.words()


def test_a_site_is_found_in_the_address_whatever_its_case(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.0], site="Aletsch")
    save_years([5.0, 4.0])
    app.at.query_params["site"] = SITE.upper()
    app.open(PAGE)
    assert app.at.selectbox(key="site").value == SITE


def choice_of(run_id: str) -> Choice:
    run = cached.history().get_run(run_id).run
    method = Method(run.model, run.weights_sha256, run.threshold, run.options, run.key.card)
    return Choice(method, "glacier", "Glacier", "#0072B2", ErrorKind.BUFFER)


def test_the_report_is_made_from_the_stored_runs(app: App, save_runs: Callable[..., list[str]]) -> None:
    ids = save_runs({"a <b>": (SITE, date(2020, 9, 1)), "c": (SITE, date(2021, 9, 1))})
    app.open(PAGE)
    assert app.at.download_button(key="report_html").label == "Report (HTML)"
    store = cached.history()
    html = make_report(store, SITE, store.observations(SITE), choice_of(ids[0]), Guards()).decode()
    assert html.count("data:image/webp") == 4
    assert "a &lt;b&gt;" in html
    ET.fromstring(html)  # noqa: S314 - our own text


def test_page_and_report_say_how_often_the_bars_held_and_that_tiles_are_simulated(
    app: App, save_years: SaveYears, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = (AreaError("glacier", ErrorKind.BUFFER, 10.0, 0.1, 9.8, 10.2),)
    found = (Finding(Severity.NOTE, "simulated", "The tile is simulated: not to report areas."),)
    tested = ErrorTest(9, 20, {}, {"buffer": {"glacier": 0.15}}, "python -m benchmarks coverage")
    card = replace(card_of(model_spec("binary"), limits=""), sha256="a" * 64, error_test=tested)
    monkeypatch.setattr(cards, "read_card", lambda path: card)
    save_years([10.0, 9.0], errors=errors, findings=found, weights_sha256="a" * 64)
    app.open(PAGE)
    held = "On 20 simulated tiles an interval of this kind held the true area in 15 % of cases"
    assert held in app.words()
    store = cached.history()
    observations = store.observations(SITE)
    assert found[0].message in app.words().replace("\\", "")
    html = make_report(store, SITE, observations, choice_of(observations[0].run_id), Guards()).decode()
    assert held in html
    assert html.count(found[0].message) == 1
    assert "all 2 runs that count" in html
    app.at.selectbox(key=f"follow_error-{SITE}").set_value("None").run()
    assert held not in app.words()


def test_page_and_report_say_how_often_the_trends_interval_held(
    app: App, save_years: SaveYears, monkeypatch: pytest.MonkeyPatch
) -> None:
    tested = ErrorTest(0, 0, {}, {}, "", trend=TrendTest(4, 1, "python -m benchmarks retreat"))
    card = replace(card_of(model_spec("binary"), limits=""), sha256="a" * 64, error_test=tested)
    monkeypatch.setattr(cards, "read_card", lambda path: card)
    save_years([10.0, 9.7, 9.45, 9.1, 8.85, 8.5], weights_sha256="a" * 64)
    app.open(PAGE)
    held = "On 4 simulated places of known loss the interval held the true slope on 1"
    assert held in app.words()
    store = cached.history()
    observations = store.observations(SITE)
    html = make_report(store, SITE, observations, choice_of(observations[0].run_id), Guards()).decode()
    assert held in html


def test_the_page_lists_what_was_noticed_of_the_runs_that_count_alone(
    app: App, save_years: SaveYears
) -> None:
    hazy = (Finding(Severity.WARNING, "saturated", "Blue is saturated"),)
    save_years([10.0, 9.0], findings=hazy)
    save_years([8.0], findings=(Finding(Severity.WARNING, "x", "Left out"),), first=2990)
    save_years([8.5], first=2018, findings=())
    app.open(PAGE)
    words = app.words().replace("\\", "")
    assert "Blue is saturated *(2015-09-01, 2016-09-01)*" in words
    assert "Left out *" not in words


def test_a_report_without_its_pictures_says_so(app: App, save_years: SaveYears) -> None:
    save_years([10.0, 9.0])
    app.open(PAGE)
    store = cached.history()
    observations = store.observations(SITE)
    html = make_report(store, SITE, observations, choice_of(observations[0].run_id), Guards()).decode()
    assert "First date: classes-map of this run is not in the data folder" in html
    assert "<img" not in html


def test_a_site_with_outlines_is_followed_inside_them(app: App, save_runs: Callable[..., list[str]]) -> None:
    ids = save_runs({"a": (SITE, date(2020, 9, 1)), "b": (SITE, date(2021, 9, 1))})
    app.open(PAGE)
    whole = list(app.at.dataframe[0].value["Area (km²)"])
    cached.history().set_outlines(SITE, outlines(in_degrees((0, 0, 20, 20)), ids=("RGI-<1>",)))
    app.at.run()
    app.sound()
    assert "**2 runs** of this site were not measured inside the outlines yet" in app.words()
    assert "loosen a guard" not in app.words()
    app.at.button(key=f"measure_inside-{SITE}").click().run()
    app.sound()
    inside = list(app.at.dataframe[0].value["Area (km²)"])
    totals = cached.history().kept_totals(SITE)
    assert inside == pytest.approx([totals[run_id].inside.ice_km2 for run_id in ids])
    assert sum(inside) < sum(whole)
    assert "all 2 points count" in app.words()
    app.at.toggle(key=f"follow_inside-{SITE}").set_value(False).run()
    assert list(app.at.dataframe[0].value["Area (km²)"]) == whole

    store = cached.history()
    totals = store.kept_totals(SITE)
    runs = [inside_outlines(each, totals[each.run_id]) for each in store.observations(SITE)]
    html = make_report(store, SITE, runs, choice_of(ids[0]), Guards()).decode()
    assert "RGI-&lt;1&gt;" in html
    outlines_kept = store.outlines(SITE)
    assert outlines_kept is not None
    assert outlines_kept.sha256 in html
    assert "Line: the site's outlines" in html or "Line: the site&#39;s outlines" in html
    assert "the same ground on every date" not in html
    assert "Outside all outlines the run found" in html
    last = store.ledger(ids[1])
    assert last is not None
    error = last.lines[0].growth_error
    assert error is not None
    growth = last.lines[0].growth_km2
    assert format_with_error(growth, error.high_km2 - growth) in html


def test_a_run_that_was_not_measured_inside_the_outlines_does_not_count(
    app: App, save_runs: Callable[..., list[str]]
) -> None:
    save_runs({"a": (SITE, date(2020, 9, 1))})
    cached.history().set_outlines(SITE, outlines(in_degrees((0, 0, 20, 20))))
    app.open(PAGE)
    assert reasons(app) == ["Not measured inside the site's outlines yet. Press 'Measure now' to do it."]
    assert "No point counts" in app.words()


def test_a_tile_without_a_place_is_not_offered_for_measuring(app: App, save_years: SaveYears) -> None:
    nowhere = make_facts(name="nowhere", acquired_on=date(2015, 9, 1))
    save_years([10.0], tile=replace(nowhere, grid=replace(nowhere.grid, crs_wkt=None)))
    cached.history().set_outlines(SITE, outlines(in_degrees((0, 0, 20, 20))))
    app.open(PAGE)
    assert not [button for button in app.at.button if button.key == f"measure_inside-{SITE}"]
    assert "cannot be placed on its tile" in reasons(app)[0]
    assert app.at.dataframe[0].value["Valid (%)"].isna().all()
