"""Rows for the exports of many runs, read piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Double, cast, func, select
from sqlalchemy.orm import Session

from db.engine import Database
from db.filters import RunFilter, conditions
from db.queries import CHUNK, NEWEST_FIRST
from db.tables import ClassAreaRow, RunRow, SiteRow, TileRow

FETCH = 2000  # rows an export holds in memory
COLUMNS: dict[str, Any] = {  # the names and the order of core.export.tables.AREA_COLUMNS; a test holds it
    "run_id": RunRow.id,
    "site": SiteRow.name,
    "tile": TileRow.name,
    "acquired_on": RunRow.acquired_on,
    "sensor": TileRow.sensor,
    "model": RunRow.model,
    "weights_sha256": RunRow.weights_sha256,
    "class": ClassAreaRow.key,
    "pixels": ClassAreaRow.pixels,
    "area_km2": ClassAreaRow.area_km2,
    "share": ClassAreaRow.share,
    "valid_share": func.coalesce(cast(RunRow.valid_px, Double) / func.nullif(RunRow.total_px, 0), 0.0),
    "threshold": RunRow.threshold,
    "min_area_km2": RunRow.options["min_area_km2"].as_float(),
    "pixel_m": RunRow.options["pixel_m"].as_float(),
    "removed_px": ClassAreaRow.removed_px,
    "input_sha256": TileRow.sha256,
    "finished_at": RunRow.finished_at,
}


def area_rows(database: Database, wanted: RunFilter) -> Iterator[dict[str, object]]:
    """Each class of each run that matches, newest run first, as one snapshot."""
    with database.read() as session:
        yield from _rows(session, conditions(wanted))


def area_rows_of(database: Database, run_ids: Sequence[str]) -> Iterator[dict[str, object]]:
    """Each class of each of these runs, in the order of the ids; ids without a run are left out."""
    ids = list(dict.fromkeys(run_ids))
    with database.read() as session:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            found: dict[object, list[dict[str, object]]] = {run_id: [] for run_id in chunk}
            for row in _rows(session, [RunRow.id.in_(chunk)]):
                found[row["run_id"]].append(row)
            for rows in found.values():
                yield from rows


def _rows(session: Session, matching: Sequence[ColumnElement[bool]]) -> Iterator[dict[str, object]]:
    statement = (
        select(*COLUMNS.values())
        .select_from(RunRow)
        .join(RunRow.tile)
        .outerjoin(RunRow.site)
        .join(RunRow.areas)
        .where(*matching)
        .order_by(*NEWEST_FIRST, ClassAreaRow.position)
        .execution_options(yield_per=FETCH)
    )
    with session.execute(statement) as result:  # closed even when the reader stops half-way
        for row in result:
            yield {name: _cell(value) for name, value in zip(COLUMNS, row, strict=True)}


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
