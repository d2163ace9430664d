"""The Models page in a browser: hashes and commands are read to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BEYOND = (
    "table => table.getBoundingClientRect().right - table.closest('details').getBoundingClientRect().right"
)


@pytest.mark.e2e
@pytest.mark.parametrize("width_px", [1440, 390])
def test_no_fact_is_cut_off_at_the_edge_of_its_card(browser: Browser, app_url: str, width_px: int) -> None:
    page = browser.new_page(viewport={"width": width_px, "height": 900})
    page.goto(f"{app_url}/models")
    facts = page.locator("table", has_text="Repeat with").last  # the last model's: all above it is drawn
    facts.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(3000)
    page.locator("details", has=facts).locator("summary").last.click()
    facts.wait_for()
    assert facts.evaluate(BEYOND) <= 0
    page.close()
