"""Clouds that the product did not mask: bright, white, as bright in shortwave infrared, and cold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.checks import CloudCheck
from core.types import BANDS, NO_DATA, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

CLOUD, CLOUD_KNOWN = 32, 64  # bits of a vote: it looks like cloud, and the bands to tell are there
BRIGHT = 0.3  # reflectance of every visible band; thin cloud over dark ground is missed
WHITE = 0.3  # Fmask takes 0.7 for pixels of any brightness; below 0.3 pale sand is left out as well
SNOW_NDSI = 0.4  # as in `core.measure.votes`: snow is dark in shortwave infrared, cloud of water is not
BRIGHT_SWIR1 = 0.25
FROZEN_K = 273.15
MUCH = 0.05  # of the judged ground; clear simulated tiles stay below it (`python -m benchmarks clouds`)
BLUE, GREEN, RED, SWIR1, THERMAL = range(len(BANDS))


def find_cloud(values: NDArray[np.float32]) -> tuple[Bools, Bools]:
    """Which pixels look like cloud and which can be judged at all, both bool (h, w).

    `values`: reflectance and kelvin (5, h, w), NaN where missing. Judged are pixels with all four optical
    bands; where there is a temperature it must be at freezing or below. Whiteness is the sum of the visible
    bands' distances from their mean over that mean (Zhu and Woodcock 2012, doi:10.1016/j.rse.2011.10.028,
    equation 2).
    """
    visible, green, swir1, kelvin = values[: RED + 1], values[GREEN], values[SWIR1], values[THERMAL]
    mean = visible.mean(axis=0)
    grey = np.abs(visible - mean).sum(axis=0) < np.float32(WHITE) * mean  # comparisons with NaN are false
    bright = (visible >= np.float32(BRIGHT)).all(axis=0) & (swir1 >= np.float32(BRIGHT_SWIR1))
    snow = green - swir1 >= np.float32(SNOW_NDSI) * (green + swir1)
    warm = kelvin > np.float32(FROZEN_K)
    judged = np.isfinite(values[:THERMAL]).all(axis=0)
    return grey & bright & ~snow & ~warm, np.asarray(judged)


def cloud_check(votes: NDArray[np.int64]) -> CloudCheck:
    """How many pixels look like cloud, from pixels by vote (256,)."""
    vote = np.arange(NO_DATA)
    known, cloud = (vote & CLOUD_KNOWN) > 0, (vote & CLOUD) > 0
    return CloudCheck(int(votes[:NO_DATA][known & cloud].sum()), int(votes[:NO_DATA][known].sum()))


def cloud_findings(check: CloudCheck) -> Iterator[Finding]:
    """A warning where much of the ground looks like cloud."""
    if check.share is not None and check.share > MUCH:
        text = (
            f"{100 * check.share:.0f} % of the ground with data look like cloud that the product does not "
            "mask. What lies under cloud was not seen, so areas are too small or too large. Look at the "
            "pictures, and take a clearer scene or one with a cloud mask."
        )
        yield Finding(Severity.WARNING, "unmasked-cloud", text)
