"""Comparisons that are kept: a folder for each pair of runs, dropped with either of them.

    comparisons/<run before>_<run after>/   what `core.comparison` wrote

They hold nothing that could not be computed again, so no row and no note stands for them.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from core.errors import HistoryError
from core.export.comparisons import RECORD_FILE
from db.engine import Database
from db.files import locked, move_folder, plain_file_errors, remove_tree
from db.location import Location
from db.queries import missing_run
from db.saving import RUN_ID, has_run

JOINT = "_"  # ids hold none


def find_comparison(location: Location, before: str, after: str) -> Path | None:
    """The folder of a kept comparison, or None."""
    folder = _place(location, before, after)
    return folder if (folder / RECORD_FILE).is_file() else None


def keep_comparison(database: Database, before: str, after: str, staged: Path) -> Path:
    """Move a staged comparison to its place, instead of an older one; where it lies now.

    Raises:
        HistoryError: a run was deleted meanwhile, or the disk refuses.
    """
    location = database.location
    folder = _place(location, before, after)
    with plain_file_errors(location.folder), locked(location.lock):
        for run_id in (before, after):
            if not has_run(database, run_id):
                raise missing_run(run_id)
        remove_tree(folder)
        move_folder(staged, folder)
    return folder


def drop_comparisons(location: Location, run_ids: Collection[str]) -> None:
    """Remove every comparison that one of the runs takes part in. The lock of the files must be held.

    Raises:
        OSError: a folder cannot be removed.
    """
    gone = set(run_ids)
    for folder in location.comparisons.iterdir():
        if gone & set(folder.name.split(JOINT)):
            remove_tree(folder)


def _place(location: Location, before: str, after: str) -> Path:
    for run_id in (before, after):
        if not RUN_ID.fullmatch(run_id):  # ids come from addresses too
            raise HistoryError(f"'{run_id}' is no id of a run. Choose both runs again.")
    return location.comparisons / f"{before}{JOINT}{after}"
