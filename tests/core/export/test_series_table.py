"""A series on disk says which points count, and why the others do not."""

from __future__ import annotations

import csv
import io
from datetime import date

from core.checks import CloudCheck
from core.export.series_table import SERIES_COLUMNS, series_csv
from core.measure.guards import Guards
from core.measure.observations import inside_outlines
from core.measure.series import build_series
from core.runs import ALL_ICE, ErrorKind
from tests.core.measure.observed import METHOD, TODAY, seen


def test_every_point_is_a_row_with_its_error_and_reason() -> None:
    runs = [
        seen(
            date(2020, 9, 1),
            10.0,
            sigma=0.5,
            tile_name="=cmd()",
            pixel_m=30.0,
            sensor="Landsat 8",
            bands=("blue", "thermal"),
        ),
        seen(date(2021, 9, 1), 9.0, valid_share=0.2, clouds=None),
        seen(None, clouds=CloudCheck(3, 4)),
    ]
    series = build_series(runs, ALL_ICE, Guards(), method=METHOD, today=TODAY, error_kind=ErrorKind.BUFFER)
    text = series_csv(series, "=Aletsch")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == SERIES_COLUMNS
    assert [row["counts"] for row in rows] == ["yes", "no", "no"]
    assert [row["left_out"] for row in rows] == ["", "coverage", "undated"]
    assert float(rows[0]["area_km2"]) == 10.0
    assert (float(rows[0]["low_km2"]), rows[1]["low_km2"]) == (10 - 1.959964 * 0.5, "")
    assert rows[0]["tile"] == "'=cmd()"
    assert [rows[0][key] for key in ("pixel_m", "sensor", "bands")] == ["30.0", "Landsat 8", "blue thermal"]
    assert [rows[1][key] for key in ("pixel_m", "sensor", "bands")] == ["", "", ""]
    assert [row["cloud_share"] for row in rows] == ["0.0", "", "0.75"]
    assert rows[2]["acquired_on"] == ""
    assert {row["site"] for row in rows} == {"'=Aletsch"}
    assert [row["error_kind"] for row in rows] == ["buffer", "", ""]
    assert {(row["extent"], row["outlines_sha256"]) for row in rows} == {("tile", "")}


def test_a_row_says_which_outlines_its_area_lies_inside() -> None:
    inside = seen(date(2020, 9, 1), 10.0, inside_outline=True, outlines_sha256="c" * 64)
    series = build_series([inside], ALL_ICE, Guards(), method=METHOD, today=TODAY)
    (row,) = csv.DictReader(io.StringIO(series_csv(series, "Aletsch"), newline=""))
    assert (row["extent"], row["outlines_sha256"]) == ("outlines", "c" * 64)


def test_a_run_that_was_not_measured_inside_the_outlines_claims_nothing_of_them() -> None:
    waiting = inside_outlines(seen(date(2020, 9, 1), 10.0), None)
    series = build_series([waiting], ALL_ICE, Guards(), method=METHOD, today=TODAY)
    (row,) = csv.DictReader(series_csv(series, "Zanskar").splitlines())
    assert (row["extent"], row["area_km2"], row["valid_share"], row["cloud_share"]) == ("", "", "", "")
    assert row["left_out"] == "no-area"
