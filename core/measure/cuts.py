"""Cuts: how much of the ice's outline is the tile's edge or the edge of no data, and no outline at all."""

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
    _last: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Begin with no strip."""
        self._is_ice = np.zeros(NO_DATA + 1, np.bool_)
        self._is_ice[[info.index for info in self.spec.classes if info.is_ice]] = True

    def add(self, classes: NDArray[np.uint8]) -> None:
        """Add the next strip, uint8 (h, w)."""
        ice = self._is_ice[classes]
        self._count_edge(ice[:, 0], ice[:, -1])
        self._count_between(classes[:, :-1], classes[:, 1:])
        if self._last is None:
            self._count_edge(ice[0])
        else:
            self._count_between(self._last[None], classes[:1])
        self._count_between(classes[:-1], classes[1:])
        self._last = classes[-1].copy()

    def finish(self) -> OutlineCut | None:
        """The shares of the whole outline; None for a tile without ice."""
        if self._last is not None:
            self._count_edge(self._is_ice[self._last])
            self._last = None
        return OutlineCut(self._edge / self._all, self._no_data / self._all) if self._all else None

    def _count_edge(self, *sides: Bools) -> None:
        found = sum(int(np.count_nonzero(side)) for side in sides)
        self._edge += found
        self._all += found

    def _count_between(self, one: NDArray[np.uint8], other: NDArray[np.uint8]) -> None:
        first, second = self._is_ice[one], self._is_ice[other]
        self._all += int(np.count_nonzero(first != second))
        blind = (first & (other == NO_DATA)) | (second & (one == NO_DATA))
        self._no_data += int(np.count_nonzero(blind))
