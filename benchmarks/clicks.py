"""The app on a tile of 512 px: from the click on Run to the finished result, weights warm."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, report
from benchmarks.options import Model, Out, Repeats
from benchmarks.visitor import seconds_until, settle, visiting
from core.models import MODELS
from core.runs import utc_now
from db.history import open_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from playwright.sync_api import Page

MOST_S = 2.0  # the bar


@dataclass(frozen=True, slots=True)
class Click:
    """When Run was pressed and when the result was seen, with what the run's record says between them."""

    at: datetime
    started_at: datetime
    finished_at: datetime
    saved_at: datetime
    seen_at: datetime

    @property
    def phases_s(self) -> dict[str, float]:
        """Seconds of each phase; together they are the wait."""
        return {
            "before the run: queue, opening the tile, engine": (self.started_at - self.at).total_seconds(),
            "the run": (self.finished_at - self.started_at).total_seconds(),
            "saving": (self.saved_at - self.finished_at).total_seconds(),
            "until the page shows it": (self.seen_at - self.saved_at).total_seconds(),
        }


def measure(repeats: Repeats = 5, model: Model = None, out: Out = None) -> None:
    """Time the sample tile in a real browser, from the click to the result; the first run does not count."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        with visiting(data) as (page, url):
            page.goto(url)
            for key in [model] if model else MODELS:
                seen = [run_sample(page, MODELS[key].title) for _ in range(repeats + 1)]
                figures += figures_of(key, clicks_of(data, seen)[1:])
    report("Click to result, 512 px", figures, out)


def figures_of(key: str, clicks: Sequence[Click]) -> Iterator[Figure]:
    """The wait against its bar, and the medians of its phases."""
    waits = [(click.seen_at - click.at).total_seconds() for click in clicks]
    how = f"median of {len(waits)}; least {min(waits):.2f} s, most {max(waits):.2f} s"
    yield Figure(f"{key}: click to result", median(waits), "s", MOST_S, "at most", how)
    for phase in clicks[0].phases_s:
        yield Figure(f"{key}:   {phase}", median(click.phases_s[phase] for click in clicks), "s")


def run_sample(page: Page, title: str) -> tuple[datetime, datetime]:
    """Hand in the sample tile, choose the model, run it; when Run was pressed and the result seen."""
    page.get_by_role("button", name="Try the sample tile").click()
    page.get_by_role("heading", name="Input check").wait_for()
    page.get_by_text(title, exact=True).first.click()
    settle(page)
    run = page.get_by_role("button", name="Run", exact=True)
    elapsed_s = seconds_until(run, page.get_by_text("Saved in the history").first)
    seen_at = utc_now()
    settle(page)
    page.get_by_role("button", name="New tile").click()
    return seen_at - timedelta(seconds=elapsed_s), seen_at


def clicks_of(data: Path, seen: Sequence[tuple[datetime, datetime]]) -> list[Click]:
    """The clicks, oldest first, with the records of their runs, which are the newest of the history."""
    store = open_history(data)
    records = [store.get_run(record.id) for record in reversed(store.list_runs(limit=len(seen)))]
    store.close()
    return [
        Click(at, stored.run.started_at, stored.run.finished_at, stored.saved_at, seen_at)
        for (at, seen_at), stored in zip(seen, records, strict=True)
    ]
