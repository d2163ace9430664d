"""Table checks: whether the tables of a run say what its record says."""

from __future__ import annotations

import csv
import io
from itertools import zip_longest
from typing import TYPE_CHECKING

from core.export.archive import Difference
from core.export.records import AREAS_FILE, ERRORS_FILE, RUN_FILE
from core.export.tables import AREA_COLUMNS, RUN_ERROR_COLUMNS, area_rows, error_lines, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from core.runs import Run

    Rows = list[dict[str, str]]

SITE = "site"  # the only cell that the record does not have
SUFFIX = ".csv"


def compare_tables(run: Run, folder: Path) -> Iterator[Difference]:
    """The tables that differ from the run's record, with the first cell that does.

    Tables of older versions may lack columns. The site is one for the whole table, and not in the record.
    """
    texts = {AREAS_FILE: write_csv(area_rows(run)), ERRORS_FILE: "".join(error_lines(run))}
    named = {artifact.name for artifact in run.artifacts}
    if AREAS_FILE not in named:
        yield Difference(RUN_FILE, f"names no {AREAS_FILE}")
    for name in sorted(name for name in named if name.casefold().endswith(SUFFIX)):
        if name not in texts:
            yield Difference(name, "is a table that no run has")
            continue
        columns = AREA_COLUMNS if name == AREAS_FILE else RUN_ERROR_COLUMNS
        what = _first_difference(folder / name, texts[name], columns)
        if what is not None:
            yield Difference(name, what)


def _first_difference(path: Path, expected: str, columns: Sequence[str]) -> str | None:
    """In what a table differs from the expected one; None where it does not."""
    try:
        header, rows = _read(path.read_text("utf-8"))
    except (UnicodeDecodeError, csv.Error):
        return "is no table that can be read"
    _, wanted = _read(expected)
    if not header or not set(header) <= set(columns) or len(set(header)) < len(header):
        return "has columns that no run has"
    if len(rows) != len(wanted) or any(set(row) != set(header) for row in rows):
        return f"has other rows or cells than the {len(wanted)} rows that the record makes"
    if len({row.get(SITE) for row in rows}) > 1:
        return "names more than one site"
    return next(_cells_apart(rows, wanted), None)


def _cells_apart(rows: Rows, wanted: Rows) -> Iterator[str]:
    """The cells that are not as expected, but for the site."""
    for row, then in zip(rows, wanted, strict=True):
        for column, cell in row.items():
            if column != SITE and cell != then[column]:
                found, expected = cell[:40] or "nothing", then[column] or "nothing"
                yield f"has {found} as {column} of {then['class']}, and the record {expected}"


def _read(text: str) -> tuple[list[str], Rows]:
    """The columns of a table and its rows; cells that are missing are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    rows: Rows = []
    for cells in reader:
        pairs = zip_longest(header, cells) if len(cells) > len(header) else zip(header, cells, strict=False)
        rows.append({column or "": cell for column, cell in pairs})
    return header, rows
