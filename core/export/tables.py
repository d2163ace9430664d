"""Tables on disk: the areas of runs, and how sure they are, as CSV."""

from __future__ import annotations

import csv
from datetime import UTC
from typing import TYPE_CHECKING

from core.runs import ErrorKind, find_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from core.runs import AreaError, Run

ERROR_CELLS = {  # column -> kind of error and field; what buffer and spread estimate is the area itself
    "buffer_sigma_km2": (ErrorKind.BUFFER, "sigma_km2"),
    "buffer_low_km2": (ErrorKind.BUFFER, "low_km2"),
    "buffer_high_km2": (ErrorKind.BUFFER, "high_km2"),
    "probability_km2": (ErrorKind.PROBABILITY, "estimate_km2"),  # the expected area
    "probability_sigma_km2": (ErrorKind.PROBABILITY, "sigma_km2"),
    "probability_low_km2": (ErrorKind.PROBABILITY, "low_km2"),
    "probability_high_km2": (ErrorKind.PROBABILITY, "high_km2"),
    "spread_sigma_km2": (ErrorKind.SPREAD, "sigma_km2"),
    "spread_low_km2": (ErrorKind.SPREAD, "low_km2"),
    "spread_high_km2": (ErrorKind.SPREAD, "high_km2"),
}
AREA_COLUMNS = (
    "run_id",
    "site",
    "tile",
    "acquired_on",  # ISO 8601 date
    "sensor",
    "model",
    "weights_sha256",
    "class",  # the class's key
    "pixels",
    "area_km2",  # empty where the tile has neither CRS nor stated pixel size
    "share",  # of the valid ground, 0..1
    "valid_share",  # of the tile's pixels, 0..1
    "threshold",  # empty where the most probable class wins
    "min_area_km2",
    "pixel_m",  # the user's, for a tile without CRS
    "removed_px",  # what the minimum area took from this class
    "input_sha256",
    "finished_at",  # ISO 8601, UTC
    "views",  # orientations that were looked at, 1 or 8
    *ERROR_CELLS,  # sigma is one standard deviation, low and high hold 95 %; empty where not estimated
)
RUN_ERROR_COLUMNS = ("run_id", "class", "kind", "estimate_km2", "sigma_km2", "low_km2", "high_km2")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # spreadsheets run such cells (CWE-1236)


def area_rows(run: Run, site: str | None = None) -> Iterator[dict[str, object]]:
    """One row for each class of a run; the keys are `AREA_COLUMNS`, in this order."""
    for area in run.areas:
        yield {
            "run_id": run.id,
            "site": site,
            "tile": run.tile.name,
            "acquired_on": run.tile.acquired_on.isoformat() if run.tile.acquired_on else None,
            "sensor": run.tile.sensor,
            "model": run.model,
            "weights_sha256": run.weights_sha256,
            "class": area.key,
            "pixels": area.pixels,
            "area_km2": area.area_km2,
            "share": area.share,
            "valid_share": run.valid_share,
            "threshold": run.threshold,
            "min_area_km2": run.options.min_area_km2,
            "pixel_m": run.options.pixel_m,
            "removed_px": area.removed_px,
            "input_sha256": run.tile.sha256,
            "finished_at": run.finished_at.astimezone(UTC).isoformat(timespec="seconds"),
            "views": views(symmetries=run.options.symmetries),
            **error_cells(run.errors, area.key),
        }


def views(*, symmetries: bool) -> int:
    """How many orientations a run looked at."""
    return 8 if symmetries else 1


def error_cells(errors: tuple[AreaError, ...], class_key: str) -> dict[str, object]:
    """What `ERROR_CELLS` says of one class; None where it was not estimated."""
    return {
        column: getattr(find_error(errors, class_key, kind), part, None)
        for column, (kind, part) in ERROR_CELLS.items()
    }


def error_lines(run: Run) -> Iterator[str]:
    """Every error of a run as CSV, one row each, all ice together among the classes."""
    record = csv.writer(_Echo(), lineterminator="\r\n").writerow
    yield record(RUN_ERROR_COLUMNS)
    for e in run.errors:
        yield record((run.id, e.class_key, e.kind.value, e.estimate_km2, e.sigma_km2, e.low_km2, e.high_km2))


def write_csv(rows: Iterable[Mapping[str, object]]) -> str:
    """A table of `area_rows` as CSV (RFC 4180: CRLF, quotes doubled), with its header line."""
    return "".join(csv_lines(rows))


def csv_lines(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The records of `write_csv` one by one, for tables of thousands of runs."""
    record = csv.writer(_Echo(), lineterminator="\r\n").writerow  # gives back what `write` does
    yield record(AREA_COLUMNS)
    for row in rows:
        yield record([harmless(row[column]) for column in AREA_COLUMNS])


class _Echo:
    """A file that gives back each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def harmless(cell: object) -> object:
    """The cell, or its text behind an apostrophe where a spreadsheet would run it as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
