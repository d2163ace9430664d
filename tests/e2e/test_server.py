"""A server just started: the first address is answered with its page, and no press loses a file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from db.history import open_history
from tests.batch.scenes import batch, runs_below, write_scenes
from tests.db.runs import make_areas, make_facts, make_run, save_run
from tests.e2e.app import running_app
from tests.e2e.watch import watched_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e


def save_three_years(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRNLINE_DATA", str(data))
    store = open_history()
    for year, km2 in ((2015, 10.0), (2018, 9.6), (2021, 9.1)):
        day = date(year, 9, 1)
        facts = make_facts(name=f"tile {day}", acquired_on=day)
        run = make_run(tile=facts, areas=make_areas("binary", km2), valid_px=12000)
        save_run(store, run, site="Walked")
    store.close()


def test_a_new_server_shows_any_page_first_and_its_report_comes_during_reruns(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_three_years(tmp_path / "data", monkeypatch)
    with running_app(tmp_path / "data") as url, watched_page(browser) as watch:
        page = watch.page
        page.goto(f"{url}/follow")
        report = page.get_by_role("button", name="Report (HTML)")
        report.wait_for()
        page.get_by_test_id("stSidebarNavLink").filter(has_text="Compare").wait_for()
        assert page.get_by_text("Page not found").count() == 0
        assert page.get_by_role("dialog").count() == 0

        page.get_by_text("Guards: what a point must satisfy").click()
        for _ in range(3):
            for name in ("One run a date", "Same ground on every date"):  # the second interrupts the first
                page.get_by_text(name, exact=True).click()
            with page.expect_download(timeout=20_000) as waiting:
                report.click()
            assert waiting.value.suggested_filename.endswith("report.html")
        assert watch.errors == []


def test_a_file_that_cannot_be_made_says_why_below_its_button(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose class map is gone."""
    monkeypatch.setenv("FIRNLINE_DATA", str(tmp_path / "data"))
    scenes = write_scenes(tmp_path / "scenes", 1)
    assert batch(scenes, "--out", tmp_path / "out", "--model", "binary").exit_code == 0
    (run,) = runs_below(tmp_path / "out").values()
    (classes,) = (tmp_path / "data").rglob("classes.tif")
    classes.unlink()
    with running_app(tmp_path / "data") as url, watched_page(browser) as watch:
        page = watch.page
        page.goto(f"{url}/run?id={run.id}")
        page.get_by_role("button", name="Outlines (GeoJSON)").click()
        why = page.get_by_test_id("stDownloadButtonError")
        why.wait_for()
        assert "classes.tif of this run is not in the data folder" in why.inner_text()
