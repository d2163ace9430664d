"""Staging: fresh folders for results and copies in the making, on the disk of the saved runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.files import locked, plain_file_errors, remove_tree
from db.location import Location
from db.tables import new_id

LOCK = ".lock"


@contextmanager
def staging_folder(location: Location) -> Iterator[Path]:
    """A fresh folder, removed at the end of the block.

    A lock beside it says that a living process owns it; `db.sweeping` removes those without an owner.

    Raises:
        HistoryError: the folder cannot be written.
    """
    folder = location.staging / new_id()
    try:
        with locked(lock_of(folder)):
            with plain_file_errors(location.folder):
                folder.mkdir()
            try:
                yield folder
            finally:
                with plain_file_errors(location.folder):
                    remove_tree(folder)
    finally:
        lock_of(folder).unlink(missing_ok=True)


def lock_of(folder: Path) -> Path:
    """The lock of a staging folder."""
    return folder.with_name(f"{folder.name}{LOCK}")
