"""Cuts: how much of the ice's outline is the tile's edge or the edge of no data, and no outline at all.

Where a site's glacier outlines are known, the ice inside them counts alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.runs import OutlineCut
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec

    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some pixels: ice that counts, any ice, no data; each bool (h, w)."""

    counted: Bools
    ice: Bools
    blind: Bools

    def part(self, at: slice | tuple[slice, slice]) -> _Rows:
        """Some of the pixels."""
        return _Rows(self.counted[at], self.ice[at], self.blind[at])

    def copied(self) -> _Rows:
        """Arrays of their own, which keep no strip alive."""
        return _Rows(self.counted.copy(), self.ice.copy(), self.blind.copy())


@dataclass(slots=True, eq=False)
class CutStrips:
    """Counts the sides of ice pixels strip by strip, from the top of a class map to its bottom.

    A side counts where its other pixel is no ice: as the tile's edge, as no data, or as outline that was
    seen. Real outlines run askew and have about 4 / pi as many sides as length, the tile's edge has not, so
    the share of the edge comes out a little too small.
    """

    spec: ModelSpec
    _edge: int = 0
    _no_data: int = 0
    _all: int = 0
    _is_ice: Bools = field(init=False)
    _last: _Rows | None = None

    def __post_init__(self) -> None:
        """Begin with no strip."""
        self._is_ice = np.zeros(NO_DATA + 1, np.bool_)
        self._is_ice[[info.index for info in self.spec.classes if info.is_ice]] = True

    def add(self, classes: NDArray[np.uint8], inside: Bools | None = None) -> None:
        """Add the next strip, uint8 (h, w); ice counts where `inside`, (h, w), is true, or everywhere.

        Where ice goes on beyond what is inside, there is no outline.
        """
        ice = self._is_ice[classes]
        rows = _Rows(ice if inside is None else ice & inside, ice, classes == NO_DATA)
        self._count_edge(rows.counted[:, 0], rows.counted[:, -1])
        self._count_between(rows.part(np.s_[:, :-1]), rows.part(np.s_[:, 1:]))
        if self._last is None:
            self._count_edge(rows.counted[0])
        else:
            self._count_between(self._last, rows.part(np.s_[:1]))
        self._count_between(rows.part(np.s_[:-1]), rows.part(np.s_[1:]))
        self._last = rows.part(np.s_[-1:]).copied()

    def finish(self) -> OutlineCut | None:
        """The shares of the whole outline; None for a tile without ice."""
        if self._last is not None:
            self._count_edge(self._last.counted)
            self._last = None
        return OutlineCut(self._edge / self._all, self._no_data / self._all) if self._all else None

    def _count_edge(self, *sides: Bools) -> None:
        found = sum(int(np.count_nonzero(side)) for side in sides)
        self._edge += found
        self._all += found

    def _count_between(self, one: _Rows, other: _Rows) -> None:
        """Count the sides between pixels of two parts that lie beside each other, one to one."""
        for here, there in ((one, other), (other, one)):
            self._all += int(np.count_nonzero(here.counted & ~there.ice))
            self._no_data += int(np.count_nonzero(here.counted & there.blind))
