"""What all tests share: a private data folder, so that no test touches a user's history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def private_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own; no database URL from the environment."""
    folder = tmp_path / "firnline-data"
    monkeypatch.setenv("FIRNLINE_DATA", str(folder))
    monkeypatch.delenv("FIRNLINE_DATABASE_URL", raising=False)
    return folder
