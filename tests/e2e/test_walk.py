"""The main job in a real browser: from an uploaded tile to the history and its CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.e2e.watch import watched_page
from tests.rasters import write_tile

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.e2e

SIZE = 96
MAP = "iframe[title='streamlit_folium.st_folium']"


def write_bands(folder: Path) -> list[Path]:
    """One Level-2 file a band, half of it bright and cold as a glacier is."""
    rng = np.random.default_rng(3)
    ice = np.tri(SIZE, dtype=bool)
    digital_numbers = {
        "B2": (34_000, 12_000),
        "B3": (33_000, 12_500),
        "B4": (32_000, 13_000),
        "B6": (8_500, 15_000),
    }
    names = {f"SR_{band}": values for band, values in digital_numbers.items()} | {"ST_B10": (35_500, 43_000)}
    paths = []
    for name, (on_ice, on_ground) in names.items():
        path = folder / f"LC09_L2SP_147037_20230915_20230917_02_T1_{name}.TIF"
        values = np.where(ice, on_ice, on_ground) + rng.normal(0, 150, (SIZE, SIZE))
        paths.append(write_tile(path, values.astype("uint16")[np.newaxis], nodata=0))
    return paths


def run_tile(page: Page, url: str, files: list[Path]) -> None:
    page.goto(url)
    page.get_by_text("Map the ice on a tile").wait_for()
    page.locator("input[type=file]").first.set_input_files([str(file) for file in files])
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Saved in the history").first.wait_for()


def test_a_tile_goes_from_upload_to_the_csv_of_the_history(
    app_url: str, browser: Browser, tmp_path: Path
) -> None:
    with watched_page(browser) as watch:
        page = watch.page
        run_tile(page, app_url, write_bands(tmp_path))
        overlay = page.frame_locator(MAP).locator("img.leaflet-image-layer").first
        overlay.wait_for()
        assert overlay.evaluate("image => image.naturalWidth") > 0
        bars = page.locator(".js-plotly-plot").first.evaluate("plot => plot.data.length")
        assert bars >= 1

        page.reload()
        page.get_by_text("Saved in the history").first.wait_for()

        page.get_by_test_id("stSidebarNavLink").filter(has_text="History").click()
        page.get_by_text("1 runs").or_(page.get_by_text("1 run")).first.wait_for()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="CSV of all runs").click()
        rows = list(csv.DictReader(Path(waiting.value.path()).read_text("utf-8").splitlines()))
        assert {row["acquired_on"] for row in rows} == {"2023-09-15"}
        assert sum(int(row["pixels"]) for row in rows) == SIZE * SIZE
        assert sum(float(row["area_km2"]) for row in rows) == pytest.approx(SIZE * SIZE * 900 / 1e6, rel=5e-3)
        assert watch.strayed == []
        assert watch.errors == []


def test_bad_files_get_sentences_and_no_traceback(app_url: str, browser: Browser, tmp_path: Path) -> None:
    fake = tmp_path / "<img src=x onerror=alert(1)>.tif"
    fake.write_bytes(b"this is no TIFF")
    empty = tmp_path / "empty.tif"
    empty.touch()
    with watched_page(browser) as watch:
        page = watch.page
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(app_url)
        page.locator("input[type=file]").first.set_input_files([str(fake), str(empty)])
        page.get_by_text("not a GeoTIFF").or_(page.get_by_text("is empty")).first.wait_for()
        assert "Traceback" not in page.content()
        assert dialogs == []
        assert watch.errors == []


@pytest.mark.parametrize(("path", "heading"), [("history", "History"), ("models", "Models")])
def test_a_page_can_be_opened_by_its_address(app_url: str, browser: Browser, path: str, heading: str) -> None:
    with watched_page(browser) as watch:
        watch.page.goto(f"{app_url}/{path}")
        watch.page.get_by_role("heading", name=heading).first.wait_for()
        assert watch.page.get_by_text("Page not found").count() == 0
        assert watch.strayed == []
        assert watch.errors == []
