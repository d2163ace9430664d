"""A Dask cluster and a PostgreSQL server for the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core.crews.clusters import local_cluster
from tests.db.conftest import postgres_server, postgres_url

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(scope="package")
def scheduler() -> Iterator[str]:
    """The address of a Dask scheduler with two worker processes."""
    with local_cluster() as address:
        yield address
