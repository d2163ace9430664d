"""A visitor keeps sites: note, outlines from a file, the ledger of each run."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import date

import pytest
import shapely
from streamlit.testing.v1 import AppTest

import core.present.outline_layers
from core.present.maps import remote_links
from core.present.site_maps import site_map
from core.runs import MapBounds
from pages.parts.cached import history
from tests.core.outlines.shapes import in_degrees, on_ground, outlines
from tests.pages.conftest import App

SaveRuns = Callable[..., list[str]]
PAGE = "pages/manage_sites.py"
RUNS = {"old": ("Zanskar", date(2019, 9, 1)), "new": ("Zanskar", date(2023, 9, 1)), "far": ("Lahaul", None)}
INSIDE, PART = in_degrees((5, 5, 35, 35)), in_degrees((30, 30, 60, 60))
ELSEWHERE = shapely.box(8, 46, 8.1, 46.1)


def geojson(*shapes: shapely.Geometry, ids: tuple[str, ...] = ()) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"rgi_id": ids[at]} if ids else {},
            "geometry": shapely.geometry.mapping(shape),
        }
        for at, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def zip_bomb() -> bytes:
    """A shapefile of blanks that grows a thousandfold."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf"):
            archive.writestr(f"a{suffix}", bytes(3_000_000))
    return content.getvalue()


def hand_in(app: App, content: bytes, name: str = "outlines.geojson") -> None:
    uploader = next(u for u in app.at.file_uploader if str(u.key).startswith("outlines-file-"))
    uploader.set_value((name, content, "application/json")).run()
    app.sound()


def open_zanskar(app: App) -> None:
    app.open(PAGE)
    app.at.query_params["site"] = "Zanskar"
    app.at.run()
    app.sound()


def test_without_a_site_the_way_to_one_is_shown(app: App) -> None:
    app.open(PAGE)
    assert "No site yet" in app.words()


def test_a_site_is_made_before_its_first_run_and_chosen_for_one(
    app: App, tile_bytes: Callable[..., bytes]
) -> None:
    script = "from pages.parts.site_dialogs import new_site_dialog; new_site_dialog()"
    at = AppTest.from_string(script, default_timeout=60).run()
    at.button(key="new_site_create").click().run()
    assert "no name yet" in at.error[0].value
    at.text_input(key="new_site_name").set_value("Zanskar")
    at.text_area(key="new_site_note").set_value("GPS in 2019")
    at.button(key="new_site_create").click().run()
    assert not at.exception
    open_zanskar(app)
    hand_in(app, geojson(INSIDE, ELSEWHERE, ids=("RGI-1", "RGI-2")))
    app.at.button(key="outlines_save_rgi7").click().run()
    app.sound()
    saved = history().outlines("Zanskar")
    assert saved is not None
    assert [outline.id for outline in saved.outlines] == ["RGI-1", "RGI-2"]  # no run says what is elsewhere
    assert "No run of this site yet" in app.words()
    app.at.button(key="site_map").click().run()
    app.at.switch_page("pages/segment_tile.py").run()  # the tester does not stay where a page leads it
    uploader = next(u for u in app.at.file_uploader if str(u.key).startswith("upload-Files"))
    uploader.set_value([("tile.tif", tile_bytes(), "image/tiff")]).run()
    app.sound()
    assert app.at.selectbox(key="run_site").value == "Zanskar"


def test_sites_are_listed_with_their_runs(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    open_zanskar(app)
    table = app.at.dataframe[0].value
    assert list(table["Site"]) == ["Lahaul", "Zanskar"]
    assert list(table["Runs"]) == [1, 2]
    assert app.at.header[0].value == "Zanskar"


def test_outlines_go_from_a_file_to_a_ledger(app: App, save_runs: SaveRuns) -> None:
    ids = save_runs(RUNS)
    open_zanskar(app)
    hand_in(app, geojson(INSIDE, PART, ELSEWHERE, ids=("RGI-1", "RGI-2", "RGI-3")))
    assert "2\\*\\* of 3" in app.words() or "**2** of 3 outlines" in app.words()
    app.at.button(key="outlines_save_rgi7").click().run()
    app.sound()
    assert not [button for button in app.at.button if button.key == "outlines_save_rgi7"]  # put away
    saved = history().outlines("Zanskar")
    assert saved is not None
    assert [outline.id for outline in saved.outlines] == ["RGI-1", "RGI-2"]
    ledger = app.at.dataframe[1].value
    assert list(ledger["Id"]) == ["RGI-1", "RGI-2"]
    assert ledger["Outline (km²)"][0] == pytest.approx(30 * 30 * 900 / 1e6, rel=2e-3)
    assert ledger["Seen (%)"][1] < 20
    assert {metric.label for metric in app.at.metric} >= {
        "Ice inside",
        "Seen",
        "Growth outside",
        "Other ice outside",
    }
    assert "Growth outside (km²)" in ledger
    made = history().ledger(ids[1])
    assert made is not None
    errors = [line.growth_error for line in made.lines]
    assert list(ledger["± 95 % of growth (km²)"]) == pytest.approx(
        [e.high_km2 - e.estimate_km2 for e in errors if e is not None]
    )
    growth = next(metric for metric in app.at.metric if metric.label == "Growth outside")
    assert "(from the probabilities)" in growth.help
    assert set(history().kept_totals("Zanskar")) == {ids[1]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (geojson(ELSEWHERE), "no common ground"),
        (geojson(shapely.Point(76, 33)), "no polygon"),
        (b"{", "damaged"),
        (b"none", "none of the known formats"),
        (zip_bomb(), "times when unpacked"),
    ],
)
def test_bad_outlines_get_one_sentence_and_no_button(
    app: App, save_runs: SaveRuns, content: bytes, words: str
) -> None:
    save_runs(RUNS)
    open_zanskar(app)
    hand_in(app, content)
    (said,) = [str(box.value).replace("\\", "") for box in (*app.at.error, *app.at.warning)]
    assert words in said
    assert said.count(". ") <= 1  # what was found, then what to do
    assert not [button for button in app.at.button if str(button.key).startswith("outlines_save")]


def test_a_self_crossing_outline_is_repaired_and_the_visitor_is_told(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    open_zanskar(app)
    west, south, east, north = INSIDE.bounds
    bow_tie = shapely.Polygon([(west, south), (east, north), (east, south), (west, north)])
    hand_in(app, geojson(bow_tie))
    assert "1 outline crossed itself and was repaired" in app.words()
    assert app.at.button(key="outlines_save_file").label.startswith("Save")


def test_many_outlines_are_counted_in_one_style(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    open_zanskar(app)
    west, south, east, north = INSIDE.bounds
    wide, high = (east - west) / 40, (north - south) / 40
    cells = [(west + wide * (n % 32), south + high * (n // 32)) for n in range(1001)]
    hand_in(app, geojson(*(shapely.box(x, y, x + 0.9 * wide, y + 0.9 * high) for x, y in cells)))
    assert "**1,001** of 1,001 outlines" in app.words()
    assert "1,001 outlines have no id in the file" in app.words()


def test_outlines_without_crs_ask_for_its_code(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    open_zanskar(app)
    hand_in(app, geojson(on_ground((5, 5, 35, 35))))
    assert "no coordinate reference system" in app.words().replace("\\", "")
    app.at.number_input(key="outlines_epsg").set_value(32643).run()
    app.sound()
    assert app.at.button(key="outlines_save_file").label.startswith("Save")


def test_a_run_shows_what_it_found_inside_the_outlines(app: App, save_runs: SaveRuns) -> None:
    ids = save_runs(RUNS)
    history().set_outlines("Zanskar", outlines(INSIDE))
    app.open("pages/show_run.py")
    app.at.query_params["id"] = ids[0]
    app.at.run()
    app.sound()
    assert "Ice inside" in {metric.label for metric in app.at.metric}


@pytest.mark.parametrize("most", [1, 2])
def test_a_map_that_draws_the_largest_outlines_alone_says_so(
    app: App, save_runs: SaveRuns, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    ids = save_runs(RUNS)
    history().set_outlines("Zanskar", outlines(INSIDE, PART))
    monkeypatch.setattr(core.present.outline_layers, "MOST_DRAWN", most)
    told = "draws the 1 largest of 2 outlines"
    open_zanskar(app)
    assert (told in app.words()) == (most == 1)
    app.open("pages/show_run.py")
    app.at.query_params["id"] = ids[0]
    app.at.run()
    app.sound()
    assert (told in app.words()) == (most == 1)


def test_a_site_is_edited_and_deleted(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    script = (
        "from db.records import Site; from pages.parts.site_dialogs import {0}; "
        "{0}(Site('Zanskar', '', 2, 0))"
    )
    at = AppTest.from_string(script.format("edit_site_dialog"), default_timeout=60).run()
    at.text_input(key="site_name").set_value("Drang Drung")
    at.text_area(key="site_note").set_value("GPS in 2019")
    at.button(key="site_save").click().run()
    assert not at.exception
    assert [(site.name, site.note) for site in history().sites()] == [
        ("Drang Drung", "GPS in 2019"),
        ("Lahaul", ""),
    ]
    script = script.replace("Zanskar", "Drang Drung")
    at = AppTest.from_string(script.format("delete_site_dialog"), default_timeout=60).run()
    at.button(key="site_delete_confirm").click().run()
    assert not at.exception
    assert [site.name for site in history().sites()] == ["Lahaul"]
    assert history().count_runs() == 3


def test_the_map_of_a_site_fetches_nothing_from_afar_and_holds_no_text_of_the_user() -> None:
    evil = outlines(INSIDE, ids=("<img src=x onerror=alert(1)>",))
    shown = site_map(None, MapBounds(33, 75, 35, 77), evil, drawing=True)
    assert remote_links(shown) == []
    assert "onerror" not in shown.get_root().render()
