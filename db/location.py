"""Where the history lives: the data folder with its layout, and the database's address."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from core.errors import HistoryError
from db.files import DATA_VARIABLE, plain_file_errors

URL_VARIABLE = "FIRNLINE_DATABASE_URL"
ENGINES = "engines"
POSTGRESQL_NAMES = ("postgres", "postgresql")  # both are in use for URLs that name no driver


@dataclass(frozen=True, slots=True)
class Location:
    """The data folder and the database's address.

    `runs` holds a folder a run, `tiles` the kept inputs by content hash, `staging` results and copies in
    the making, `pending` a note for each save under way, `trash` what is being deleted, `uploads` files
    handed in by the browser until their job is done, `comparisons` what came of pairs of runs, `claims` a
    lock for each tile that is being mapped.
    """

    folder: Path
    url: URL

    @property
    def runs(self) -> Path:
        """One folder a run."""
        return self.folder / "runs"

    @property
    def tiles(self) -> Path:
        """Kept inputs, one folder a content hash."""
        return self.folder / "tiles"

    @property
    def staging(self) -> Path:
        """Results and copies in the making."""
        return self.folder / "staging"

    @property
    def pending(self) -> Path:
        """One note for each save under way."""
        return self.folder / "pending"

    @property
    def trash(self) -> Path:
        """Runs that are being deleted."""
        return self.folder / "trash"

    @property
    def uploads(self) -> Path:
        """Files handed in by the browser, until their job is done."""
        return self.folder / "uploads"

    @property
    def comparisons(self) -> Path:
        """Kept comparisons, one folder a pair of runs."""
        return self.folder / "comparisons"

    @property
    def claims(self) -> Path:
        """One lock for each tile that is being mapped."""
        return self.folder / "claims"

    @property
    def engines(self) -> Path:
        """Compiled networks: a cache, made again when it is gone."""
        return self.folder / ENGINES

    @property
    def lock(self) -> Path:
        """The lock that every change of `runs` and `tiles` is made under."""
        return self.folder / "files.lock"

    @property
    def place(self) -> str:
        """The database in words for messages, without its password."""
        if self.database_file is not None:
            return str(self.database_file)
        return self.url.render_as_string(hide_password=True)

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None for a database server."""
        if self.url.get_backend_name() != "sqlite":
            return None
        return Path(self.url.database or "")


def find_location(folder: Path | None = None, url: str | None = None) -> Location:
    """The location that arguments, environment and defaults (in this order) name.

    Raises:
        HistoryError: the database URL cannot be understood.
    """
    data = data_folder(folder)
    address = url or os.environ.get(URL_VARIABLE)
    if not address:
        return Location(data, URL.create("sqlite", database=str(data / "firnline.sqlite3")))
    return Location(data, _parse_url(address))


def data_folder(folder: Path | None = None) -> Path:
    """The data folder that argument, environment and default (in this order) name."""
    chosen = folder or Path(os.environ.get(DATA_VARIABLE) or platformdirs.user_data_path("Firnline"))
    return chosen.expanduser().absolute()


def engine_cache() -> Path:
    """The folder of compiled networks, for those who run without a history."""
    return data_folder() / ENGINES


def make_folders(location: Location) -> None:
    """Create the layout.

    Raises:
        HistoryError: the data folder cannot be written.
    """
    parts = (location.runs, location.tiles, location.staging, location.pending, location.trash)
    with plain_file_errors(location.folder):
        for part in (*parts, location.uploads, location.comparisons, location.claims):
            part.mkdir(parents=True, exist_ok=True)


def _parse_url(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise HistoryError(
            f"{URL_VARIABLE} is not a database URL. Write it like "
            "postgresql://user:password@host:5432/firnline or sqlite:////folder/firnline.sqlite3."
        ) from error
    if url.get_backend_name() == "sqlite":
        return url.set(database=str(_sqlite_file(url, address)))
    if url.drivername in POSTGRESQL_NAMES:
        return url.set(drivername="postgresql+psycopg")
    return url


def _sqlite_file(url: URL, address: str) -> Path:
    """The file of an SQLite URL, by a path that workers in other folders understand, too."""
    named = url.database or ""
    in_memory = url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb"
    if named.removeprefix("file:") in ("", ":memory:") or (in_memory and named.startswith("file:")):
        raise HistoryError(
            f"'{address}' is a database in memory, which is lost with the process and not shared between "
            "threads. Name a file: sqlite:////folder/firnline.sqlite3."
        )
    if named.startswith("file:") or not Path(named).absolute().name:
        raise HistoryError(
            f"'{address}' does not name the file of the database by its path. Name a file: "
            "sqlite:////folder/firnline.sqlite3."
        )
    return Path(named).absolute()
