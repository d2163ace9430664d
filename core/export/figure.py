"""The printable figure of a run: the composite, the classes on it, a legend with areas, scale and north."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.export.mercator import metres_per_px
from core.present.quantities import THIN_SPACE, format_area, format_count, format_date, format_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.runs import ClassArea
    from core.tiles.tile import Tile
    from core.types import Grid

FONT_PATH = Path(__file__).with_name("fonts") / "DejaVuSans.ttf"  # Pillow's own font has no superscripts
PAGE_PX = 2126  # 18 cm, two columns of a journal, at 300 dpi
MARGIN_PX = 70
GAP_PX = 46
HEAD_PX = 180  # title, subtitle and captions
PANEL_PX = (PAGE_PX - 2 * MARGIN_PX - GAP_PX) // 2
TITLE_PT, TEXT_PT, SMALL_PT = 46, 30, 24  # pixels at 300 dpi: 11, 7 and 6 points
INK, FAINT, PAPER, NO_DATA_GREY = "#14263A", "#5A6B7B", "#FFFFFF", "#D9DEE3"
CLASS_OPACITY = 0.72


@dataclass(frozen=True, slots=True, eq=False)
class FigurePanels:
    """The two pictures, RGBA uint8 (h, w, 4) of one size, and the grid they lie on.

    `composite` is None where no composite could be drawn; `caption` says what it shows. `grid` is None
    without a CRS: no north, and a scale only if areas tell the pixel size.
    """

    composite: NDArray[np.uint8] | None
    caption: str
    classes: NDArray[np.uint8]
    grid: Grid | None


def draw_figure(panels: FigurePanels, tile: Tile, spec: ModelSpec, areas: Sequence[ClassArea]) -> Image.Image:
    """The figure as an RGB picture, 18 cm wide at 300 dpi."""
    left, right = _panel_pictures(panels)
    legend_top = MARGIN_PX + HEAD_PX + left.height + 130
    height = legend_top + 60 * (len(spec.foreground) + 1) + 110
    page = Image.new("RGB", (PAGE_PX, height), PAPER)
    draw = ImageDraw.Draw(page)
    draw.text((MARGIN_PX, MARGIN_PX), _fitting(tile.name, TITLE_PT), INK, _font(TITLE_PT))
    draw.text((MARGIN_PX, MARGIN_PX + 68), _fitting(_subtitle(tile, spec), TEXT_PT), FAINT, _font(TEXT_PT))
    top = MARGIN_PX + HEAD_PX
    halves = (
        (left, MARGIN_PX, panels.caption),
        (right, MARGIN_PX + PANEL_PX + GAP_PX, "Classes on the same ground"),
    )
    for picture, at, caption in halves:
        draw.text((at, top - 40), caption, INK, _font(SMALL_PT))
        corner = at + (PANEL_PX - picture.width) // 2
        page.paste(picture, (corner, top))
        draw.rectangle(
            (corner - 2, top - 2, corner + picture.width + 1, top + picture.height + 1),
            outline=FAINT,
            width=2,
        )
    foot = top + left.height + 34
    _draw_scale(draw, (MARGIN_PX, foot), _shown_metres_per_px(panels, tile, areas, left.width))
    if panels.grid is not None:
        _draw_north(draw, PAGE_PX - MARGIN_PX - 30, foot)
    _draw_legend(draw, legend_top, spec, areas)
    basis = "Areas on the ellipsoid" if tile.grid.crs else "Areas from a stated pixel size, if any"
    footer = f"{basis}. Tile SHA-256 {tile.sha256[:16]}. Drawn by Firnline."
    draw.text((MARGIN_PX, height - 70), footer, FAINT, _font(SMALL_PT))
    return page


def scale_length(metres: float) -> float:
    """The longest 1, 2 or 5 times a power of ten that is no longer than the given length."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(step * power for step in (5, 2, 1) if step * power <= metres * (1 + 1e-9))


def _panel_pictures(panels: FigurePanels) -> tuple[Image.Image, Image.Image]:
    """The composite alone and under the classes, both fitted into one panel."""
    shape = panels.classes.shape
    base = panels.composite if panels.composite is not None else np.zeros(shape, np.uint8)
    paper = Image.new("RGBA", (shape[1], shape[0]), NO_DATA_GREY)
    composite = Image.alpha_composite(paper, Image.fromarray(np.ascontiguousarray(base)))
    veil = panels.classes.copy()
    veil[..., 3] = np.where(veil[..., 3] == 255, round(255 * CLASS_OPACITY), 0)
    mapped = Image.alpha_composite(composite, Image.fromarray(veil))
    zoom = min(PANEL_PX / shape[1], 1.5 * PANEL_PX / shape[0])
    size = max(1, round(shape[1] * zoom)), max(1, round(shape[0] * zoom))
    way = Image.Resampling.LANCZOS if zoom < 1 else Image.Resampling.NEAREST
    return composite.convert("RGB").resize(size, way), mapped.convert("RGB").resize(size, way)


def _shown_metres_per_px(
    panels: FigurePanels, tile: Tile, areas: Sequence[ClassArea], shown_px: int
) -> float | None:
    """Ground length of a panel's pixel; without CRS from the areas, which know a stated pixel size."""
    if panels.grid is not None:
        return metres_per_px(panels.grid) * panels.grid.width / shown_px
    pixels = sum(area.pixels for area in areas)
    ground_m2 = 1e6 * sum(area.area_km2 or 0.0 for area in areas)
    if not pixels or not ground_m2:
        return None
    return math.sqrt(ground_m2 / pixels) * tile.grid.width / shown_px


def _draw_scale(draw: ImageDraw.ImageDraw, at: tuple[int, int], metres: float | None) -> None:
    """A two-part scale bar, or a word on why there is none."""
    x, y = at
    if metres is None:
        draw.text((x, y), "No scale: the tile has no georeference.", FAINT, _font(SMALL_PT))
        return
    length = scale_length(metres * PANEL_PX * 0.45)
    width = round(length / metres)
    draw.rectangle((x, y, x + width // 2, y + 14), fill=INK, outline=INK)
    draw.rectangle((x + width // 2, y, x + width, y + 14), fill=PAPER, outline=INK, width=2)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    draw.text((x, y + 24), "0", INK, _font(SMALL_PT))
    draw.text((x + width, y + 24), label, INK, _font(SMALL_PT), anchor="ma")


def _draw_north(draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
    """A north arrow; the panels are north-up."""
    draw.polygon([(x, y - 14), (x - 18, y + 40), (x, y + 28)], fill=INK)
    draw.polygon([(x, y - 14), (x + 18, y + 40), (x, y + 28)], fill=PAPER, outline=INK)
    draw.text((x, y + 46), "N", INK, _font(SMALL_PT), anchor="ma")


def _draw_legend(draw: ImageDraw.ImageDraw, top: int, spec: ModelSpec, areas: Sequence[ClassArea]) -> None:
    """One row a mapped class with colour, area and share, then no data."""
    by_index = {area.index: area for area in areas}
    text = _font(TEXT_PT)
    y = top
    for info in spec.foreground:
        area = by_index.get(info.index)
        draw.rectangle((MARGIN_PX, y + 4, MARGIN_PX + 52, y + 38), fill=info.colour, outline=FAINT)
        draw.text((MARGIN_PX + 76, y), info.label, INK, text)
        if area is not None:
            known = area.area_km2 is not None
            amount = format_area(area.area_km2) if known else f"{format_count(area.pixels)} px"
            draw.text((MARGIN_PX + 760, y), _printable(amount), INK, text, anchor="ra")
            share = f"{format_share(area.share)} of the valid ground"
            draw.text((MARGIN_PX + 820, y), share, FAINT, text)
        y += 60
    draw.rectangle((MARGIN_PX, y + 4, MARGIN_PX + 52, y + 38), fill=NO_DATA_GREY, outline=FAINT)
    draw.text((MARGIN_PX + 76, y), "No data", INK, text)


def _subtitle(tile: Tile, spec: ModelSpec) -> str:
    """Date, sensor and model in one line."""
    parts = [f"Acquired {format_date(tile.acquired_on)}" if tile.acquired_on else "Date unknown"]
    parts += [tile.sensor] if tile.sensor else []
    return " · ".join([*parts, f"Model: {spec.title}"])


def _fitting(text: str, size: int) -> str:
    """The text, cut where the page's width ends."""
    text = "".join(c if c.isprintable() else " " for c in text)
    font, room = _font(size), PAGE_PX - 2 * MARGIN_PX
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text}…"


def _printable(text: str) -> str:
    """Thin spaces as plain ones: the font draws them as boxes."""
    return text.replace(THIN_SPACE, " ")


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    """The figure's font in a size in pixels."""
    return ImageFont.truetype(str(FONT_PATH), size)
