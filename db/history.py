"""The history as the pages and the command line see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.measure.observations import Observation
from core.runs import Run, RunKey
from core.types import OnProgress, ignore_progress
from db import (
    archive,
    comparisons,
    deleting,
    editing,
    exports,
    input_places,
    ledgers,
    observing,
    queries,
    saving,
)
from db import outlines as outline_rows
from db.archive import ArchiveSize
from db.deleting import Deleted
from db.editing import UNCHANGED, Changes, Unchanged
from db.engine import Database, make_database
from db.files import plain_file_errors
from db.filters import EVERYTHING, RunFilter
from db.location import Location, find_location, make_folders
from db.records import RunRecord, Site, StoredRun
from db.saving import Remarks
from db.schema import upgrade_schema
from db.staging import staging_folder
from db.sweeping import sweep
from db.tables import new_id

if TYPE_CHECKING:
    from core.measure.ledger import Ledger
    from core.outlines.outline import OutlineSet
    from core.tiles.tile import Tile


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
    with ExitStack() as failed:
        failed.callback(database.engine.dispose)
        upgrade_schema(database)
        sweep(database)
        failed.pop_all()
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

    def sweep(self) -> None:
        """Settle what killed processes left behind; `open_history` does so by itself.

        Raises:
            HistoryError: the database cannot be read.
        """
        sweep(self._database)

    def staging(self) -> AbstractContextManager[Path]:
        """A fresh folder for results in the making, removed at the end of the block.

        It lies on the disk of the saved runs, so that saving is a rename.

        Raises:
            HistoryError: the folder cannot be written.
        """
        return staging_folder(self.location)

    def upload_folder(self) -> Path:
        """A fresh folder for files from the browser; the caller removes it, a sweep after a week.

        Raises:
            HistoryError: the folder cannot be written.
        """
        folder = self.location.uploads / new_id()
        with plain_file_errors(self.location.folder):
            folder.mkdir(parents=True)
        return folder

    def save_run(
        self, run: Run, staged: Path, *, site: str | None = None, note: str = "", keep: Tile | None = None
    ) -> RunRecord:
        """Move a staged folder into the history and write the run's rows: both or neither.

        `keep`: the run's tile, when its files are to be kept in the archive.

        Raises:
            HistoryError: files are missing, the id is taken, or disk or database refuse.
        """
        return saving.save_run(self._database, run, staged, Remarks(site, note), keep)

    def delete_runs(self, run_ids: Sequence[str], *, drop_unused_inputs: bool = False) -> Deleted:
        """Delete runs with their folders, and on demand kept inputs that no other run needs.

        Raises:
            HistoryError: disk or database refuse; nothing is deleted then.
        """
        return deleting.delete_runs(self._database, run_ids, drop_unused_inputs)

    def edit_run(
        self,
        run_id: str,
        *,
        site: str | Unchanged | None = UNCHANGED,
        note: str | Unchanged = UNCHANGED,
        acquired_on: date | Unchanged | None = UNCHANGED,
    ) -> RunRecord:
        """Change what the user says about a run; what is not given stays.

        Raises:
            HistoryError: the history has no such run, or a value cannot be right.
        """
        return editing.edit_run(self._database, run_id, Changes(site, note, acquired_on))

    def list_runs(
        self, wanted: RunFilter = EVERYTHING, *, offset: int = 0, limit: int = 50
    ) -> tuple[RunRecord, ...]:
        """A page of the runs that match, newest first."""
        return queries.list_runs(self._database, wanted, offset, limit)

    def count_runs(self, wanted: RunFilter = EVERYTHING) -> int:
        """The number of runs that match."""
        return queries.count_runs(self._database, wanted)

    def get_record(self, run_id: str) -> RunRecord:
        """One line of the list; HistoryError when the history has no such run."""
        return queries.get_record(self._database, run_id)

    def get_run(self, run_id: str) -> StoredRun:
        """A whole run.

        Raises:
            HistoryError: the history has no such run.
        """
        return queries.get_run(self._database, run_id)

    def find_run(self, key: RunKey, *, since: datetime | None = None) -> str | None:
        """The id of the newest run with this key, saved at `since` or later; None where there is none."""
        return queries.find_run(self._database, key, since)

    def observations(self, site: str) -> tuple[Observation, ...]:
        """Every run of a site as a series needs it, by finishing time."""
        return observing.list_observations(self._database, site)

    def sites(self) -> tuple[Site, ...]:
        """All sites by name, with the numbers of their runs and outlines."""
        return queries.list_sites(self._database)

    def models(self) -> tuple[str, ...]:
        """The keys of the models that any run used."""
        return queries.list_models(self._database)

    def create_site(self, name: str, note: str = "") -> None:
        """Make a site before its first run; HistoryError where the name is empty, too long or taken."""
        editing.create_site(self._database, name, note)

    def rename_site(self, name: str, new_name: str, *, merge: bool = False) -> None:
        """Give a site another name; `merge` moves its runs when another site has that name already.

        Raises:
            HistoryError: no such site, or the new name is empty, too long or taken.
        """
        editing.rename_site(self._database, name, new_name, merge)

    def edit_site_note(self, name: str, note: str) -> None:
        """Change a site's note.

        Raises:
            HistoryError: there is no such site.
        """
        editing.edit_site_note(self._database, name, note)

    def delete_site(self, name: str) -> None:
        """Delete a site; its runs stay, without a site.

        Raises:
            HistoryError: there is no such site.
        """
        editing.delete_site(self._database, name)

    def set_outlines(self, site: str, outlines: OutlineSet) -> None:
        """Give a site glacier outlines, instead of those that it had.

        Raises:
            HistoryError: there is no such site, or the database refuses.
        """
        outline_rows.set_outlines(self._database, site, outlines)

    def outlines(self, site: str) -> OutlineSet | None:
        """The glacier outlines of a site; None where it has none."""
        return outline_rows.get_outlines(self._database, site)

    def ledger(self, run_id: str, on_progress: OnProgress = ignore_progress) -> Ledger | None:
        """What a run found inside the outlines of its site, kept once it was measured; None without any.

        Raises:
            HistoryError: no such run, or its class map is gone from the disk.
            OutlineError: outlines cannot be placed on the run's tile.
            TileError: the class map is damaged.
        """
        return ledgers.ledger_of(self._database, run_id, on_progress)

    def kept_totals(self, site: str) -> dict[str, Ledger]:
        """By run id what is kept of a site's ledgers, without lines; runs never asked for are missing."""
        return ledgers.kept_totals(self._database, site)

    def remove_outlines(self, site: str) -> None:
        """Take a site's outlines away.

        Raises:
            HistoryError: there is no such site.
        """
        outline_rows.remove_outlines(self._database, site)

    def area_rows(
        self, wanted: RunFilter = EVERYTHING, *, ids: Sequence[str] | None = None
    ) -> Iterator[dict[str, object]]:
        """Rows for `core.export.tables`, one a run and class: of the runs that match, newest first.

        With `ids`, of these runs instead, in their order.
        """
        if ids is not None:
            return exports.area_rows_of(self._database, ids)
        return exports.area_rows(self._database, wanted)

    def find_comparison(self, before: str, after: str) -> Path | None:
        """The folder of the kept comparison of two runs, or None."""
        return comparisons.find_comparison(self.location, before, after)

    def keep_comparison(self, before: str, after: str, staged: Path) -> Path:
        """Keep a staged comparison until one of its runs is deleted; where it lies now."""
        return comparisons.keep_comparison(self._database, before, after, staged)

    def keep_tile(self, tile: Tile) -> None:
        """Copy a tile's files into the archive unless they are there.

        Raises:
            HistoryError: the copy cannot be written.
        """
        archive.keep_tile(self.location, tile)

    def open_input(self, run_id: str) -> Tile:
        """The input of a run, kept or where it was noted to lie, read as the run read it.

        Raises:
            HistoryError: no such run, its input was neither kept nor noted, or was altered or moved.
        """
        return input_places.open_input(self._database, self.get_run(run_id).run.tile)

    def note_input(self, tile: Tile) -> None:
        """Note where a tile's files lie, for files that stay there, so that its runs can be repeated."""
        input_places.note_place(self._database, tile)

    def input_folder(self, sha256: str) -> Path | None:
        """The folder with the kept files of a tile, or None where they were not kept."""
        return self.location.tiles / sha256 if archive.input_kept(self.location, sha256) else None

    def archive_size(self) -> ArchiveSize:
        """What the kept inputs cost, and how much of it no run needs."""
        return archive.archive_size(self._database)

    def drop_unused_inputs(self) -> int:
        """Drop the kept inputs that no run needs; the number dropped.

        Raises:
            HistoryError: a file cannot be removed.
        """
        return archive.drop_unused(self._database)
