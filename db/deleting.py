"""Deleting runs: rows and folders, both or neither."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.archive import drop_unused
from db.comparisons import drop_comparisons
from db.engine import Database, force_to_disk
from db.files import locked, move_folder, plain_file_errors, remove_tree
from db.queries import CHUNK
from db.saving import has_run
from db.tables import RunRow, TileRow


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many runs went, and how many kept inputs with them."""

    runs: int
    inputs: int


def delete_runs(database: Database, run_ids: Sequence[str], drop_unused_inputs: bool) -> Deleted:
    """Delete runs; those that are gone already do not count.

    Order: delete the rows, rename the folders into the trash, commit, empty the trash. A failure takes all
    of it back; after a crash `db.sweeping` takes folders whose row is still there back out of the trash.

    Raises:
        HistoryError: disk or database refuse; nothing is deleted then.
    """
    location = database.location
    with plain_file_errors(location.folder), locked(location.lock):
        with ExitStack() as undo:
            with database.write() as session:
                hashes = _delete_rows(session, run_ids)
                for run_id in hashes:
                    _throw_away(database, run_id, undo)
            undo.pop_all()
        force_to_disk(database)  # else a power cut could bring rows back whose folders are gone
        for run_id in hashes:
            remove_tree(location.trash / run_id)
        drop_comparisons(location, hashes)
    inputs = drop_unused(database, set(hashes.values())) if drop_unused_inputs else 0
    return Deleted(len(hashes), inputs)


def _delete_rows(session: Session, run_ids: Sequence[str]) -> dict[str, str]:
    """Delete the rows of runs and of tiles without runs; the deleted runs with their tiles' hashes."""
    hashes: dict[str, str] = {}
    tiles: set[str] = set()
    for chunk in _chunks(run_ids):
        found = select(RunRow.id, TileRow.sha256, TileRow.id).join(RunRow.tile).where(RunRow.id.in_(chunk))
        for run_id, sha256, tile_id in session.execute(found):
            hashes[run_id] = sha256
            tiles.add(tile_id)
        session.execute(delete(RunRow).where(RunRow.id.in_(chunk)))
    for chunk in _chunks(sorted(tiles)):
        used = select(RunRow.tile_id).where(RunRow.tile_id == TileRow.id).exists()
        session.execute(delete(TileRow).where(TileRow.id.in_(chunk), ~used))
    return hashes


def _throw_away(database: Database, run_id: str, undo: ExitStack) -> None:
    folder = database.location.runs / run_id
    if folder.exists():
        move_folder(folder, database.location.trash / run_id)
        undo.callback(_take_back, database, run_id)


def _take_back(database: Database, run_id: str) -> None:
    if has_run(database, run_id):  # a commit that seemed to fail may have reached the server all the same
        move_folder(database.location.trash / run_id, database.location.runs / run_id)


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
