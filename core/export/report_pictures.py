"""Pictures of a run small enough to lie inside a report: the composite, and the classes over it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING

import numpy as np
import shapely
from PIL import Image, ImageDraw, UnidentifiedImageError

from core.errors import ExportError
from core.present.outline_layers import CASING_COLOUR, OUTLINE_COLOUR

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.runs import MapBounds

MAX_PX = 720  # half the width of a printed page at 200 dpi
QUALITY = 82
CLASS_OPACITY = 0.72  # of what the class map draws in full
PAPER = "#D9DEE3"  # behind pixels without data
CASING_PX, LINE_PX = 4, 2  # dark under bright, so that a line shows on snow and on rock
KM_PER_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class RunPictures:
    """The two pictures as `data:` URLs, and the ground's width in km where it is known.

    `outlined`: whether the outlines of the site are drawn on them.
    """

    composite: str | None
    classes: str
    width_km: float | None
    outlined: bool = False


def run_pictures(
    composite: Path | None,
    classes: Path,
    bounds: MapBounds | None,
    outlines: NDArray[np.object_] | None = None,
) -> RunPictures:
    """The pictures of a run from its saved previews.

    `outlines`: polygons in degrees, (n,), to draw over both; without `bounds` they have no place.

    Raises:
        ExportError: a preview cannot be read.
    """
    over = _read(classes)
    base = Image.new("RGBA", over.size, PAPER)
    if composite is not None:
        base.alpha_composite(_read(composite).resize(over.size))
    veil = np.asarray(over).copy()
    veil[..., 3] = np.where(veil[..., 3] == 255, round(255 * CLASS_OPACITY), 0)
    mapped = base.copy()
    mapped.alpha_composite(Image.fromarray(veil))
    width_km = None
    outlined = bounds is not None and outlines is not None
    if bounds is not None:
        if outlines is not None:
            for picture in (base, mapped):
                _draw_outlines(picture, bounds, outlines)
        middle = radians((bounds.south + bounds.north) / 2)
        width_km = (bounds.east - bounds.west) * KM_PER_DEGREE * cos(middle)
    shown = _data_url(base) if composite is not None else None
    return RunPictures(shown, _data_url(mapped), width_km, outlined)


def _draw_outlines(picture: Image.Image, bounds: MapBounds, outlines: NDArray[np.object_]) -> None:
    """Draw outlines as cased lines; the picture is in Web Mercator, as the previews of a placed run are."""
    seen = outlines[
        shapely.intersects(outlines, shapely.box(bounds.west, bounds.south, bounds.east, bounds.north))
    ]
    lines = shapely.get_parts(shapely.boundary(shapely.get_parts(seen)))
    top, bottom = _mercator(np.array([bounds.north, bounds.south]))
    drawn = ImageDraw.Draw(picture)
    paths = []
    for line in lines:
        degrees = shapely.get_coordinates(line)
        across = (degrees[:, 0] - bounds.west) / (bounds.east - bounds.west) * picture.width
        down = (top - _mercator(degrees[:, 1])) / (top - bottom) * picture.height
        paths.append(list(zip(across.tolist(), down.tolist(), strict=True)))
    for colour, width in ((CASING_COLOUR, CASING_PX), (OUTLINE_COLOUR, LINE_PX)):
        for path in paths:
            drawn.line(path, colour, width, joint="curve")


def _mercator(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Latitudes as Mercator's y on a sphere of radius 1 (Snyder 1987, equation 7-2)."""
    return np.asarray(np.log(np.tan(np.pi / 4 + np.radians(degrees) / 2)))


def _read(path: Path) -> Image.Image:
    """A preview as RGBA, no side longer than `MAX_PX`."""
    try:
        with Image.open(path) as picture:
            shown = picture.convert("RGBA")
    except (OSError, UnidentifiedImageError) as error:
        raise ExportError(
            f"The preview {path.name} cannot be read. Put the run's folder back from a backup, or run the "
            "tile again."
        ) from error
    scale = MAX_PX / max(shown.size)
    if scale < 1:  # nearest: classes must not blend
        way = Image.Resampling.NEAREST if path.suffix == ".png" else Image.Resampling.LANCZOS
        shown = shown.resize((round(shown.width * scale), round(shown.height * scale)), way)
    return shown


def _data_url(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "WEBP", quality=QUALITY, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
