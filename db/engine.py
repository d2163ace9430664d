"""The connection to the database: its settings, its transactions and its errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, sessionmaker

from core.errors import HistoryError
from db.location import URL_VARIABLE, Location

BUSY_TIMEOUT_S = 30.0  # writers queue for the one write lock of SQLite this long
BEGIN = "firnline_begin"  # execution option: how a connection begins its transactions
WRITES = {BEGIN: "BEGIN IMMEDIATE"}  # the lock is taken before anything is read
NO_TRANSACTION = {BEGIN: ""}

NOBODY = (
    f"cannot be reached: nothing listens there. Start the server, or correct host and port in {URL_VARIABLE}."
)
FULL = "has no connection free. Wait a moment and try again."
DISK_FULL = "cannot grow: the disk is full. Free some space there and try again; nothing was lost."
MISSTATED = (  # what drivers say of an address; no defects
    "invalid connection option",
    "invalid uri query parameter",
    "invalid integer value",
    "bad value for",
)
OPTION = (
    "is named with an option, or a value of one, that its driver does not know. Correct what stands behind "
    f"the '?' in {URL_VARIABLE}."
)
REASONS = (  # what drivers say -> found, and what to do; the first that fits
    *((words, OPTION) for words in MISSTATED),
    ("connection refused", NOBODY),
    ("is the server running", NOBODY),
    ("resolve host", f"cannot be reached: no machine has that name. Correct the host in {URL_VARIABLE}."),
    ("timeout expired", "cannot be reached: its machine does not answer. Check host, port and firewall."),
    (
        "password authentication failed",
        f"refuses that user with that password. Correct them in {URL_VARIABLE}.",
    ),
    (
        "no password supplied",
        f"asks for a password. Add it in {URL_VARIABLE}: postgresql://user:password@host:5432/database.",
    ),
    ("pg_hba.conf", "lets nobody in as this user from here. Add an entry to pg_hba.conf on the server."),
    ('fatal:  role "', f"knows no such user. Make it (createuser), or correct it in {URL_VARIABLE}."),
    (
        '" does not exist',
        f"does not exist, though its server answers. Make it (createdb), or correct its name in "
        f"{URL_VARIABLE}.",
    ),
    ("permission denied", "refuses this user a right that Firnline needs: to make and change tables there."),
    ("read-only transaction", "takes no changes: its server is read-only. Name one that may be written."),
    ("connection slots", FULL),
    ("too many clients", FULL),
    (
        "not a database",
        "is not a Firnline database. Name another file, or move this one away and start again.",
    ),
    ("malformed", "is damaged. Restore it from a backup, or move it away and start again."),
    ("disk is full", DISK_FULL),
    ("no space left", DISK_FULL),
    (  # what SQLite says, too, when the disk has no room for the files beside it
        "disk i/o error",
        "cannot be read or written: its disk is full or faulty. Free some space there or replace it, then "
        "try again.",
    ),
    ("locked", "is kept locked by another program. Close what else has it open and try again."),
    ("readonly", "may not be written. Allow writing to the file and its folder, then try again."),
    ("unable to open", "cannot be opened. Check that the folder exists and may be written."),
)
REFUSALS = ("42501", "25006")  # SQLSTATEs of missing rights and read-only servers, which are no defects
SERVER_REASON = (
    "cannot be reached or used. Check the address, the server and the user's rights, then try again."
)


@dataclass(frozen=True, slots=True)
class Database:
    """Transactions on the history's database."""

    location: Location
    engine: Engine
    _readers: sessionmaker[Session]
    _writers: sessionmaker[Session]

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One snapshot of the database.

        Raises:
            HistoryError: the database cannot be read.
        """
        with plain_database_errors(self.location.place), self._readers() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end of the block and rolled back when the block fails.

        Raises:
            HistoryError: the database cannot be written.
        """
        with plain_database_errors(self.location.place), self._writers.begin() as session:
            yield session


def make_database(location: Location) -> Database:
    """The database of a location; nothing is connected yet.

    Raises:
        HistoryError: the URL names a database that no installed driver speaks.
    """
    try:
        engine = _make_engine(location)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise HistoryError(
            f"No driver for '{location.url.drivername}' is installed. Use a sqlite or postgresql URL, or "
            "install the driver."
        ) from error
    writing = engine.execution_options(**WRITES)
    return Database(
        location=location,
        engine=engine,
        _readers=sessionmaker(engine, expire_on_commit=False),
        _writers=sessionmaker(writing, expire_on_commit=False),
    )


def run_pragma(database: Database, pragma: str) -> None:
    """Set something up in an SQLite database, outside any transaction as SQLite demands."""
    with database.engine.connect().execution_options(**NO_TRANSACTION) as connection:
        connection.exec_driver_sql(f"PRAGMA {pragma}")


def force_to_disk(database: Database) -> None:
    """Make what was committed survive a power cut; a server does so at each commit.

    Raises:
        HistoryError: the database cannot be written.
    """
    if database.location.database_file is not None:
        with plain_database_errors(database.location.place):
            run_pragma(database, "wal_checkpoint(PASSIVE)")


@contextmanager
def plain_database_errors(place: str) -> Iterator[None]:
    """Turn the database's refusals into sentences; defects such as wrong SQL stay loud.

    Raises:
        HistoryError: the database in the block could not be used.
    """
    try:
        yield
    except PoolTimeoutError as error:
        raise HistoryError(f"The database {place} is too busy. Wait a moment and try again.") from error
    except (OperationalError, InterfaceError) as error:
        raise HistoryError(f"The database {place} {_reason(error)}") from error
    except DatabaseError as error:
        refused = getattr(error.orig, "sqlstate", None) in REFUSALS or _misstated(error)
        if type(error) is not DatabaseError and not refused:  # wrong SQL or broken rules: defects
            raise
        raise HistoryError(f"The database {place} {_reason(error)}") from error


def _misstated(error: DatabaseError) -> bool:
    """Whether the address was refused by the driver, before any server or statement was reached."""
    said = str(error.orig).lower()
    return error.statement is None and any(words in said for words in MISSTATED)


def _reason(error: DatabaseError | InterfaceError) -> str:
    said = str(error.orig).lower()
    return next((reason for words, reason in REASONS if words in said), SERVER_REASON)


def _make_engine(location: Location) -> Engine:
    if location.database_file is None:
        return create_engine(location.url, pool_pre_ping=True)
    engine = create_engine(location.url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type
    connection.isolation_level = None  # the driver's own begin comes too late; `_begin_sqlite` replaces it
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=NORMAL")  # safe with the write-ahead log, and faster


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads and then writes loses updates or fails; so writers say who they are.
    begin = connection.get_execution_options().get(BEGIN, "BEGIN")
    if begin:
        connection.exec_driver_sql(begin)
