"""The ledger as a table: a row an outline, then all together, then the ground outside."""

from __future__ import annotations

import csv
import io
from datetime import date

from core.export.ledgers import INSIDE, OUTSIDE, ledger_csv
from core.measure.ledger import Found, Ledger, LedgerLine
from core.models import MULTICLASS
from core.runs import ALL_ICE, AreaError, ErrorKind
from tests.db.runs import make_run

BUFFER = AreaError(ALL_ICE, ErrorKind.BUFFER, 3.0, 0.1, 2.8, 3.2)
GROWTH = AreaError(ALL_ICE, ErrorKind.PROBABILITY, 0.25, 0.05, 0.15, 0.35)


def found(clean: float, debris: float) -> Found:
    areas = {"background": 1.0, "clean_ice": clean, "debris": debris, "water": 0.25}
    assert areas.keys() == {info.key for info in MULTICLASS.classes}
    return Found(areas, clean + debris, clean + debris + 1.25, (BUFFER,))


def rows(name: str | None = "Drang Drung") -> list[dict[str, str]]:
    lines = (
        LedgerLine(7, "RGI-7", name, date(2002, 8, 2), 8.5, 0.5, found(2.0, 1.0), 0.25, GROWTH),
        LedgerLine(9, None, None, None, 1.0, 1.0, found(0.0, 0.0), 0.0),
    )
    ledger = Ledger(
        "f" * 64, "multiclass", lines, found(2.0, 1.0), found(0.5, 0.0), 0.25, 9.5, 0.6, 0.0, 3, GROWTH
    )
    text = ledger_csv(ledger, make_run(model="multiclass"), "2023-09-01", "Zanskar")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_ids_and_areas_are_carried_over() -> None:
    first, second, *_ = rows()
    assert (first["id"], first["name"], first["source_date"]) == ("RGI-7", "Drang Drung", "2002-08-02")
    assert (first["clean_ice_km2"], first["debris_km2"], first["ice_km2"]) == ("2.0", "1.0", "3.0")
    assert (first["coverage"], first["debris_share"]) == ("0.5", str(1 / 3))
    assert (first["ice_buffer_low_km2"], first["ice_buffer_high_km2"]) == ("2.8", "3.2")
    assert (second["number"], second["id"], second["name"], second["debris_share"]) == ("9", "", "", "")


def test_the_whole_and_the_outside_come_last() -> None:
    inside, outside = rows()[-2:]
    assert (inside["name"], inside["ice_km2"], inside["outline_km2"]) == (INSIDE, "3.0", "9.5")
    assert (outside["name"], outside["ice_km2"], outside["outline_km2"]) == (OUTSIDE, "0.5", "")


def test_growth_stands_with_its_glacier_and_other_ice_with_the_outside() -> None:
    first, second, inside, outside = rows()
    assert [row["growth_km2"] for row in (first, second, inside, outside)] == ["0.25", "0.0", "0.25", ""]
    assert [row["other_ice_km2"] for row in (first, inside, outside)] == ["", "", "0.25"]
    assert [row["growth_sigma_km2"] for row in (first, second, inside, outside)] == ["0.05", "", "0.05", ""]
    assert (first["growth_low_km2"], first["growth_high_km2"]) == ("0.15", "0.35")


def test_every_row_names_run_input_weights_and_outlines() -> None:
    run = make_run(model="multiclass")
    assert {row["input_sha256"] for row in rows()} == {run.tile.sha256}
    assert {row["min_area_km2"] for row in rows()} == {str(run.options.min_area_km2)}
    assert all(
        row["run_id"] and row["weights_sha256"] and row["outlines_sha256"] == "f" * 64 for row in rows()
    )
    assert {row["site"] for row in rows()} == {"Zanskar"}


def test_a_name_cannot_run_as_a_formula() -> None:
    assert rows("=HYPERLINK(1)")[0]["name"] == "'=HYPERLINK(1)"
