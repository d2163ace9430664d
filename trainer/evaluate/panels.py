"""Panels: one tile's input, truth, map and errors side by side, as small pictures."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.present.composites import available_composites, channel_planes, paint, stretch_limits
from core.present.ramps import rgb
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.types import Pixels
    from trainer.predictions import PredictedTile

WIDEST_PX = 256  # of a picture: four stand side by side on a page
NO_DATA_COLOUR = "#3A4450"
GROUND_COLOUR = "#E4E1DA"
SOME_ICE_COLOUR = "#56B4E9"  # Okabe & Ito's sky blue: next to clean ice, and not it
MISSED_COLOUR = "#D55E00"
INVENTED_COLOUR = "#F0E442"
OTHER_KIND_COLOUR = "#009E73"


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
    step = -(-max(one.classes.shape) // WIDEST_PX)
    labels, classes = one.tile.labels[::step, ::step], one.classes[::step, ::step]
    valid = one.tile.pixels.valid[::step, ::step]
    composite, shown = _composite(one.tile.pixels)
    return Panel(
        one.tile.source,
        one.tile.name,
        composite,
        _address(shown[::step, ::step]),
        _address(_coloured(labels, spec)),
        _address(_coloured(np.where(valid, classes, np.uint8(UNKNOWN)), spec)),
        _address(_errors(labels, classes, valid)),
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
