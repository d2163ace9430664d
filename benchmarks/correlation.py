"""Correlation of mistakes: how far from each other pixels are wrong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec

LAGS_PX = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128)
ALIKE = 0.1  # a correlation below this is taken for none
SURE = 250  # the level that stands for a probability of 1


def ice_residuals(
    levels: NDArray[np.uint8], labels: NDArray[np.uint8], spec: ModelSpec
) -> NDArray[np.float64]:
    """Truth minus probability of ice (h, w), NaN without data.

    `levels`: (bands, h, w), the foreground classes as `core.export.rasters.quantise` makes them.
    """
    ice = [info.index for info in spec.classes if info.is_ice]
    bands = [band for band, info in enumerate(spec.foreground) if info.is_ice]
    probability = levels[bands].sum(axis=0, dtype=np.float64) / SURE
    seen = (levels[0] != NO_DATA) & (labels != NO_DATA)
    return np.where(seen, np.isin(labels, ice) - probability, np.nan)


@dataclass(slots=True, eq=False)
class Correlogram:
    """Pools the correlation of residuals along rows and columns of many tiles."""

    products: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(LAGS_PX)))
    pairs: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(LAGS_PX)))
    squares: float = 0.0
    pixels: int = 0

    def add(self, residuals: NDArray[np.float64]) -> None:
        """Add one tile's residuals (h, w), NaN where there are none."""
        known = np.isfinite(residuals)
        values = np.where(known, residuals, 0.0)
        self.squares += float((values**2).sum())
        self.pixels += int(known.sum())
        for number, lag in enumerate(LAGS_PX):
            for one, other in ((np.s_[lag:, :], np.s_[:-lag, :]), (np.s_[:, lag:], np.s_[:, :-lag])):
                self.products[number] += float((values[one] * values[other]).sum())
                self.pairs[number] += int((known[one] & known[other]).sum())

    def correlations(self) -> NDArray[np.float64]:
        """The correlation at each of `LAGS_PX`; NaN where no pair is that far apart."""
        mean_square = self.squares / self.pixels if self.pixels else np.nan
        mean = np.divide(self.products, self.pairs, out=np.full(len(LAGS_PX), np.nan), where=self.pairs > 0)
        correlations: NDArray[np.float64] = mean / mean_square
        return correlations

    @property
    def length_px(self) -> float:
        """The first lag at which mistakes are no longer alike; infinite where all are."""
        below = np.flatnonzero(self.correlations() < ALIKE)
        return float(LAGS_PX[below[0]]) if below.size else float("inf")
