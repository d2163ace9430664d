"""The history as the pages and the command line see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.runs import Options, Run
from db import queries, saving
from db.engine import Database, make_database
from db.files import locked, remove_tree
from db.filters import EVERYTHING, RunFilter
from db.location import Location, find_location, make_folders
from db.records import AreaRow, RunRecord, Site, StoredRun
from db.saving import Remarks
from db.schema import upgrade_schema
from db.tables import new_id


def open_history(folder: Path | None = None, url: str | None = None) -> History:
    """The history of a data folder and a database, created or migrated when need be.

    Without arguments the environment's FIRNLINE_DATA and FIRNLINE_DATABASE_URL count, else the user's data
    folder and an SQLite file in it.

    Raises:
        HistoryError: folder or database cannot be used, or were made by a newer Firnline.
    """
    location = find_location(folder, url)
    make_folders(location)
    database = make_database(location)
    upgrade_schema(database)
    return History(database)


@dataclass(frozen=True, slots=True)
class History:
    """Every run that was saved. Safe to share between threads; holds no open transaction."""

    _database: Database

    @property
    def location(self) -> Location:
        """The data folder and the database's address."""
        return self._database.location

    def close(self) -> None:
        """Give back the connections."""
        self._database.engine.dispose()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A fresh folder for results in the making, removed at the end of the block.

        It lies on the disk of the saved runs, so that saving is a rename.

        Raises:
            HistoryError: the folder cannot be written.
        """
        folder = self.location.staging / new_id()
        lock = folder.with_suffix(".lock")
        with locked(lock):  # says that a living process owns the folder
            folder.mkdir()
            try:
                yield folder
            finally:
                remove_tree(folder)
                lock.unlink()

    def save_run(self, run: Run, staged: Path, *, site: str | None = None, note: str = "") -> RunRecord:
        """Move a staged folder into the history and write the run's rows: both or neither.

        Raises:
            HistoryError: files are missing, the id is taken, or disk or database refuse.
        """
        return saving.save_run(self._database, run, staged, Remarks(site, note))

    def list_runs(
        self, wanted: RunFilter = EVERYTHING, *, offset: int = 0, limit: int = 50
    ) -> tuple[RunRecord, ...]:
        """A page of the runs that match, newest first."""
        return queries.list_runs(self._database, wanted, offset, limit)

    def count_runs(self, wanted: RunFilter = EVERYTHING) -> int:
        """The number of runs that match."""
        return queries.count_runs(self._database, wanted)

    def get_run(self, run_id: str) -> StoredRun:
        """A whole run.

        Raises:
            HistoryError: the history has no such run.
        """
        return queries.get_run(self._database, run_id)

    def find_run(self, input_sha256: str, model: str, weights_sha256: str, options: Options) -> str | None:
        """The id of the newest run of this content with these weights and options, or None."""
        return queries.find_run(self._database, input_sha256, model, weights_sha256, options)

    def sites(self) -> tuple[Site, ...]:
        """All sites by name, with the number of their runs."""
        return queries.list_sites(self._database)

    def models(self) -> tuple[str, ...]:
        """The keys of the models that any run used."""
        return queries.list_models(self._database)

    def area_rows(self, wanted: RunFilter = EVERYTHING) -> Iterator[AreaRow]:
        """Each class of each run that matches, newest run first, for exports."""
        return queries.area_rows(self._database, wanted)

    def area_rows_of(self, run_ids: Sequence[str]) -> Iterator[AreaRow]:
        """Each class of each of these runs, in the order of the ids, for exports."""
        return queries.area_rows_of(self._database, run_ids)
