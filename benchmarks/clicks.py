"""The app on a tile of 512 px: from the click on Run to the finished result, weights warm."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figures import Figure, report
from benchmarks.options import Model, Out, Repeats
from benchmarks.visitor import seconds_until, settle, visiting
from core.models import MODELS
from db.history import open_history

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

MOST_S = 2.0  # the bar


def measure(repeats: Repeats = 5, model: Model = None, out: Out = None) -> None:
    """Time the sample tile in a real browser, from the click to the result; the first run does not count."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        with visiting(data) as (page, url):
            page.goto(url)
            for key in [model] if model else MODELS:
                clicked = [run_sample(page, MODELS[key].title) for _ in range(repeats + 1)]
                figures += figures_of(key, clicked[1:], worked_s(data, repeats))
    report("Click to result, 512 px", figures, out)


def figures_of(key: str, clicked_s: list[float], within_s: float) -> Iterator[Figure]:
    """The wait, and the run's own share of it."""
    how = f"median of {len(clicked_s)}; least {min(clicked_s):.2f} s, most {max(clicked_s):.2f} s"
    yield Figure(f"{key}: click to result", median(clicked_s), "s", MOST_S, "at most", how)
    yield Figure(f"{key}:   the run in it", within_s, "s", how="from its record, saving apart")


def run_sample(page: Page, title: str) -> float:
    """Hand in the sample tile, choose the model, run it; seconds from the click to the result."""
    page.get_by_role("button", name="Try the sample tile").click()
    page.get_by_role("heading", name="Input check").wait_for()
    page.get_by_text(title, exact=True).first.click()
    settle(page)
    run = page.get_by_role("button", name="Run", exact=True)
    elapsed_s = seconds_until(run, page.get_by_text("Saved in the history").first)
    settle(page)
    page.get_by_role("button", name="New tile").click()
    return elapsed_s


def worked_s(data: Path, count: int) -> float:
    """The median time that the last runs say they took, seconds."""
    store = open_history(data)
    records = store.list_runs(limit=count)
    store.close()
    return median((record.finished_at - record.started_at).total_seconds() for record in records)
