"""The database's tables at the version of this code: created and migrated under a lock."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from core.errors import HistoryError
from db.engine import WRITES, Database, plain_database_errors, run_pragma
from db.files import DATA_VARIABLE, locked, plain_file_errors
from db.location import URL_VARIABLE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from db.location import Location

SCRIPTS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 0x4649524E  # "FIRN"; any number that no other program on the server uses
MIGRATION_TIMEOUT_S = 300.0  # other processes wait this long for the one that migrates


def migration_config(connection: Connection | None = None) -> Config:
    """Alembic's settings, without a file of settings."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade_schema(database: Database) -> None:
    """Create the tables, or migrate them to this code's version. Safe in many processes at once.

    Raises:
        HistoryError: the database cannot be used, or is newer than this code.
    """
    location = database.location
    with _migration_lock(location), plain_database_errors(location.place):
        if location.database_file is not None:
            run_pragma(database, "journal_mode=WAL")
        with database.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            _upgrade(connection, location.place)


def _upgrade(connection: Connection, place: str) -> None:
    config = migration_config(connection)
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise HistoryError(
            f"The database {place} was made by a newer Firnline (its version '{current}' is unknown here). "
            "Update this Firnline, or name another database."
        )
    if current != scripts.get_current_head():
        command.upgrade(config, "head")


def _migration_lock(location: Location) -> AbstractContextManager[None]:
    if location.database_file is None:
        return nullcontext()  # the server's own lock is taken inside the transaction
    folder = location.database_file.parent
    setting = DATA_VARIABLE if folder == location.folder else URL_VARIABLE
    with plain_file_errors(folder, setting):
        folder.mkdir(parents=True, exist_ok=True)
    return locked(location.database_file.with_suffix(".lock"), MIGRATION_TIMEOUT_S, setting=setting)
