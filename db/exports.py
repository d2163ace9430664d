"""Rows for the exports of many runs, read piece by piece."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Double, cast, func, select

from core.export.tables import error_cells, views
from core.runs import AreaError
from db.engine import Database
from db.filters import RunFilter, conditions
from db.queries import CHUNK, NEWEST_FIRST
from db.rows import error_of
from db.tables import AreaErrorRow, ClassAreaRow, RunRow, SiteRow, TileRow

Cells = dict[str, object]  # the keys are core.export.tables.AREA_COLUMNS; a test holds it

RUN_CELLS: dict[str, Any] = {
    "run_id": RunRow.id,
    "site": SiteRow.name,
    "tile": TileRow.name,
    "acquired_on": RunRow.acquired_on,
    "sensor": TileRow.sensor,
    "model": RunRow.model,
    "weights_sha256": RunRow.weights_sha256,
    "valid_share": func.coalesce(cast(RunRow.valid_px, Double) / func.nullif(RunRow.total_px, 0), 0.0),
    "threshold": RunRow.threshold,
    "min_area_km2": RunRow.options["min_area_km2"].as_float(),
    "pixel_m": RunRow.options["pixel_m"].as_float(),
    "input_sha256": TileRow.sha256,
    "finished_at": RunRow.finished_at,
    "views": RunRow.options["symmetries"].as_boolean(),  # runs from before have none
}
AREA_CELLS: dict[str, Any] = {
    "class": ClassAreaRow.key,
    "pixels": ClassAreaRow.pixels,
    "area_km2": ClassAreaRow.area_km2,
    "share": ClassAreaRow.share,
    "removed_px": ClassAreaRow.removed_px,
}


def area_rows(database: Database, wanted: RunFilter) -> Iterator[Cells]:
    """Each class of each run that matches, newest run first, as one snapshot."""
    with database.read() as session:
        yield from _rows(session.connection(), conditions(wanted))


def area_rows_of(database: Database, run_ids: Sequence[str]) -> Iterator[Cells]:
    """Each class of each of these runs, in the order of the ids; ids without a run are left out."""
    ids = list(dict.fromkeys(run_ids))
    with database.read() as session:
        for start in range(0, len(ids), CHUNK):
            found: dict[object, list[Cells]] = {run_id: [] for run_id in ids[start : start + CHUNK]}
            for row in _rows(session.connection(), [RunRow.id.in_(found)]):
                found[row["run_id"]].append(row)
            for rows in found.values():
                yield from rows


def _rows(connection: Connection, matching: Sequence[ColumnElement[bool]]) -> Iterator[Cells]:
    statement = (
        select(*(column.label(name) for name, column in RUN_CELLS.items()))
        .select_from(RunRow)
        .join(TileRow)
        .outerjoin(SiteRow)
        .where(*matching)
        .order_by(*NEWEST_FIRST)
        .execution_options(yield_per=CHUNK)
    )
    with connection.execute(statement) as result:  # closed even when the reader stops half-way
        for runs in result.partitions():
            ids = [run.run_id for run in runs]
            areas, errors = _areas(connection, ids), _errors(connection, ids)
            for run in runs:
                cells = dict(run._mapping)  # not private: SQLAlchemy keeps the name clear of columns
                cells["acquired_on"] = run.acquired_on.isoformat() if run.acquired_on else None
                cells["finished_at"] = run.finished_at.isoformat(timespec="seconds")
                cells["views"] = views(symmetries=bool(run.views))
                for area in areas[run.run_id]:
                    yield cells | area | error_cells(errors[run.run_id], str(area["class"]))


def _areas(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[Cells]]:
    statement = (
        select(ClassAreaRow.run_id, *AREA_CELLS.values())
        .where(ClassAreaRow.run_id.in_(run_ids))
        .order_by(ClassAreaRow.run_id, ClassAreaRow.position)
    )
    areas: dict[str, list[Cells]] = defaultdict(list)
    for run_id, *values in connection.execute(statement):
        areas[run_id].append(dict(zip(AREA_CELLS, values, strict=True)))
    return areas


def _errors(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[AreaError, ...]]:
    statement = (
        select(AreaErrorRow.__table__)
        .where(AreaErrorRow.run_id.in_(run_ids))
        .order_by(AreaErrorRow.run_id, AreaErrorRow.position)
    )
    errors: dict[str, list[AreaError]] = defaultdict(list)
    for row in connection.execute(statement):
        errors[row.run_id].append(error_of(row))
    return defaultdict(tuple, {run_id: tuple(found) for run_id, found in errors.items()})
