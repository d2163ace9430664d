"""A visitor looks back: filter, open, edit, delete, export."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from core.models import MULTICLASS
from core.networks.cards import ClassScore, ScoreSet
from core.networks.catalogue import ARCHITECTURES
from db.filters import RunFilter
from db.history import History
from db.records import RunRecord
from pages import list_runs, show_models
from pages.parts import cached
from tests.core.inference.sources import card_of
from tests.pages.conftest import App

SaveRuns = Callable[..., list[str]]
RUNS = {
    "LC09_2021": ("Drang Drung", date(2021, 9, 15)),
    "LC09_2022": ("Drang Drung", date(2022, 9, 14)),
    "S2_2022": ("Pensilungpa", None),
}


EDIT = "from pages.parts.run_dialogs import edit_dialog; edit_dialog({!r})"
DELETE = "from pages.parts.run_dialogs import delete_dialog; delete_dialog({!r}, ['a', 'b'])"


def dialog(script: str) -> AppTest:
    """A dialog by itself: AppTest redraws the whole page on a click, which closes dialogs."""
    return AppTest.from_string(script, default_timeout=60).run()


def open_history_page(app: App) -> None:
    app.open("pages/list_runs.py")


def shown_tiles(app: App) -> list[str]:
    return list(app.at.dataframe[0].value["Tile"])


def select(app: App, *rows: int) -> None:
    """Tick rows of the table."""
    app.at.session_state[app.at.dataframe[0].key] = {
        "selection": {"rows": list(rows), "columns": [], "cells": []}
    }
    app.at.run()
    app.sound()


def test_an_empty_history_shows_the_way_to_a_first_run(app: App) -> None:
    open_history_page(app)
    assert "Nothing here yet" in app.words()


def test_runs_are_listed_newest_first(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    open_history_page(app)
    assert shown_tiles(app) == ["S2_2022", "LC09_2022", "LC09_2021"]
    assert "3 runs" in app.words()


def test_filters_narrow_the_list(app: App, save_runs: SaveRuns) -> None:
    save_runs(RUNS)
    open_history_page(app)
    app.at.selectbox(key="site").set_value("Drang Drung").run()
    assert shown_tiles(app) == ["LC09_2022", "LC09_2021"]
    app.at.date_input(key="to").set_value(date(2021, 12, 31)).run()
    assert shown_tiles(app) == ["LC09_2021"]
    app.at.button(key="clear_filters").click().run()
    app.at.text_input(key="text").set_value("s2").run()
    assert shown_tiles(app) == ["S2_2022"]
    app.at.text_input(key="text").set_value("nowhere").run()
    app.sound()
    assert "No run matches" in app.words()


def test_a_run_is_opened_as_it_was_saved(app: App, save_runs: SaveRuns) -> None:
    ids = save_runs(RUNS)
    open_history_page(app)
    assert app.at.button(key="open").disabled
    select(app, 2)
    app.at.button(key="open").click().run()
    app.sound()
    assert app.at.query_params["id"] in (ids[0], [ids[0]])
    assert app.at.header[0].value == "LC09\\_2021"
    assert app.at.metric[0].label == "Glacier area"
    assert len(app.at.download_button) == 11


def test_a_run_is_edited(app: App, save_runs: SaveRuns) -> None:
    ids = save_runs(RUNS)
    open_history_page(app)
    select(app, 0)
    app.at.button(key="edit").click().run()
    assert app.at.text_area(key=f"edit_note-{ids[2]}").value == ""

    at = dialog(EDIT.format(ids[2]))
    at.text_area(key=f"edit_note-{ids[2]}").set_value("cloud on the tongue")
    at.selectbox(key=f"edit_site-{ids[2]}").set_value("Drang Drung")
    at.date_input(key=f"edit_date-{ids[2]}").set_value(date(2022, 8, 1))
    at.button(key="edit_save").click().run()
    assert not at.exception
    stored = cached.history().get_run(ids[2])
    assert (stored.site, stored.note) == ("Drang Drung", "cloud on the tongue")
    assert stored.acquired_on == date(2022, 8, 1)


def test_runs_are_deleted_only_after_a_question(app: App, save_runs: SaveRuns) -> None:
    ids = save_runs(RUNS)
    open_history_page(app)
    select(app, 0, 1)
    app.at.button(key="delete").click().run()
    assert "2 runs" in app.words()
    assert cached.history().count_runs() == 3

    at = dialog(DELETE.format(ids[1:]))
    at.button(key="delete_confirm").click().run()
    assert not at.exception
    assert [record.tile_name for record in cached.history().list_runs()] == ["LC09_2021"]


def test_the_table_for_export_holds_the_selected_runs_or_those_that_match(
    app: App, save_runs: SaveRuns
) -> None:
    ids = save_runs(RUNS)
    open_history_page(app)
    assert app.at.download_button(key="csv").label == "CSV of all runs"
    select(app, 1)
    assert app.at.download_button(key="csv").label == "CSV of the selected runs"
    store = cached.history()
    chosen = list(csv.DictReader(io.StringIO(list_runs._table(store, RunFilter(), (ids[1],)).decode())))
    assert {row["tile"] for row in chosen} == {"LC09_2022"}
    assert {row["class"] for row in chosen} == {"non_glacier", "glacier"}
    matching = list_runs._table(store, RunFilter(site="Drang Drung"), ()).decode()
    assert {row["tile"] for row in csv.DictReader(io.StringIO(matching))} == {"LC09_2021", "LC09_2022"}


def test_many_runs_come_in_pages(app: App, save_runs: SaveRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    save_runs(RUNS)
    plainly = History.list_runs

    def counted(self: History, wanted: RunFilter, *, offset: int, limit: int) -> tuple[RunRecord, ...]:
        asked.append((offset, limit))
        return plainly(self, wanted, offset=0, limit=limit)

    monkeypatch.setattr(History, "list_runs", counted)
    monkeypatch.setattr(History, "count_runs", lambda _self, _wanted=None: 5000)
    open_history_page(app)
    app.at.get("pagination")[0].set_value(7).run()
    app.sound()
    assert asked == [(0, 25), (150, 25)]


def test_a_run_that_is_gone_is_said_to_be_so(app: App, save_runs: SaveRuns) -> None:
    save_runs({"only": (None, None)})
    app.at.query_params["id"] = "f" * 32
    app.open("pages/show_run.py")
    app.at.query_params["id"] = "f" * 32
    app.at.run()
    app.sound()
    assert "has no run" in app.words()


def test_a_lost_file_is_said_to_be_lost(app: App, save_runs: SaveRuns) -> None:
    [run_id] = save_runs({"only": (None, None)})
    (cached.history().get_run(run_id).folder / "classes-map.png").unlink()
    app.open("pages/show_run.py")
    app.at.query_params["id"] = run_id
    app.at.run()
    app.sound()
    assert "is not in the data folder" in app.words().replace("\\", "")


def test_the_models_page_tells_the_limits_of_both(app: App) -> None:
    app.open("pages/show_models.py")
    assert app.words().count("For tests") == 2
    assert "MCC" in app.words()


def test_the_models_page_leads_with_scores_on_real_ground() -> None:
    scores = tuple(
        ScoreSet(on, 9, 0.5, mcc, 0.5, (ClassScore("clean_ice", 9, iou, 0.5, 0.5, 0.5),))
        for on, mcc, iou in (
            ("reference: valid pixels", 0.51, None),
            ("reference: all pixels", 0.62, 0.9),
            ("simulated: valid pixels", 0.73, 0.9),
        )
    )
    rows = show_models.main_rows(MULTICLASS, card_of(MULTICLASS, scores=scores))
    assert rows == {"MCC": "0.51", "IoU, clean ice": "no such ground to measure on"}


def test_every_architecture_has_a_name_for_people() -> None:
    assert set(show_models.ARCHITECTURES) == set(ARCHITECTURES.values())
