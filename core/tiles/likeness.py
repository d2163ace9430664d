"""Likeness: how a tile's values lie to those that a model's weights were trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.checks import BandFit
from core.tiles.bands import LABELS, UNITS
from core.types import BANDS, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.types import Pixels

FAR_STD = 3.0  # standard deviations; a normal distribution has 0.3 % beyond
UNLIKE_SHARE = 0.5


def band_fits(pixels: Pixels, means: Sequence[float], stds: Sequence[float]) -> tuple[BandFit, ...]:
    """How each band of a sample of pixels lies to the training; bands without any value are left out.

    `means` and `stds` are the card's, one a band in the order of `BANDS`, reflectance and kelvin.
    """
    fits = []
    for plane, band in enumerate(BANDS):
        values = pixels.values[plane][pixels.valid & np.isfinite(pixels.values[plane])]
        if values.size:
            low, high = (float(means[plane] + side * FAR_STD * stds[plane]) for side in (-1, 1))
            below, above = float(np.mean(values < low)), float(np.mean(values > high))
            fits.append(BandFit(band, low, high, below, above, float(np.median(values))))
    return tuple(fits)


def unlike_training(fits: Sequence[BandFit]) -> Iterator[Finding]:
    """A warning for each band of which more than half of the pixels are far from the training."""
    for fit in fits:
        share = fit.below + fit.above
        if share > UNLIKE_SHARE:
            unit = UNITS[fit.band]
            mean, std = (fit.low + fit.high) / 2, (fit.high - fit.low) / 2 / FAR_STD
            text = (
                f"{LABELS[fit.band]}: {100 * share:.0f} % of the pixels are far from what the model was "
                f"trained on (here a median of {fit.median:.4g} {unit}, there a mean of {mean:.4g} {unit} "
                f"and a standard deviation of {std:.2g}). "
                "Check units and band order; if they are right, take the result as a first guess."
            )
            yield Finding(Severity.WARNING, "unlike-training", text)
