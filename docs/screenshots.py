"""`python -m docs.screenshots`: draw every page's picture anew, from a running app and simulated data."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.e2e.app import running_app, running_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

DOCS = Path(__file__).parent
PATIENCE_MS = 180_000
SITE = "Simulated glacier"


@dataclass(frozen=True, slots=True)
class Look:
    """A window size and a colour scheme."""

    suffix: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


WIDE = Look("", 1440, 900, "light")
DARK = Look("-dark", 1440, 900, "dark")
NARROW = Look("-narrow", 390, 844, "light")
NARROW_DARK = Look("-narrow-dark", 390, 844, "dark")
LOOKS = (WIDE, DARK, NARROW, NARROW_DARK)


def main() -> None:
    """Walk through the app once, then visit each page in every look."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "data") as url,
        running_browser() as browser,
    ):
        result = _run_the_sample(browser, url)
        for look in LOOKS:
            context = _context(browser, look)
            for name, address, landmark in (
                ("segment", url, "Map the ice on a tile"),
                ("segment-result", result, "Saved in the history"),
                ("history", f"{url}/history", "CSV of all runs"),
                ("models", f"{url}/models", "All scores"),
            ):
                page = context.new_page()
                page.goto(address)
                _settle(page, landmark)
                _picture(page, f"{name}{look.suffix}")
                page.close()
            context.close()


def _context(browser: Browser, look: Look) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, color_scheme=look.scheme, device_scale_factor=1
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def _run_the_sample(browser: Browser, url: str) -> str:
    """Run both models on the sample tile; the address of the result."""
    context = _context(browser, WIDE)
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Try the sample tile").click()
    page.get_by_role("heading", name="Input check").wait_for()
    page.get_by_text("Both, side by side").click()
    page.get_by_role("combobox", name="Site").fill(SITE)
    page.get_by_role("combobox", name="Site").press("Enter")
    _settle(page, "Input files")
    _picture(page, "segment-check")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Saved in the history").first.wait_for()
    address = page.url
    context.close()
    return address


def _settle(page: Page, landmark: str) -> None:
    """Wait until the landmark is there, no script runs, and every picture and map is drawn."""
    page.get_by_text(landmark).first.wait_for(state="attached")  # a narrow table may scroll it out of sight
    page.locator("[data-testid=stStatusWidget]").wait_for(state="detached")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    for frame in page.locator("iframe[title='streamlit_folium.st_folium']").all():
        frame.content_frame.locator("img.leaflet-image-layer").first.wait_for()
    page.wait_for_timeout(1_500)  # plotly and leaflet fade in


def _picture(page: Page, name: str) -> None:
    """The whole page as a PNG: the window is made as tall as what it shows."""
    size = page.viewport_size or {"width": WIDE.width, "height": WIDE.height}
    tall = page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], int(tall))})
    page.wait_for_timeout(800)
    page.screenshot(path=DOCS / f"{name}.png")
    page.set_viewport_size(size)


if __name__ == "__main__":
    main()
