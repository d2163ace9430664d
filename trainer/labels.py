"""Training labels: class indices, plus one code for glacier of unknown kind."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from core.models import BINARY, MULTICLASS
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from core.models import ModelSpec

GLACIER = 4  # some glacier class, unknown which: the summed probability of 1, 2 and 3 is what counts
UNKNOWN = NO_DATA


class Encoding(StrEnum):
    """How a folder of label rasters writes its classes."""

    OUTLINE = "0 and 255"
    SURFACE_MASK = "0, 85, 170 and 255"
    SURFACE_INDEX = "0 to 3, 255 = unknown"


_OUTLINE_VALUES = {c.mask_value: c.index for c in BINARY.classes}
_MASK_VALUES = {c.mask_value: c.index for c in MULTICLASS.classes}
_INDEX_VALUES = {c.index: c.index for c in MULTICLASS.classes} | {NO_DATA: UNKNOWN}


def encoding_of(values: Collection[int], where: str) -> Encoding:
    """The encoding that fits all values of a label folder. `where` is what messages call the folder.

    A folder is judged as a whole: 0 and 255 alone are an outline, whatever 255 means beside 85 or 170.

    Raises:
        TrainingError: no encoding fits.
    """
    found = set(values)
    for encoding, table in (
        (Encoding.OUTLINE, _OUTLINE_VALUES),
        (Encoding.SURFACE_MASK, _MASK_VALUES),
        (Encoding.SURFACE_INDEX, _INDEX_VALUES),
    ):
        if found <= table.keys():
            return encoding
    listed = ", ".join(str(value) for value in sorted(found)[:8]) + (", ..." if len(found) > 8 else "")
    choices = "; or ".join(encoding.value for encoding in Encoding)
    raise TrainingError(f"The labels in {where} hold the values {listed}. Needed are {choices}.")


def decode(values: NDArray[np.uint8], encoding: Encoding) -> NDArray[np.uint8]:
    """Class indices, 255 unknown, of a label raster's values, uint8 (h, w)."""
    pairs = {
        Encoding.OUTLINE: _OUTLINE_VALUES,
        Encoding.SURFACE_MASK: _MASK_VALUES,
        Encoding.SURFACE_INDEX: _INDEX_VALUES,
    }[encoding]
    table = np.full(256, UNKNOWN, np.uint8)
    table[list(pairs)] = list(pairs.values())
    return table[values]


def training_labels(
    spec: ModelSpec, outline: NDArray[np.uint8] | None, surface: NDArray[np.uint8] | None
) -> NDArray[np.uint8] | None:
    """What a model learns from a tile's labels, uint8 (h, w): class indices, `GLACIER` or `UNKNOWN`.

    `outline` holds 0 or 1, `surface` the four classes; either may be missing, and None comes back where
    both are. An outline decides the binary model and fills what the surface labels leave unknown.
    """
    if spec.key == BINARY.key:
        return outline if outline is not None or surface is None else _outline_of(surface)
    if outline is None:
        return surface
    partial = np.where(outline == 1, np.uint8(GLACIER), outline)
    return partial if surface is None else np.where(surface == UNKNOWN, partial, surface)


def _outline_of(surface: NDArray[np.uint8]) -> NDArray[np.uint8]:
    ice = np.isin(surface, [c.index for c in MULTICLASS.classes if c.is_ice])
    return np.where(surface == UNKNOWN, surface, ice.astype(np.uint8))
