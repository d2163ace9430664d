"""Reading the history: lists, counts and single runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, defer, joinedload, selectinload

from core.errors import HistoryError
from core.runs import CARD, RunKey
from core.types import Severity
from db.archive import input_kept
from db.engine import Database
from db.filters import EVERYTHING, RunFilter, conditions
from db.input_places import place_of
from db.location import Location
from db.records import RunRecord, Site, StoredRun
from db.rows import OPTIONS, areas_of, errors_of, options_key, run_of
from db.tables import OutlineSetRow, RunRow, SiteRow, TileRow

CHUNK = 500  # ids in one statement: databases limit the number of parameters
NEWEST_FIRST = (RunRow.finished_at.desc(), RunRow.id.desc())


def list_runs(database: Database, wanted: RunFilter, offset: int, limit: int) -> tuple[RunRecord, ...]:
    """A page of the list, newest first, in three statements."""
    with database.read() as session:
        rows = session.scalars(_lines().where(*conditions(wanted)).offset(offset).limit(limit)).all()
        return tuple(_record_of(row, database.location) for row in rows)


def count_runs(database: Database, wanted: RunFilter = EVERYTHING) -> int:
    """The number of runs that match."""
    statement = select(func.count(RunRow.id)).join(RunRow.tile).outerjoin(RunRow.site)
    with database.read() as session:
        return session.scalar(statement.where(*conditions(wanted))) or 0


def find_record(session: Session, run_id: str, location: Location) -> RunRecord:
    """One line of the list.

    Raises:
        HistoryError: the history has no such run.
    """
    row = session.scalars(
        _lines().where(RunRow.id == run_id).execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise missing_run(run_id)
    return _record_of(row, location)


def get_record(database: Database, run_id: str) -> RunRecord:
    """One line of the list.

    Raises:
        HistoryError: the history has no such run.
    """
    with database.read() as session:
        return find_record(session, run_id, database.location)


def get_run(database: Database, run_id: str) -> StoredRun:
    """A whole run.

    Raises:
        HistoryError: the history has no such run.
    """
    whole = (
        joinedload(RunRow.tile),
        joinedload(RunRow.site),
        selectinload(RunRow.areas),
        selectinload(RunRow.errors),
        selectinload(RunRow.artifacts),
    )
    with database.read() as session:
        row = session.get(RunRow, run_id, options=whole)
        if row is None:
            raise missing_run(run_id)
        return StoredRun(
            run=run_of(row),
            folder=database.location.runs / row.id,
            site=row.site.name if row.site else None,
            note=row.note,
            acquired_on=row.acquired_on,
            saved_at=row.saved_at,
            input_kept=input_kept(database.location, row.tile.sha256),
            input_place=place_of(session, row.tile.sha256),
        )


def find_run(database: Database, key: RunKey, since: datetime | None) -> str | None:
    """The id of the newest run with this key, saved at `since` or later; None where there is none."""
    statement = (
        select(RunRow.id)
        .join(RunRow.tile)
        .where(
            TileRow.sha256 == key.input_sha256,
            TileRow.radiometry["kind"].as_string() == key.radiometry.value,
            RunRow.model == key.model,
            RunRow.weights_sha256 == key.weights_sha256,
            RunRow.options_key == options_key(key.options),
        )
        .order_by(*NEWEST_FIRST)
        .limit(1)
    )
    if key.card is not None:
        told = RunRow.versions[CARD].as_string()
        statement = statement.where(or_(told == key.card, told.is_(None)))  # the second as `RunKey.answers`
    if since is not None:
        statement = statement.where(RunRow.saved_at >= since)
    with database.read() as session:
        return session.scalar(statement)


def list_sites(database: Database) -> tuple[Site, ...]:
    """All sites by name, with the numbers of their runs and outlines."""
    outlines = func.coalesce(func.max(OutlineSetRow.outlines), 0)
    statement = (
        select(SiteRow.name, SiteRow.note, func.count(RunRow.id), outlines)
        .outerjoin(RunRow, RunRow.site_id == SiteRow.id)
        .outerjoin(OutlineSetRow, OutlineSetRow.site_id == SiteRow.id)
        .group_by(SiteRow.id, SiteRow.name, SiteRow.note, SiteRow.name_key)
        .order_by(SiteRow.name_key)
    )
    with database.read() as session:
        return tuple(Site(*row) for row in session.execute(statement))


def list_models(database: Database) -> tuple[str, ...]:
    """The keys of the models that any run used."""
    with database.read() as session:
        return tuple(session.scalars(select(RunRow.model).distinct().order_by(RunRow.model)))


def missing_run(run_id: str) -> HistoryError:
    """The error for a run that is not, or no longer, there."""
    return HistoryError(
        f"The history has no run '{run_id}'; it may have been deleted meanwhile. Reload the history to see "
        "what is there."
    )


def _lines() -> Select[RunRow]:
    return (
        select(RunRow)
        .join(RunRow.tile)
        .outerjoin(RunRow.site)
        .options(
            contains_eager(RunRow.tile).load_only(TileRow.sha256, TileRow.name, TileRow.sensor),
            contains_eager(RunRow.site).load_only(SiteRow.name),
            selectinload(RunRow.areas),
            selectinload(RunRow.errors),
            defer(RunRow.versions),
            defer(RunRow.checks),
        )
        .order_by(*NEWEST_FIRST)
    )


def _record_of(row: RunRow, location: Location) -> RunRecord:
    ice = [area.area_km2 for area in row.areas if area.is_ice and area.area_km2 is not None]
    return RunRecord(
        id=row.id,
        site=row.site.name if row.site else None,
        note=row.note,
        tile_name=row.tile.name,
        input_sha256=row.tile.sha256,
        sensor=row.tile.sensor,
        acquired_on=row.acquired_on,
        model=row.model,
        weights_sha256=row.weights_sha256,
        options=OPTIONS.validate_python(row.options),
        threshold=row.threshold,
        areas=areas_of(row),
        errors=errors_of(row),
        ice_area_km2=sum(ice) if ice else None,
        valid_share=row.valid_px / row.total_px if row.total_px else 0.0,
        warnings=sum(finding["severity"] == Severity.WARNING for finding in row.findings),
        started_at=row.started_at,
        finished_at=row.finished_at,
        folder=location.runs / row.id,
        input_kept=input_kept(location, row.tile.sha256),
    )
