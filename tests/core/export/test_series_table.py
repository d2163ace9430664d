"""A series on disk says which points count, and why the others do not."""

from __future__ import annotations

import csv
import io
from datetime import date

from core.export.series_table import SERIES_COLUMNS, series_csv
from core.measure.guards import Guards
from core.measure.series import build_series
from core.runs import ALL_ICE, CloudCheck, ErrorKind
from tests.core.measure.observed import METHOD, TODAY, seen


def test_every_point_is_a_row_with_its_error_and_reason() -> None:
    runs = [
        seen(date(2020, 9, 1), 10.0, sigma=0.5, tile_name="=cmd()"),
        seen(date(2021, 9, 1), 9.0, valid_share=0.2, clouds=None),
        seen(None, clouds=CloudCheck(3, 4)),
    ]
    series = build_series(runs, ALL_ICE, Guards(), method=METHOD, today=TODAY, error_kind=ErrorKind.BUFFER)
    text = series_csv(series)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == SERIES_COLUMNS
    assert [row["counts"] for row in rows] == ["yes", "no", "no"]
    assert [row["left_out"] for row in rows] == ["", "coverage", "undated"]
    assert float(rows[0]["area_km2"]) == 10.0
    assert (float(rows[0]["low_km2"]), rows[1]["low_km2"]) == (10 - 1.959964 * 0.5, "")
    assert rows[0]["tile"] == "'=cmd()"
    assert [row["cloud_share"] for row in rows] == ["0.0", "", "0.75"]
    assert rows[2]["acquired_on"] == ""
