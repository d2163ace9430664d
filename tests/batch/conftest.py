"""A Dask cluster, a PostgreSQL server and a history with one run for the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.history import History, open_history
from tests.batch.scenes import batch, write_scene
from tests.core.crews.clusters import local_cluster
from tests.db.conftest import postgres_server, postgres_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from db.records import StoredRun

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(scope="package")
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler with two worker processes."""
    with local_cluster() as address:
        yield address


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A history with one binary run of a tile whose files were kept."""
    scene = write_scene(tmp_path / "in" / "glacier.tif")
    result = batch(scene, "--model", "binary", "--out", tmp_path / "out", "--keep-input")
    assert result.exit_code == 0
    return open_history()


@pytest.fixture
def stored(history: History) -> StoredRun:
    (record,) = history.list_runs()
    return history.get_run(record.id)
