"""Training labels: class indices, plus one code for glacier of unknown kind."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from core.models import BINARY, MULTICLASS
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from core.models import ModelSpec

GLACIER = 4  # some glacier class, unknown which: the summed probability of 1, 2 and 3 is what counts
UNKNOWN = NO_DATA
ICE_VALUES = [c.mask_value for c in MULTICLASS.classes if c.is_ice]
WATER_VALUE = 255  # in a mask of four classes; in an outline it is glacier
MOST_WATER_ALONE = 0.01  # of a tile; 0.9 % is the most in 230 simulated tiles, and each of them has ice, too


class Encoding(StrEnum):
    """How a folder of label rasters writes its classes."""

    OUTLINE = "0 and 255"
    OUTLINE_OF_ONES = "0 and 1"
    SURFACE_MASK = "0, 85, 170 and 255"
    SURFACE_INDEX = "0 to 3, 255 = unknown"


_TABLES = {
    Encoding.OUTLINE: {c.mask_value: c.index for c in BINARY.classes},
    Encoding.OUTLINE_OF_ONES: {c.index: c.index for c in BINARY.classes},
    Encoding.SURFACE_MASK: {c.mask_value: c.index for c in MULTICLASS.classes},
    Encoding.SURFACE_INDEX: {c.index: c.index for c in MULTICLASS.classes} | {NO_DATA: UNKNOWN},
}
OUTLINES = (Encoding.OUTLINE, Encoding.OUTLINE_OF_ONES)
UNSTATED = (Encoding.OUTLINE, Encoding.SURFACE_MASK, Encoding.SURFACE_INDEX)  # ones alone may be either's
_STATED = {
    "outline": Encoding.OUTLINE,
    "classes": Encoding.SURFACE_MASK,
    "indices": Encoding.SURFACE_INDEX,
}


def stated_encoding(folder: str) -> Encoding | None:
    """The encoding that the name of a label folder states by its last word; None where it states none.

    `labels_outline`, `labels_classes` and `labels_indices`, whatever stands before the last `_`, `-` or `.`.
    """
    *before, last = re.split(r"[_.\s-]+", folder.lower())
    return _STATED.get(last) if before else None


def encoding_of(
    values: Mapping[str, Collection[int]], where: str, stated: Encoding | None = None
) -> Encoding:
    """The encoding that fits all values of a label folder, given by file. `where` is what messages call it.

    A folder is judged as a whole: 0 and 255 alone are an outline, whatever 255 means beside 85 or 170, unless
    `stated` says otherwise.

    Raises:
        TrainingError: no encoding fits, or not the one that is stated.
    """
    candidates = _candidates(stated)
    found = {value for held in values.values() for value in held}
    fitting = next((encoding for encoding in candidates if found <= _TABLES[encoding].keys()), None)
    if fitting is not None:
        return fitting
    likeliest = max(
        candidates, key=lambda each: sum(set(held) <= _TABLES[each].keys() for held in values.values())
    )
    name, other = next(
        (n, odd) for n, held in values.items() if (odd := set(held) - _TABLES[likeliest].keys())
    )
    told = f"The labels in {where} hold the values {_listed(found)}; {name} alone holds {_listed(other)}. "
    if stated:
        raise TrainingError(
            f"{told}The folder's name states {'; or '.join(candidates)}. Correct the file, or rename the "
            "folder."
        )
    raise TrainingError(f"{told}Needed are {'; or '.join(candidates)}.")


def declared_class(
    values: Mapping[str, Collection[int]], declared: Mapping[str, int], stated: Encoding | None = None
) -> tuple[str, Encoding] | None:
    """The first file whose declared no-data value may be a class, with the encoding in which it is one.

    `values` are what the files hold besides, `declared` the value of each that declares one and holds it.
    """
    held = {value for each in values.values() for value in each}
    return next(
        (
            (name, encoding)
            for name, value in declared.items()
            for encoding in _candidates(stated)
            if held | {value} <= _TABLES[encoding].keys() and _TABLES[encoding][value] != UNKNOWN
        ),
        None,
    )


def may_be_outline(values: Mapping[str, Collection[int]]) -> bool:
    """Whether class indices of a folder, given by file, are likelier a mask of glaciers: none but 0 and 1."""
    return {value for held in values.values() for value in held} - {UNKNOWN} == {0, 1}


def is_water_alone(values: NDArray[np.uint8]) -> bool:
    """Whether a label raster among 0/85/170/255 ones is likelier an outline: 255 on more than 1 %, no ice."""
    water_px = int(np.count_nonzero(values == WATER_VALUE))
    return water_px > MOST_WATER_ALONE * values.size and not np.isin(values, ICE_VALUES).any()


def decode(values: NDArray[np.uint8], known: NDArray[np.bool_], encoding: Encoding) -> NDArray[np.uint8]:
    """Class indices, 255 unknown, of a label raster's values, uint8 (h, w), where they are `known`."""
    pairs = _TABLES[encoding]
    table = np.full(256, UNKNOWN, np.uint8)
    table[list(pairs)] = list(pairs.values())
    return np.where(known, table[values], np.uint8(UNKNOWN))


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


def _candidates(stated: Encoding | None) -> tuple[Encoding, ...]:
    if stated is None:
        return UNSTATED
    return OUTLINES if stated is Encoding.OUTLINE else (stated,)


def _outline_of(surface: NDArray[np.uint8]) -> NDArray[np.uint8]:
    ice = np.isin(surface, [c.index for c in MULTICLASS.classes if c.is_ice])
    return np.where(surface == UNKNOWN, surface, ice.astype(np.uint8))


def _listed(values: Collection[int]) -> str:
    return ", ".join(str(value) for value in sorted(values)[:8]) + (", ..." if len(values) > 8 else "")
