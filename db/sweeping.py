"""Sweeping: what killed processes left behind is finished or removed.

Only what is proved to be left over is touched: a folder with a note under `pending` and no row, the trash,
staging folders whose owner is dead. A run's folder without a row but without a note stays: it may
belong to another database.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from pathlib import Path

from db.archive import used_hashes
from db.engine import Database
from db.files import lock_if_free, move_folder, remove_tree
from db.location import Location
from db.saving import has_run
from db.staging import LOCK, lock_of

LOG = logging.getLogger(__name__)
UPLOAD_AGE_S = 7 * 86_400.0  # nobody comes back to an upload after a week


def sweep(database: Database) -> None:
    """Settle what killed processes left. Does nothing while another process saves or deletes.

    What cannot be removed is logged and tried again next time.

    Raises:
        HistoryError: the database cannot be read.
    """
    location = database.location
    try:
        with lock_if_free(location.lock) as held:
            if held:
                _settle_saves(database)
                _settle_deletions(database)
        _remove_ownerless(location)
        _remove_old_uploads(location)
    except OSError as error:
        LOG.warning("Left-over files in %s could not be removed: %s", location.folder, error)


def _settle_saves(database: Database) -> None:
    location = database.location
    for note in sorted(location.pending.iterdir()):
        if note.suffix != ".part" and not has_run(database, note.name):
            remove_tree(location.runs / note.name)
            sha256 = note.read_text(encoding="utf-8")
            if sha256 and not used_hashes(database, {sha256}):
                remove_tree(location.tiles / sha256)
        note.unlink()


def _settle_deletions(database: Database) -> None:
    location = database.location
    for folder in sorted(location.trash.iterdir()):
        if has_run(database, folder.name):
            move_folder(folder, location.runs / folder.name)
        else:
            remove_tree(folder)


def _remove_ownerless(location: Location) -> None:
    found = sorted(location.staging.iterdir())
    folders = {path for path in found if path.is_dir()}
    folders |= {path.with_suffix("") for path in found if path.suffix == LOCK}  # also of no folder any more
    for folder in sorted(folders):
        _remove_if_ownerless(folder)


def _remove_if_ownerless(folder: Path) -> None:
    lock = lock_of(folder)
    with lock_if_free(lock) as dead:
        if dead:
            remove_tree(folder)
            if not folder.exists():
                with suppress(OSError):  # while it is held: an owner may have made it and not yet its folder
                    lock.unlink()


def _remove_old_uploads(location: Location) -> None:
    oldest = time.time() - UPLOAD_AGE_S
    for folder in sorted(location.uploads.iterdir()):
        if folder.is_dir() and folder.stat().st_mtime < oldest:
            remove_tree(folder)
