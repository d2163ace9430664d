"""A click's time lasts until its result is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.visitor import seconds_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SLOW_PAGE = """
<button onclick="setTimeout(() => { document.body.append('Saved in the history') }, 400)">Run</button>
"""


def test_the_time_ends_when_the_result_is_there(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(SLOW_PAGE)
    landmark = page.get_by_text("Saved in the history").first
    assert 0.35 < seconds_until(page.get_by_role("button", name="Run"), landmark) < 3
    page.close()
