"""Saving a run whole or not at all: its folder is in place before its row is, and never the row alone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import HistoryError
from core.runs import Run, TileFacts, utc_now
from db.archive import copied_aside, free_place, input_kept
from db.engine import Database
from db.files import locked, move_folder, plain_file_errors, remove_tree, same_disk, sync_tree, write_synced
from db.location import Location
from db.queries import find_record
from db.records import RunRecord
from db.rows import Notes, run_row, tile_row
from db.sites import site_id
from db.staging import staging_folder
from db.tables import RunRow, TileRow

if TYPE_CHECKING:
    from core.tiles.tile import Tile

RUN_ID = re.compile(r"[0-9A-Za-z-]{1,36}")  # it names a folder and fits the column


@dataclass(frozen=True, slots=True)
class Remarks:
    """What the user says about a run when it is saved. `site` is a name; an unknown one is created."""

    site: str | None = None
    note: str = ""


def save_run(database: Database, run: Run, staged: Path, remarks: Remarks, tile: Tile | None) -> RunRecord:
    """Move a staged folder into the history and write the run's rows; keep the tile's files when it is given.

    Order: force the files to disk, note the save under `pending`, rename the folders, commit the rows,
    drop the note. After a crash anywhere between, `db.sweeping` removes a noted folder that got no row.

    Raises:
        HistoryError: files are missing, the id is taken, or disk or database refuse. The staged folder
            is then where it was.
    """
    location = database.location
    _check(run, staged, tile)
    with ExitStack() as stack:
        stack.enter_context(plain_file_errors(location.folder))
        copy = stack.enter_context(copied_aside(location, tile)) if tile else None
        near = stack.enter_context(_near(staged, location))
        sync_tree(near)
        with locked(location.lock):
            moves = [(near, location.runs / run.id)]
            if copy and not input_kept(location, run.tile.sha256):
                moves.append((copy, free_place(location, run.tile.sha256)))
            _place_and_insert(database, run, remarks, moves)
        if near != staged:
            remove_tree(staged)
    with database.read() as session:
        return find_record(session, run.id, location)


def _place_and_insert(database: Database, run: Run, remarks: Remarks, moves: list[tuple[Path, Path]]) -> None:
    if (database.location.runs / run.id).exists() or has_run(database, run.id):
        raise HistoryError(f"The history already has a run '{run.id}'. Give each analysis an id of its own.")
    note = database.location.pending / run.id
    write_synced(note, run.tile.sha256 if len(moves) > 1 else "")
    with ExitStack() as failed:
        failed.callback(_take_back, database, note, moves)
        for source, target in moves:
            move_folder(source, target)
        with database.write() as session:
            _insert(session, run, remarks)
        failed.pop_all()
    note.unlink()


def _take_back(database: Database, note: Path, moves: list[tuple[Path, Path]]) -> None:
    """Undo a failed save. While the database cannot be asked the note stays, and a sweep settles it."""
    # A commit that seemed to fail may have reached the server all the same.
    if not has_run(database, note.name):
        for source, target in moves:
            if not source.exists():
                move_folder(target, source)
    note.unlink()


def has_run(database: Database, run_id: str) -> bool:
    """Whether the history has a run with this id."""
    with database.read() as session:
        return session.get(RunRow, run_id) is not None


def _check(run: Run, staged: Path, tile: Tile | None) -> None:
    if tile and tile.sha256 != run.tile.sha256:
        raise HistoryError(
            f"The run is not of the tile {tile.name}: their hashes differ. Run the analysis again."
        )
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


@contextmanager
def _near(staged: Path, location: Location) -> Iterator[Path]:
    """The staged folder, or a copy of it where a rename can take it into the history."""
    if same_disk(staged, location.runs):
        yield staged
        return
    with staging_folder(location) as folder:
        yield Path(shutil.copytree(staged, folder / "run"))


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
