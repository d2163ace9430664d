"""What all tests share: a private data folder, so that no test touches a user's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from db.location import ENGINES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def compiled_networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache for all tests: compiling a network takes seconds."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(autouse=True)
def private_data_folder(tmp_path: Path, compiled_networks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, but for compiled networks; no database URL from the environment."""
    folder = tmp_path.with_name(f"{tmp_path.name}-data")
    folder.mkdir()
    (folder / ENGINES).symlink_to(compiled_networks)  # a link, so that worker processes find it too
    monkeypatch.setenv("FIRNLINE_DATA", str(folder))
    monkeypatch.delenv("FIRNLINE_DATABASE_URL", raising=False)
    return folder
