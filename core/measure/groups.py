"""The groups of classes whose areas have errors: each mapped class, and all ice together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.runs import ALL_ICE
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from core.models import ModelSpec


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """Classes that are measured as one. `key`: a class's key, or `core.runs.ALL_ICE`."""

    key: str
    indices: tuple[int, ...]

    @property
    def members(self) -> NDArray[np.bool_]:
        """For each possible value of a class map whether it is of the group, (256,)."""
        table = np.zeros(NO_DATA + 1, np.bool_)
        table[list(self.indices)] = True
        return table

    def total(self, by_class: Sequence[float]) -> float:
        """The sum of what the group's classes have; `by_class` follows the spec's order."""
        return float(sum(by_class[index] for index in self.indices))


def class_groups(spec: ModelSpec) -> tuple[ClassGroup, ...]:
    """Each class that maps draw, in legend order, then all ice."""
    ice = tuple(info.index for info in spec.classes if info.is_ice)
    return (*(ClassGroup(info.key, (info.index,)) for info in spec.foreground), ClassGroup(ALL_ICE, ice))
