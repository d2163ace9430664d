"""Panels: one tile's input, truth, map and errors side by side, as small pictures."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.present.composites import available_composites, channel_planes, paint, stretch_limits
from core.present.mistakes import (
    GROUND_COLOUR,
    INVENTED_COLOUR,
    MISSED_COLOUR,
    NO_DATA_COLOUR,
    OTHER_KIND_COLOUR,
    SOME_ICE_COLOUR,
)
from core.present.ramps import rgb
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.types import Pixels
    from trainer.predictions import PredictedTile

WIDEST_PX = 256  # of a picture: four stand side by side on a page
GAP_PX = 8  # between the pictures of a square


@dataclass(frozen=True, slots=True)
class Panel:
    """The pictures of one tile as data addresses, PNG. `composite` names the bands of the input's."""

    source: str
    tile: str
    composite: str
    shown: str
    truth: str
    found: str
    errors: str


def draw_panel(one: PredictedTile, spec: ModelSpec) -> Panel:
    """The panel of a predicted tile, decimated to at most `WIDEST_PX`."""
    title, pictures = _pictures(one, spec)
    return Panel(one.tile.source, one.tile.name, title, *map(_address, pictures))


def draw_square(one: PredictedTile, spec: ModelSpec) -> tuple[str, Image.Image]:
    """The four pictures of a panel: input and truth above, map and errors below, clear between them.

    With the title of the composite that the input is shown in, empty where none can be drawn.
    """
    title, arrays = _pictures(one, spec)
    pictures = [Image.fromarray(picture).convert("RGBA") for picture in arrays]
    width, height = pictures[0].size
    square = Image.new("RGBA", (2 * width + GAP_PX, 2 * height + GAP_PX))
    for number, picture in enumerate(pictures):
        row, column = divmod(number, 2)
        square.paste(picture, (column * (width + GAP_PX), row * (height + GAP_PX)))
    return title, square


def _pictures(one: PredictedTile, spec: ModelSpec) -> tuple[str, tuple[NDArray[np.uint8], ...]]:
    """The composite's title; input, truth, map and errors, decimated to at most `WIDEST_PX`."""
    step = -(-max(one.classes.shape) // WIDEST_PX)
    labels, classes = one.tile.labels[::step, ::step], one.classes[::step, ::step]
    valid = one.tile.pixels.valid[::step, ::step]
    title, shown = _composite(one.tile.pixels)
    return title, (
        shown[::step, ::step],
        _coloured(np.where(valid, labels, np.uint8(UNKNOWN)), spec),
        _coloured(np.where(valid, classes, np.uint8(UNKNOWN)), spec),
        _errors(labels, classes, valid),
    )


def _composite(pixels: Pixels) -> tuple[str, NDArray[np.uint8]]:
    present = [bool(np.isfinite(plane).any()) for plane in pixels.values]
    for composite in available_composites(present):
        planes = channel_planes(composite, pixels)
        limits = stretch_limits(composite, planes)
        if limits:
            return composite.title, paint(planes, limits)
    return "", np.zeros((*pixels.valid.shape, 4), np.uint8)


def _coloured(classes: NDArray[np.uint8], spec: ModelSpec) -> NDArray[np.uint8]:
    """RGB of class indices; unknown pixels are dark."""
    palette = np.zeros((256, 3), np.uint8)
    palette[:] = rgb(NO_DATA_COLOUR)
    palette[GLACIER] = rgb(SOME_ICE_COLOUR)
    for info in spec.classes:
        palette[info.index] = rgb(info.colour or GROUND_COLOUR)
    return palette[classes]


def _errors(
    labels: NDArray[np.uint8], classes: NDArray[np.uint8], valid: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """RGB: what was missed, invented, or taken for another kind; dark where nothing can be said."""
    known = valid & (labels != UNKNOWN)
    exact = labels < GLACIER
    picture = np.empty((*labels.shape, 3), np.uint8)
    picture[:] = rgb(NO_DATA_COLOUR)
    for where, colour in (
        (known, GROUND_COLOUR),
        (known & (labels > 0) & (classes == 0), MISSED_COLOUR),
        (known & (labels == 0) & (classes > 0), INVENTED_COLOUR),
        (known & exact & (labels > 0) & (classes > 0) & (labels != classes), OTHER_KIND_COLOUR),
    ):
        picture[where] = rgb(colour)
    return picture


def _address(picture: NDArray[np.uint8]) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
