"""The classes that two runs share: one legend for both, and the way of each run's planes into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.measure.change import SharedClass
from core.measure.expectations import SURE
from core.models import BINARY
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Legend:
    """The shared classes, and what each class index of a run is among them.

    `lookup`: uint8 (256,), class index to place in `classes`, 255 for what is none.
    """

    classes: tuple[SharedClass, ...]
    lookup: NDArray[np.uint8]

    def read_classes(self, classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Places in the shared classes, 255 without data."""
        places: NDArray[np.uint8] = self.lookup[classes]
        return places

    def read_levels(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Levels 0..250 of every shared class, (K, ...), from those of a run's foreground classes.

        They sum to 250: what rounding gave too much is taken from the classes in their order. Without data
        they are of no use.
        """
        shared = np.zeros((len(self.classes), *levels.shape[1:]), np.uint8)
        for plane, level in enumerate(levels, start=1):
            shared[self.lookup[plane]] += level
        shared[0] = 0
        total = shared.sum(axis=0, dtype=np.uint8)  # 253 at most: three roundings of half a level
        over = np.nonzero(total > SURE)
        if over[0].size:
            excess = total[over] - np.uint8(SURE)
            for plane in shared[1:]:
                taken = np.minimum(plane[over], excess)
                plane[over] -= taken
                excess -= taken
            total[over] = SURE
        np.subtract(SURE, total, out=shared[0])
        return shared


def shared_legends(before: ModelSpec, after: ModelSpec) -> tuple[Legend, Legend, bool]:
    """The legend of either run, and whether both were reduced to glacier or not.

    Runs of one model keep its classes. Otherwise every class counts as glacier or not, as its spec says.
    """
    if before.key == after.key:
        legend = _legend_of(before, before)
        return legend, legend, False
    return _legend_of(before, BINARY), _legend_of(after, BINARY), True


def _legend_of(spec: ModelSpec, shown: ModelSpec) -> Legend:
    classes = tuple(SharedClass(info.key, info.label, info.colour, info.is_ice) for info in shown.classes)
    lookup = np.full(256, NO_DATA, np.uint8)
    for info in spec.classes:
        same = spec.key == shown.key
        lookup[info.index] = (
            info.index if same else next(place for place, c in enumerate(classes) if c.is_ice == info.is_ice)
        )
    return Legend(classes, lookup)
