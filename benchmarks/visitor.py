"""A visitor of the running app: a browser before a Firnline that was started for it.

Playwright and Chromium are what the browser tests need (requirements-dev.txt); nothing else needs them here.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

PATIENCE_MS = 180_000
RESULT = "iframe[title='streamlit_folium.st_folium']"


@contextmanager
def visiting(data: Path) -> Iterator[tuple[Page, str]]:
    """A page of a headless Chromium and the address of an app with this data folder.

    Raises:
        typer.BadParameter: there is no browser.
    """
    from tests.e2e.app import chromium, running_app, running_browser  # they need Playwright

    if chromium() is None:
        raise typer.BadParameter("There is no Chromium; install it (Debian: apt install chromium).")
    with running_app(data) as url, running_browser() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page(), url
        context.close()


def seconds_until(click: Locator, landmark: Locator) -> float:
    """Wall time from a click to the moment at which the landmark is seen, seconds."""
    click.wait_for()
    start = perf_counter()
    click.click()
    landmark.wait_for()
    return perf_counter() - start


def settle(page: Page) -> None:
    """Wait until the app runs no script."""
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
