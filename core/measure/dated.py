"""Dated areas and the groups of one method in which they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.2425


@dataclass(frozen=True, slots=True)
class DatedArea:
    """An area on a date. `sigma_km2`: one standard error, if known. Areas of one `method` may be compared."""

    on: date
    km2: float
    sigma_km2: float | None
    method: Hashable = None


@dataclass(frozen=True, slots=True, eq=False)
class MethodGroup:
    """The points of one method by date: (n,) times in years, areas and errors in km2 (NaN where unknown)."""

    areas: tuple[DatedArea, ...]
    times: Floats
    values: Floats
    sigmas: Floats

    @property
    def pair(self) -> tuple[Floats, Floats]:
        """Times and areas, as the test of Mann and Kendall takes them."""
        return self.times, self.values

    @property
    def slopes(self) -> Floats:
        """The slopes in km2 a year of all pairs on different dates."""
        return pair_slopes(self.times, self.values)


def grouped(ordered: Sequence[DatedArea]) -> list[MethodGroup]:
    """The points of each method; methods by their first date where the areas come by date."""
    members: dict[Hashable, list[DatedArea]] = {}
    for area in ordered:
        members.setdefault(area.method, []).append(area)
    return [
        MethodGroup(
            tuple(group),
            np.array([area.on.toordinal() for area in group]) / DAYS_PER_YEAR,
            np.array([area.km2 for area in group], float),
            np.array([np.nan if area.sigma_km2 is None else area.sigma_km2 for area in group], float),
        )
        for group in members.values()
    ]


def pair_slopes(times: Floats, values: Floats) -> Floats:
    """Slopes of all pairs on different dates; `values` may be (n,) or (n, draws)."""
    first, second = np.triu_indices(len(times), 1)
    apart = times[second] > times[first]
    first, second = first[apart], second[apart]
    spans = times[second] - times[first]
    return np.asarray((values[second] - values[first]).T / spans)
