"""Pictures of a run small enough to lie inside a report: the composite, and the classes over it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

    from core.runs import MapBounds

MAX_PX = 720  # half the width of a printed page at 200 dpi
QUALITY = 82
CLASS_OPACITY = 0.72  # of what the class map draws in full
PAPER = "#D9DEE3"  # behind pixels without data
KM_PER_DEGREE = 111.32


@dataclass(frozen=True, slots=True)
class RunPictures:
    """The two pictures as `data:` URLs, and the ground's width in km where it is known."""

    composite: str | None
    classes: str
    width_km: float | None


def run_pictures(composite: Path | None, classes: Path, bounds: MapBounds | None) -> RunPictures:
    """The pictures of a run from its saved previews.

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
    if bounds is not None:
        middle = radians((bounds.south + bounds.north) / 2)
        width_km = (bounds.east - bounds.west) * KM_PER_DEGREE * cos(middle)
    return RunPictures(_data_url(base) if composite is not None else None, _data_url(mapped), width_km)


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
