from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.export.tables import AREA_COLUMNS, area_rows, csv_lines, error_lines, write_csv
from core.runs import AreaError, ErrorKind
from tests.core.export.runs import example_run


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_run_has_one_row_a_class_in_a_fixed_order_of_columns() -> None:
    text = write_csv(area_rows(example_run(), "Chhota Shigri"))
    header, *lines = text.split("\r\n")
    assert header == (
        "run_id,site,tile,acquired_on,sensor,model,weights_sha256,class,pixels,area_km2,share,valid_share,"
        "threshold,min_area_km2,pixel_m,removed_px,input_sha256,finished_at,"
        "views,buffer_sigma_km2,buffer_low_km2,buffer_high_km2,probability_km2,probability_sigma_km2,"
        "probability_low_km2,probability_high_km2,spread_sigma_km2,spread_low_km2,spread_high_km2"
    )
    assert lines[-1] == ""
    rows = parsed(text)
    assert [row["class"] for row in rows] == ["non_glacier", "glacier"]
    assert rows[1]["site"] == "Chhota Shigri"
    assert rows[1]["acquired_on"] == "2023-09-15"
    assert float(rows[1]["area_km2"]) == 0.1 + 0.2  # every digit is kept
    assert rows[1]["removed_px"] == "4"


def test_what_is_unknown_is_an_empty_cell() -> None:
    run = example_run()
    run = replace(
        run,
        tile=replace(run.tile, acquired_on=None, sensor=None),
        areas=tuple(replace(a, area_km2=None) for a in run.areas),
        threshold=None,
    )
    for row in parsed(write_csv(area_rows(run))):
        for column in ("site", "acquired_on", "sensor", "area_km2", "threshold", "pixel_m"):
            assert row[column] == ""


def test_times_are_utc() -> None:
    finished = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2)))
    (row, _) = area_rows(replace(example_run(), finished_at=finished))
    assert row["finished_at"] == "2026-01-02T01:04:05+00:00"
    assert datetime.fromisoformat(str(row["finished_at"])).tzinfo == UTC


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(start: str) -> None:
    (row, _) = parsed(write_csv(area_rows(example_run(), f"{start}SUM(A1:A9)")))
    assert row["site"] == f"'{start}SUM(A1:A9)"


def test_numbers_stay_numbers() -> None:
    row = dict.fromkeys(AREA_COLUMNS, None) | {"area_km2": -1.5}
    assert "-1.5" in write_csv([row]).split("\r\n")[1].split(",")


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_name_comes_back_as_it_was_but_for_the_apostrophe(name: str) -> None:
    (row, _) = parsed(write_csv(area_rows(example_run(), name)))
    assert row["site"] in (name, f"'{name}")


def test_many_runs_share_one_header() -> None:
    rows = [row for _ in range(3) for row in area_rows(example_run())]
    lines = list(csv_lines(rows))
    assert len(lines) == 7
    assert "".join(lines) == write_csv(rows)
    assert date.fromisoformat(parsed("".join(lines))[5]["acquired_on"]) == date(2023, 9, 15)


def test_errors_stand_beside_the_area_of_their_class() -> None:
    error = AreaError("glacier", ErrorKind.PROBABILITY, 0.5, 0.125, 0.25, 0.75)
    background, glacier = parsed(write_csv(area_rows(replace(example_run(), errors=(error,)))))
    told = [glacier[f"probability_{part}"] for part in ("km2", "sigma_km2", "low_km2", "high_km2")]
    assert told == ["0.5", "0.125", "0.25", "0.75"]
    assert glacier["buffer_sigma_km2"] == background["probability_km2"] == ""


def test_the_table_of_errors_has_a_row_an_error_and_all_ice_among_them() -> None:
    errors = tuple(AreaError(key, ErrorKind.BUFFER, 2.0, 0.5, 1.0, 3.0) for key in ("glacier", "ice"))
    rows = parsed("".join(error_lines(replace(example_run(), errors=errors))))
    assert [(row["class"], row["kind"], row["high_km2"]) for row in rows] == [
        ("glacier", "buffer", "3.0"),
        ("ice", "buffer", "3.0"),
    ]
