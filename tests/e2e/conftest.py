"""The app and the browser for the walks: there in CI, skipped elsewhere when no Chromium is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.e2e.app import chromium, running_app, running_browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        reason = "no Chromium is installed (Debian: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; in CI the browser must be there")
        pytest.skip(reason)
    with running_browser() as launched:
        yield launched


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("app") / "data") as url:
        yield url
