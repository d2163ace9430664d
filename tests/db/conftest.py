"""Histories to test on: one in SQLite, one in PostgreSQL where its server can run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.history import History, open_history
from tests.db.servers import find_binaries, fresh_database, running_server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a running PostgreSQL; without its binaries tests are skipped, but in CI they fail."""
    binaries = find_binaries()
    if binaries is None:
        message = "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with running_server(binaries) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    with fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(params=["sqlite", "postgresql"])
def history(request: pytest.FixtureRequest, data_folder: Path) -> Iterator[History]:
    """An empty history, once in each database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    opened = open_history(data_folder, url)
    yield opened
    opened.close()


@pytest.fixture
def local_history(data_folder: Path) -> Iterator[History]:
    """An empty history in SQLite, where the database makes no difference."""
    opened = open_history(data_folder)
    yield opened
    opened.close()
