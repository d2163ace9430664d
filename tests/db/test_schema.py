"""The tables are made and migrated, whoever starts first."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from core.errors import HistoryError
from db.engine import make_database
from db.history import History, open_history
from db.location import find_location
from db.schema import migration_config
from db.tables import Table
from tests.db.runs import make_errors, make_run, save_run

ROOT = Path(__file__).parents[2]
OPEN = """
import sys
from pathlib import Path
from db.history import open_history
open_history(Path(sys.argv[1]), sys.argv[2] or None).close()
"""


def test_the_migrations_make_the_tables_that_the_code_knows(history: History) -> None:
    with history._database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_the_migrations_can_be_taken_back(history: History) -> None:
    with history._database.engine.begin() as connection:
        command.downgrade(migration_config(connection), "base")
        left = MigrationContext.configure(connection)
        assert {difference[0] for difference in compare_metadata(left, Table.metadata)} >= {"add_table"}
        command.upgrade(migration_config(connection), "head")
        assert compare_metadata(left, Table.metadata) == []


def test_a_database_newer_than_the_code_is_refused_in_words(history: History) -> None:
    with history._database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    url = history.location.url.render_as_string(hide_password=False)
    with pytest.raises(HistoryError, match=r"newer Firnline.*'9999'.*Update"):
        open_history(history.location.folder, url)


def _start_five(folder: Path, url: str, anywhere: Path) -> list[tuple[int, bytes]]:
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", OPEN, str(folder), url]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    started = [
        subprocess.Popen(command, cwd=anywhere, env=environment, stderr=subprocess.PIPE) for _ in range(5)
    ]
    return [(process.wait(120), process.communicate()[1]) for process in started]


def test_five_processes_may_start_at_once_from_any_folder(data_folder: Path, tmp_path: Path) -> None:
    assert _start_five(data_folder, "", tmp_path) == [(0, b"")] * 5
    open_history(data_folder).close()


def test_five_processes_may_start_at_once_on_a_server(
    data_folder: Path, postgres_url: str, tmp_path: Path
) -> None:
    assert _start_five(data_folder, postgres_url, tmp_path) == [(0, b"")] * 5
    open_history(data_folder, postgres_url).close()


def test_a_folder_with_a_percent_sign_in_its_name_works(tmp_path: Path) -> None:
    open_history(tmp_path / "50%s done").close()
    assert make_database(find_location(tmp_path / "50%s done")).location.database_file.is_file()


def test_a_run_from_before_errors_were_estimated_has_none(history: History) -> None:
    run = make_run(errors=make_errors("glacier"))
    save_run(history, run)
    with history._database.engine.begin() as connection:
        command.downgrade(migration_config(connection), "0001")
        command.upgrade(migration_config(connection), "head")
    assert history.get_run(run.id).run == replace(run, errors=())
