"""A click's time lasts until its result is seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.clicks import Click, figures_of
from benchmarks.visitor import seconds_until
from tests.e2e.app import chromium, running_browser

SLOW_PAGE = """
<button onclick="setTimeout(() => { document.body.append('Saved in the history') }, 400)">Run</button>
"""


@pytest.mark.skipif(chromium() is None, reason="no Chromium is installed (Debian: apt install chromium)")
def test_the_time_ends_when_the_result_is_there() -> None:
    with running_browser() as browser:
        page = browser.new_page()
        page.set_content(SLOW_PAGE)
        landmark = page.get_by_text("Saved in the history").first
        assert 0.35 < seconds_until(page.get_by_role("button", name="Run"), landmark) < 3


def test_the_median_click_is_held_against_the_bar_and_its_phases_add_up() -> None:
    pressed = datetime(2026, 3, 4, tzinfo=UTC)
    clicks = [
        Click(*(pressed + timedelta(seconds=second) for second in (0.0, 0.25, 1.25, 1.5, seen)))
        for seen in (1.75, 2.5, 9.0)
    ]
    waits, *phases = figures_of("binary", clicks)
    assert (waits.value, waits.verdict) == (2.5, "missed")
    assert [phase.value for phase in phases] == [0.25, 1.0, 0.25, 1.0]
