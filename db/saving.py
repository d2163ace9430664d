"""Saving a run whole or not at all: its folder is in place before its row is, and never the row alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import HistoryError
from core.runs import Run, TileFacts, utc_now
from db.engine import Database
from db.files import locked, move_folder, plain_file_errors, same_disk, sync_tree, write_synced
from db.location import Location
from db.queries import find_record
from db.records import RunRecord
from db.rows import Notes, run_row, tile_row
from db.sites import site_id
from db.tables import RunRow, TileRow, new_id

RUN_ID = re.compile(r"[0-9A-Za-z-]{1,36}")  # it names a folder and fits the column


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the user says about a run when it is saved. `site` is a name; an unknown one is created."""

    site: str | None = None
    note: str = ""


def save_run(database: Database, run: Run, staged: Path, remarks: Remarks) -> RunRecord:
    """Move a staged folder into the history and write the run's rows.

    Order: force the files to disk, note the save under `pending`, rename the folder, commit the rows,
    drop the note. After a crash anywhere between, `db.sweeping` removes a noted folder that got no row.

    Raises:
        HistoryError: files are missing, the id is taken, or disk or database refuse. The staged folder
            is then where it was.
    """
    location = database.location
    _check(run, staged)
    with plain_file_errors(location.folder):
        near = _bring_near(staged, location)
        sync_tree(near)
        with locked(location.lock):
            note = location.pending / run.id
            write_synced(note, "")
            with _placed(database, run.id, near), database.write() as session:
                _insert(session, run, remarks)
            note.unlink()
        if near != staged:
            shutil.rmtree(staged)
    with database.read() as session:
        return find_record(session, run.id, location)


def has_run(database: Database, run_id: str) -> bool:
    """Whether the history has a run with this id."""
    with database.read() as session:
        return session.get(RunRow, run_id) is not None


def _check(run: Run, staged: Path) -> None:
    if not RUN_ID.fullmatch(run.id):
        raise HistoryError(f"'{run.id}' cannot be the id of a run; it must be a UUID. Make one with uuid4.")
    root = staged.resolve()
    for artifact in run.artifacts:
        path = (root / artifact.name).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            raise HistoryError(
                f"The run lists the file '{artifact.name}', which its folder {staged} does not hold. "
                "Run the analysis again."
            )


def _bring_near(staged: Path, location: Location) -> Path:
    if same_disk(staged, location.runs):
        return staged
    near = location.staging / new_id()
    shutil.copytree(staged, near)
    return near


@contextmanager
def _placed(database: Database, run_id: str, staged: Path) -> Iterator[None]:
    target = database.location.runs / run_id
    if target.exists():
        raise HistoryError(f"The history already has a run '{run_id}'. Give each analysis an id of its own.")
    move_folder(staged, target)
    saved = False
    try:
        yield
        saved = True
    finally:
        # A failed commit may have reached the server all the same: only a missing row takes the folder back.
        if not saved and not has_run(database, run_id):
            move_folder(target, staged)


def _insert(session: Session, run: Run, remarks: Remarks) -> None:
    notes = Notes(site_id(session, remarks.site), remarks.note, utc_now())
    session.add(run_row(run, _tile_id(session, run.tile), notes))


def _tile_id(session: Session, facts: TileFacts) -> str:
    row = tile_row(facts)
    known = select(TileRow.id).where(TileRow.fingerprint == row.fingerprint)
    found = session.scalar(known)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was first
        return session.scalars(known).one()
    return row.id
