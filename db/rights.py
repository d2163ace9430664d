"""Rights: whether the history may be written, asked before hours of work are done for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import false, select

from db.engine import WRITES, make_database, plain_database_errors
from db.tables import Table

if TYPE_CHECKING:
    from db.location import Location


def require_writable(location: Location) -> None:
    """Try to add nothing to every table, and take that back.

    To begin a writing transaction is no test: on a file that may only be read, SQLite begins one that reads.

    Raises:
        HistoryError: the database cannot be reached, or takes no changes.
    """
    database = make_database(location)
    writing = database.engine.execution_options(**WRITES)
    try:
        with plain_database_errors(location.place), writing.connect() as connection:
            for table in Table.metadata.sorted_tables:
                nothing = select(table).where(false())
                connection.execute(table.insert().from_select(table.columns.keys(), nothing))
            connection.rollback()
    finally:
        database.engine.dispose()
