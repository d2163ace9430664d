"""What can become of a piece of ground between two runs: kinds, words and colours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from core.models import DEBRIS_COLOUR, WATER_COLOUR
from core.present.ramps import rgb
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.measure.change import Change, SharedClass

LOSS_COLOUR, GAIN_COLOUR = "#D55E00", "#009E73"  # Okabe & Ito (2008), as the classes' colours are
KEPT_COLOUR, CLEARED_COLOUR = "#56B4E9", "#F0E442"
WATER, DEBRIS = "water", "debris"  # keys of the four-class model


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change. `index` is its value in `gain_loss.tif`; `colour` None: drawn transparent."""

    index: int
    label: str
    colour: str | None


BARE = ChangeKind(0, "No ice on either date", None)
KEPT = ChangeKind(1, "Ice on both dates", KEPT_COLOUR)
GAIN = ChangeKind(2, "Gain: became ice", GAIN_COLOUR)
LOSS = ChangeKind(3, "Loss: ice is gone", LOSS_COLOUR)
DROWNED = ChangeKind(4, "Loss: ice became water", WATER_COLOUR)
COVERED = ChangeKind(5, "Clean ice became debris-covered", DEBRIS_COLOUR)
CLEARED = ChangeKind(6, "Debris-covered ice became clean", CLEARED_COLOUR)
KINDS = (BARE, KEPT, GAIN, LOSS, DROWNED, COVERED, CLEARED)


def kind_of(before: SharedClass, after: SharedClass) -> ChangeKind:
    """The kind of a transition."""
    if before.is_ice and after.is_ice:
        if before.key == after.key:
            return KEPT
        return COVERED if after.key == DEBRIS else CLEARED
    if before.is_ice:
        return DROWNED if after.key == WATER else LOSS
    return GAIN if after.is_ice else BARE


def possible_kinds(classes: tuple[SharedClass, ...]) -> tuple[ChangeKind, ...]:
    """The kinds that transitions between these classes can have, in the order of `KINDS`."""
    found = {kind_of(before, after) for before, after in product(classes, repeat=2)}
    return tuple(kind for kind in KINDS if kind in found)


def kind_areas_km2(change: Change) -> dict[ChangeKind, float]:
    """The ground of each kind that is possible, in km2."""
    classes = {info.key: info for info in change.classes}
    areas = dict.fromkeys(possible_kinds(change.classes), 0.0)
    for transition in change.transitions:
        areas[kind_of(classes[transition.before], classes[transition.after])] += transition.area_km2
    return areas


def kind_table(classes: tuple[SharedClass, ...]) -> NDArray[np.uint8]:
    """The index of the kind of each transition code (before * K + after), uint8 (256,); 255 for the rest."""
    table = np.full(256, NO_DATA, np.uint8)
    for code, (before, after) in enumerate(product(classes, repeat=2)):
        table[code] = kind_of(before, after).index
    return table


def kind_palette() -> NDArray[np.uint8]:
    """RGBA (256, 4): kinds in their colours, everything else clear."""
    palette = np.zeros((256, 4), np.uint8)
    for kind in KINDS:
        if kind.colour:
            palette[kind.index] = (*rgb(kind.colour), 255)
    return palette
