"""`python -m docs.screenshots`: draw every page's picture anew, from a running app and simulated data."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageColor
from scipy.spatial import cKDTree

from core.models import MULTICLASS
from docs.simulated_place import SITE, Place, make_place
from tests.e2e.app import running_app, running_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

DOCS = Path(__file__).parent
PATIENCE_MS = 180_000
COLOURS = 256  # of a picture: a palette keeps files small
EXACT = 160  # of them stay exactly as they are: text, legends, marks
MOST_BYTES = 300_000
MOST_PX = 2400  # of a long page
RUNNING = "[data-testid=stApp][data-test-script-state=running]"
MAP = "iframe[title='streamlit_folium.st_folium']"


@dataclass(frozen=True, slots=True)
class Look:
    """A window and a colour scheme."""

    suffix: str
    width: int
    height: int
    scheme: Literal["light", "dark"]


WIDE = Look("", 1440, 900, "light")
DARK = Look("-dark", 1440, 900, "dark")
NARROW = Look("-narrow", 390, 844, "light")
NARROW_DARK = Look("-narrow-dark", 390, 844, "dark")


@dataclass(frozen=True, slots=True)
class Shot:
    """A page in some looks. `landmark`: words that are there once it is drawn.

    `most_px`: how much of a long page is shown.
    """

    name: str
    address: str
    landmark: str
    looks: tuple[Look, ...]
    most_px: int = MOST_PX


def shots(url: str, place: Place) -> tuple[Shot, ...]:
    """Every page, in the looks that show something of their own."""
    site = SITE.replace(" ", "+")
    return (
        Shot("segment", url, "Map the ice on a tile", (WIDE, NARROW)),
        Shot("segment-result", f"{url}/run?id={place.last}", "Downloads", (WIDE, DARK), 1370),
        Shot("segment-result", f"{url}/run?id={place.last}", "Downloads", (NARROW,), 1760),
        Shot("history", f"{url}/history", "CSV of all runs", (WIDE, NARROW_DARK)),
        Shot("sites", f"{url}/sites?site={site}", "Ledger (CSV)", (WIDE, DARK, NARROW)),
        Shot("follow", f"{url}/follow?site={site}", "Report (HTML)", (WIDE, DARK, NARROW)),
        Shot(
            "compare",
            f"{url}/compare?a={place.first}&b={place.last}",
            "Transitions (CSV)",
            (WIDE, DARK, NARROW),
        ),
        Shot("models", f"{url}/models", "All scores", (WIDE, NARROW_DARK)),
    )


def main() -> None:
    """Map the simulated place, then visit each page in its looks."""
    with tempfile.TemporaryDirectory() as folder:
        data, work = Path(folder) / "data", Path(folder) / "tiles"
        work.mkdir()
        place = make_place(data, work)
        with running_app(data) as url, running_browser() as browser:
            check_the_sample(browser, url, DOCS)
            for shot in shots(url, place):
                for look in shot.looks:
                    take(browser, shot, look, DOCS)


def take(browser: Browser, shot: Shot, look: Look, folder: Path) -> None:
    """Draw a page in one look."""
    context = _context(browser, look)
    page = context.new_page()
    page.goto(shot.address)
    _settle(page, shot.landmark)
    _draw(page, folder / f"{shot.name}{look.suffix}.png", look, shot.most_px)
    context.close()


def check_the_sample(browser: Browser, url: str, folder: Path) -> None:
    """The input check and the options of the sample tile."""
    context = _context(browser, WIDE)
    page = context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Try the sample tile").click()
    page.get_by_role("heading", name="Input check").wait_for()
    _settle(page, "Input files")
    _draw(page, folder / "segment-check.png", WIDE, MOST_PX)
    context.close()


def _context(browser: Browser, look: Look) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, color_scheme=look.scheme, device_scale_factor=1
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def _settle(page: Page, landmark: str) -> None:
    """Wait until the landmark is there, no script runs, and every picture and map is drawn."""
    page.get_by_text(landmark).first.wait_for(state="attached")  # a narrow table may scroll it out of sight
    page.locator(RUNNING).wait_for(state="detached")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    for frame in page.locator(MAP).all():
        frame.content_frame.locator("img.leaflet-image-layer").first.wait_for()
    page.wait_for_timeout(2_500)  # plotly and leaflet fade in


def _draw(page: Page, path: Path, look: Look, most_px: int) -> None:
    """The page as a PNG with a palette: the window is made as tall as what it shows, within limits."""
    page.mouse.move(look.width - 1, look.height - 1)  # where no button shows because the pointer rests on it
    tall = int(page.locator("[data-testid=stMain]").evaluate("main => main.scrollHeight"))
    page.set_viewport_size({"width": look.width, "height": min(max(look.height, tall), most_px)})
    page.wait_for_timeout(1_500)
    with_palette(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ValueError(f"{path.name} has {size} bytes; {MOST_BYTES} are the most. Show less of the page.")


def with_palette(picture: Image.Image) -> Image.Image:
    """The picture with `COLOURS`: those of classes and its most frequent ones exactly, the others near."""
    classes = [ImageColor.getrgb(info.colour) for info in MULTICLASS.foreground if info.colour]
    pixels = np.asarray(picture).reshape(-1, 3)
    colours, which, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    exact = colours[np.argsort(-counts, kind="stable")[:EXACT]]
    near = np.reshape(picture.quantize(COLOURS - EXACT).getpalette() or [], (-1, 3))
    palette = np.vstack([classes, exact, near])[:COLOURS].astype(np.uint8)
    _, nearest = cKDTree(palette).query(colours)
    indices = nearest.astype(np.uint8)[which].reshape(picture.height, picture.width)
    drawn = Image.fromarray(indices)
    drawn.putpalette(palette.tobytes())
    return drawn


if __name__ == "__main__":
    main()
