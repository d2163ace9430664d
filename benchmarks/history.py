"""A history of ten thousand runs: its page's first drawing, and the CSV of all of them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from benchmarks.figures import Figure, median_seconds, report, seconds_of
from benchmarks.options import Out, Repeats, Seed
from benchmarks.series import make_run
from benchmarks.visitor import seconds_until, settle, visiting
from core.export.tables import csv_lines
from core.runs import Artifact, Run, utc_now
from db.engine import make_database
from db.filters import EVERYTHING
from db.history import open_history
from db.location import find_location
from db.rows import Notes, run_row, tile_row
from db.sites import site_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from db.history import History

PAGE_S, CSV_S = 1.0, 2.0  # the bars
PAGE_ROWS = 25
SITES, DATES = 50, 400
ARTIFACTS = 12  # files of a run
TABLE = "[data-testid=stDataFrame] canvas"
Runs = Annotated[int, typer.Option("--runs", min=2, help="How many runs the history has.")]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Draw the page in Chromium, too.")]


def measure(
    runs: Runs = 10_000, repeats: Repeats = 5, seed: Seed = 1, browser: Browser = True, out: Out = None
) -> None:
    """Time the history of many runs in SQLite: queries, the page in a browser, the CSV."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "data"
        fill(data, runs, seed)
        store = open_history(data)
        figures = list(store_figures(store, repeats))
        store.close()
        if browser:
            with visiting(data) as (page, url):
                figures = [*page_figures(page, url, repeats), *figures]
    report(f"History of {runs:,} runs", figures, out)


def fill(data: Path, count: int, seed: int) -> None:
    """A history with so many runs, their rows written at once: what saving takes is not measured here.

    Their files are named and do not exist.
    """
    open_history(data).close()  # makes the tables
    database = make_database(find_location(data))
    random, now = np.random.default_rng(seed), utc_now()
    with database.write() as session:
        sites = [site_id(session, f"Simulated site {number}") for number in range(SITES)]
        tiles: dict[str, str] = {}
        for number in range(count):
            run = made_run(number, random)
            if run.tile.name not in tiles:
                tile = tile_row(run.tile)
                session.add(tile)
                session.flush()
                tiles[run.tile.name] = tile.id
            session.add(run_row(run, tiles[run.tile.name], Notes(sites[number % SITES], "", now)))
    database.engine.dispose()


def made_run(number: int, random: np.random.Generator) -> Run:
    """A run as the pipeline makes them, with as many files."""
    artifacts = tuple(Artifact(f"kind-{n}", f"file-{n}.tif", "f" * 64, 1_000_000) for n in range(ARTIFACTS))
    return replace(make_run(number % DATES, random), artifacts=artifacts)


def store_figures(store: History, repeats: int) -> Iterator[Figure]:
    """What the page asks of the database, and the CSV."""

    def ask() -> object:
        return (
            store.sites(), store.models(), store.count_runs(), store.list_runs(EVERYTHING, limit=PAGE_ROWS)
        )  # fmt: skip

    yield Figure("  queries of the page", median_seconds(ask, repeats), "s", how=f"median of {repeats}")
    lines = sum(1 for _ in csv_lines(store.area_rows(EVERYTHING)))
    seconds = median_seconds(lambda: "".join(csv_lines(store.area_rows(EVERYTHING))).encode(), repeats)
    yield Figure("CSV of all runs", seconds, "s", CSV_S, "at most", f"{lines:,} lines, median of {repeats}")


def page_figures(page: Page, url: str, repeats: int) -> Iterator[Figure]:
    """The page in a browser: from the click on its name to its table, from its address, and the download."""
    drawn, opened, downloaded = [], [], []
    table = page.locator(TABLE).first
    for _ in range(repeats + 1):
        page.goto(url)
        page.get_by_text("Map the ice on a tile").wait_for()
        settle(page)
        link = page.get_by_test_id("stSidebarNavLink").filter(has_text="History")
        drawn.append(seconds_until(link, table))
        settle(page)
        downloaded.append(seconds_of(lambda: _download(page)))
        opened.append(seconds_of(lambda: _load(page, f"{url}/history")))
    how = f"median of {repeats} in Chromium, after one"
    yield Figure("click to the page's table", median(drawn[1:]), "s", PAGE_S, "at most", how)
    yield Figure("  the first click of all", drawn[0], "s", how="the app has shown no history yet")
    yield Figure("  address to table, a new load", median(opened[1:]), "s", how=how)
    yield Figure("click to the CSV on disk", median(downloaded[1:]), "s", CSV_S, "at most", how)


def _load(page: Page, address: str) -> None:
    page.goto(address)
    page.locator(TABLE).first.wait_for()


def _download(page: Page) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV of all runs").click()
    waiting.value.path()
