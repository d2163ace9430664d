"""An expert's work in a real browser: three dates of a glacier, from the upload to the report."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest

from tests.e2e.app import running_app
from tests.e2e.watch import watched_page
from tests.rasters import write_tile

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

pytestmark = pytest.mark.e2e

SITE = "Walked glacier"
SIZE, PIXEL_KM2 = 192, 0.0009  # wide enough for the network to see ground around the glacier
RADII_PX = {2015: 36, 2019: 32, 2023: 28}  # of a round glacier that shrinks
NUMBERS = {  # digital numbers of Level 2: on ice, on ground
    "SR_B2": (34_000, 12_000),
    "SR_B3": (33_000, 12_500),
    "SR_B4": (32_000, 13_000),
    "SR_B6": (8_500, 15_000),
    "ST_B10": (35_500, 39_000),
}
SHARE = 0.05  # of an area: a pixel along the margin of so small a glacier, where weights differ
BETWEEN_CORNERS_MS = 80  # leaflet-draw takes two clicks within 50 ms for one
LOSS = ("glacier", "non_glacier")
MAP = "iframe[title='streamlit_folium.st_folium']"


def true_km2(year: int) -> float:
    """The area of the glacier's disc."""
    return float(np.pi * RADII_PX[year] ** 2 * PIXEL_KM2)


def write_year(folder: Path, year: int) -> list[str]:
    """The five bands of a September day, named as Landsat's."""
    rows, cols = np.mgrid[:SIZE, :SIZE]
    ice = np.hypot(rows - SIZE / 2 + 0.5, cols - SIZE / 2 + 0.5) < RADII_PX[year]
    rng = np.random.default_rng(year)
    paths = []
    for band, (on_ice, on_ground) in NUMBERS.items():
        values = np.where(ice, on_ice, on_ground) + rng.normal(0, 150, (SIZE, SIZE))
        path = folder / f"LC08_L2SP_147037_{year}0912_{year}0920_02_T1_{band}.TIF"
        paths.append(str(write_tile(path, values.astype("uint16"), nodata=0)))
    return paths


def rest(page: Page) -> None:
    """Wait until the page is drawn to its end, with its pictures: the server drops those of a page left."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_function("[...document.images].every(image => image.complete)")


def go(page: Page, name: str) -> None:
    rest(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text=name).click()


def choose(page: Page, label: str, words: str) -> None:
    """The first choice of a box that holds the words."""
    box = page.get_by_role("combobox", name=label)
    box.fill(words)
    page.get_by_role("option").filter(has_text=words).first.click()


def hand_in(page: Page, files: list[str]) -> None:
    page.get_by_role("button", name="Try the sample tile").wait_for()
    rest(page)
    page.locator("input[type=file]").first.set_input_files(files)
    page.get_by_text(f"{len(files)} files handed in").wait_for()
    rest(page)
    site = page.get_by_role("combobox", name="Site")
    site.fill(SITE)
    site.press("Enter")


def downloaded(page: Page, button: str, folder: Path) -> Path:
    """The file behind a button of a page that is drawn to its end, under the name that it comes with."""
    rest(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def table(page: Page, button: str, folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(downloaded(page, button, folder).read_text("utf-8").splitlines()))


def draw_square(page: Page, share: float) -> None:
    """A polygon around the middle of the map's picture, a click a corner and one on the first again."""
    frame = page.frame_locator(MAP)
    picture = frame.locator("img.leaflet-image-layer").first
    picture.wait_for()
    picture.scroll_into_view_if_needed()
    frame.locator("a.leaflet-draw-draw-polygon").click()
    box = picture.bounding_box()
    assert box is not None
    for x, y in corners(box, share):
        page.mouse.move(x, y, steps=3)
        page.mouse.click(x, y)
        page.wait_for_timeout(BETWEEN_CORNERS_MS)


def corners(box: FloatRect, share: float) -> list[tuple[float, float]]:
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    half = box["width"] * share / 2, box["height"] * share / 2
    ways = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [(middle[0] + x * half[0], middle[1] + y * half[1]) for x, y in ways]


def map_three_years(page: Page, url: str, folder: Path) -> None:
    page.goto(url)
    hand_in(page, list(itertools.chain.from_iterable(write_year(folder, year) for year in RADII_PX)))
    page.get_by_role("button", name="Run 3 tiles").click()
    page.get_by_role("heading", name="Result").wait_for()


def save_an_outline(page: Page, folder: Path) -> None:
    """Draw around the glacier; what the newest run found inside."""
    go(page, "Sites")
    draw_square(page, 0.9)
    page.get_by_role("button", name="Save as the site's outlines").click()
    page.get_by_text("1 outline was saved").wait_for()
    row = table(page, "Ledger (CSV)", folder)[0]
    assert float(row["outline_km2"]) == pytest.approx(0.81 * SIZE**2 * PIXEL_KM2, rel=0.05)
    assert float(row["ice_km2"]) == pytest.approx(true_km2(2023), rel=SHARE)


def follow(page: Page, folder: Path) -> Path:
    """The site's series with a point a year; its report."""
    go(page, "Follow")
    page.get_by_role("button", name="Measure now").click()
    page.get_by_text("all 3 points count").wait_for()
    page.get_by_text("3 dates are too few for a test").wait_for()
    rows = table(page, "Series (CSV)", folder)
    areas = {int(row["acquired_on"][:4]): float(row["area_km2"]) for row in rows}
    assert areas == {year: pytest.approx(true_km2(year), rel=SHARE) for year in RADII_PX}
    return downloaded(page, "Report (HTML)", folder)


def compare(page: Page, first: str, second: str) -> None:
    """The pair is chosen by words of the boxes; the page shows its numbers."""
    go(page, "Compare")
    choose(page, "First run", first)
    choose(page, "Second run", second)
    page.get_by_text("Where the change comes from").wait_for()


def assert_transitions_cover_the_ground(page: Page, folder: Path) -> None:
    rows = [row for row in table(page, "Transitions (CSV)", folder) if row["from"] and row["to"]]
    assert sum(int(row["pixels"]) for row in rows) == SIZE**2
    lost = sum(float(row["area_km2"]) for row in rows if (row["from"], row["to"]) == LOSS)
    assert lost == pytest.approx(true_km2(2015) - true_km2(2023), rel=2 * SHARE)
    assert sum(float(row["area_km2"]) for row in rows) == pytest.approx(SIZE**2 * PIXEL_KM2, rel=5e-3)


def assert_outlines_are_those_of(year: int, geopackage: Path) -> None:
    glaciers = pyogrio.read_dataframe(geopackage, layer="glacier_outlines")
    assert glaciers.crs.to_epsg() == 32643
    assert set(glaciers.geom_type) == {"Polygon"}
    assert glaciers["area_km2"].sum() == pytest.approx(true_km2(year), rel=SHARE)
    assert glaciers.area.sum() / 1e6 == pytest.approx(glaciers["area_km2"].sum(), rel=5e-3)


def assert_report_opens_alone(browser: Browser, report: Path) -> None:
    """From the disk and without network: every picture is there, and nothing was asked of anybody."""
    with watched_page(browser) as watch:
        page, failed = watch.page, []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.context.set_offline(True)
        page.goto(report.as_uri())
        page.get_by_role("heading", name=SITE).wait_for()
        words = page.locator("body").inner_text()
        assert all(f"{year}-09-12" in words for year in RADII_PX)
        assert page.locator("img").count() > 0
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        assert (failed, watch.strayed, watch.errors) == ([], [], [])


def map_with_other_parameters(page: Page, folder: Path) -> None:
    go(page, "Segment")
    start_over = page.get_by_role("button", name="Start over")
    start_over.wait_for()
    rest(page)
    start_over.click()
    hand_in(page, write_year(folder, 2023))
    smallest = page.get_by_role("spinbutton", name="Smallest area")
    smallest.fill("0.5")
    smallest.press("Tab")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Saved in the history").first.wait_for()


def split_the_change(page: Page) -> None:
    """What is the model's is told before any number; both archived tiles are mapped again with one."""
    compare(page, "2015-09-12", "2023-09-12")
    words = page.get_by_test_id("stMain").inner_text()
    assert words.index("The smallest areas differ") < words.index("Net change of ice")
    page.get_by_role("button", name="Split the change").click()
    page.get_by_text("under one model").first.wait_for()


def test_three_dates_are_mapped_outlined_followed_compared_and_exported(
    browser: Browser, tmp_path: Path
) -> None:
    with running_app(tmp_path / "data") as url, watched_page(browser) as watch:
        page = watch.page
        map_three_years(page, url, tmp_path)
        save_an_outline(page, tmp_path)
        report = follow(page, tmp_path)
        compare(page, "2015-09-12", "2023-09-12")
        assert_transitions_cover_the_ground(page, tmp_path)
        page.get_by_role("link", name="Open the first run").click()
        assert_outlines_are_those_of(2015, downloaded(page, "Outlines (GeoPackage)", tmp_path))
        map_with_other_parameters(page, tmp_path)
        split_the_change(page)
        assert (watch.strayed, watch.errors) == ([], [])
        assert_report_opens_alone(browser, report)
