"""Rows of many runs for tables."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

from core.export.tables import AREA_COLUMNS, ERROR_CELLS, write_csv
from core.export.tables import area_rows as rows_of_a_run
from core.runs import Options
from db.exports import AREA_CELLS, RUN_CELLS
from db.filters import RunFilter
from db.history import History
from tests.db.runs import STARTED_AT, make_errors, make_facts, make_run, save_run


def test_the_history_gives_the_columns_that_the_table_writes() -> None:
    assert sorted([*RUN_CELLS, *AREA_CELLS, *ERROR_CELLS]) == sorted(AREA_COLUMNS)


def test_a_row_of_the_history_equals_the_row_of_the_run_itself(history: History) -> None:
    options = Options(None, 0.25, 30.0, symmetries=True)
    errors = (*make_errors("debris"), *make_errors("ice"))
    run = make_run(model="multiclass", options=options, threshold=None, errors=errors)
    save_run(history, run, site="Lahaul")
    assert list(history.area_rows()) == list(rows_of_a_run(run, "Lahaul"))


def test_a_run_of_no_pixels_has_no_valid_share(history: History) -> None:
    save_run(history, make_run(valid_px=0, total_px=0, tile=make_facts(acquired_on=None, sensor=None)))
    first = next(iter(history.area_rows()))
    assert (first["valid_share"], first["acquired_on"], first["site"]) == (0.0, None, None)


def test_an_export_shows_the_date_that_the_user_entered(history: History) -> None:
    record = save_run(history, make_run())
    history.edit_run(record.id, acquired_on=date(2001, 2, 3))
    assert {row["acquired_on"] for row in history.area_rows()} == {"2001-02-03"}


def test_rows_come_for_the_runs_that_match_newest_first(history: History) -> None:
    runs = [make_run(finished_at=STARTED_AT + timedelta(days=n)) for n in range(3)]
    save_run(history, replace(runs[0], model="multiclass"))
    for run in runs[1:]:
        save_run(history, run)
    rows = list(history.area_rows(RunFilter(model="binary")))
    assert [row["run_id"] for row in rows] == [runs[2].id] * 2 + [runs[1].id] * 2
    assert [row["class"] for row in rows] == ["non_glacier", "glacier"] * 2


def test_chosen_runs_come_in_the_order_of_the_choice(local_history: History) -> None:
    runs = [save_run(local_history, make_run()) for _ in range(4)]
    chosen = [runs[2].id, "gone", runs[0].id, runs[2].id, *(f"gone-{n}" for n in range(1500)), runs[3].id]
    rows = [row["run_id"] for row in local_history.area_rows(ids=chosen)]
    assert rows == [runs[2].id] * 2 + [runs[0].id] * 2 + [runs[3].id] * 2
    assert list(local_history.area_rows(ids=[])) == []


def test_the_table_of_the_history_can_be_read_back(history: History) -> None:
    save_run(history, make_run(tile=make_facts(name='=cmd|"x",\n y')), site="-1+1", note="n")
    table = list(csv.DictReader(io.StringIO(write_csv(history.area_rows()), newline="")))
    assert [row["class"] for row in table] == ["non_glacier", "glacier"]
    assert table[0]["tile"].lstrip("'") == '=cmd|"x",\n y'
    assert table[0]["finished_at"] == "2026-03-04T05:06:09+00:00"
