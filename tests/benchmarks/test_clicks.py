"""Clicks are held against their bar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from benchmarks.clicks import Click, figures_of


def test_the_median_click_is_held_against_the_bar_and_its_phases_add_up() -> None:
    pressed = datetime(2026, 3, 4, tzinfo=UTC)
    clicks = [
        Click(*(pressed + timedelta(seconds=second) for second in (0.0, 0.25, 1.25, 1.5, seen)))
        for seen in (1.75, 2.5, 9.0)
    ]
    waits, *phases = figures_of("binary", clicks)
    assert (waits.value, waits.verdict) == (2.5, "missed")
    assert [phase.value for phase in phases] == [0.25, 1.0, 0.25, 1.0]
