"""Votes: for every pixel what the network and simple rules say of snow, ice and cloud, in one byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.checks import Rule, RuleCheck
from core.measure.clouds import CLOUD, CLOUD_KNOWN, find_cloud
from core.types import BANDS, NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from core.models import ModelSpec

    Bytes = NDArray[np.uint8]

NDSI_SNOW = 0.4  # Dozier 1989, doi:10.1016/0034-4257(89)90101-6; Hall et al. 1995
MELTING_K = 273.15  # ice cannot be warmer; frozen ground can be as cold
NETWORK = 1
ICE: Mapping[Rule, int] = {Rule.NDSI: 2, Rule.FREEZING: 4}  # the rule says ice
KNOWN: Mapping[Rule, int] = {Rule.NDSI: 8, Rule.FREEZING: 16}  # the rule has the bands to tell
GREEN, SWIR1, THERMAL = (BANDS.index(band) for band in ("green", "swir1", "thermal"))

TAGS = {  # what the bits of a vote mean, for whoever opens the raster elsewhere
    "BIT_0": "the network says snow or ice (clean)",
    "BIT_1": f"NDSI is at least {NDSI_SNOW}",
    "BIT_2": f"the surface is at {MELTING_K} K or below",
    "BIT_3": "NDSI is known",
    "BIT_4": "the temperature is known",
    "BIT_5": "it looks like cloud that the product did not mask",
    "BIT_6": "the bands to tell cloud are there",
}


def bright_classes(spec: ModelSpec) -> tuple[int, ...]:
    """The classes that look like snow and ice: clean ice, or all glacier where it is not told apart.

    Debris hides the ice from both rules.
    """
    return tuple(info.index for info in spec.classes if info.is_ice)[:1]


def cast_votes(values: NDArray[np.float32], classes: Bytes, spec: ModelSpec) -> Bytes:
    """Votes uint8 (h, w) of a window, the bits above; 255 without data.

    `values`: reflectance and kelvin (5, h, w), NaN where missing. `classes`: as the network decides. The
    index is (green - swir1) / (green + swir1), unknown in the dark, where the sum is not positive.
    """
    green, swir1, kelvin = values[GREEN], values[SWIR1], values[THERMAL]
    total = green + swir1
    lit, warm = total > 0, np.isfinite(kelvin)  # comparisons with NaN are false
    snow = lit & (green - swir1 >= np.float32(NDSI_SNOW) * total)
    cloud, judged = find_cloud(values)
    votes = np.isin(classes, bright_classes(spec)).astype(np.uint8) * np.uint8(NETWORK)
    for mask, bit in (
        (snow, ICE[Rule.NDSI]),
        (warm & (kelvin <= np.float32(MELTING_K)), ICE[Rule.FREEZING]),
        (lit, KNOWN[Rule.NDSI]),
        (warm, KNOWN[Rule.FREEZING]),
        (cloud, CLOUD),
        (judged, CLOUD_KNOWN),
    ):
        votes |= mask.astype(np.uint8) * np.uint8(bit)
    votes[classes == NO_DATA] = NO_DATA
    return votes


def count_votes(votes: Bytes) -> NDArray[np.int64]:
    """Pixels by vote, (256,); counts of windows add up."""
    return np.bincount(votes.ravel(), minlength=NO_DATA + 1)


def rule_checks(counts: NDArray[np.int64]) -> Iterator[RuleCheck]:
    """How each rule and the network agree, from `count_votes`; rules that could tell nowhere are left out."""
    vote = np.arange(NO_DATA)
    network = (vote & NETWORK) > 0
    for rule in Rule:
        known, ice = (vote & KNOWN[rule]) > 0, (vote & ICE[rule]) > 0

        def pixels(says: NDArray[np.bool_], known: NDArray[np.bool_] = known) -> int:
            return int(counts[:NO_DATA][known & says].sum())

        check = RuleCheck(
            rule,
            both_px=pixels(network & ice),
            neither_px=pixels(~network & ~ice),
            network_px=pixels(network & ~ice),
            rule_px=pixels(~network & ice),
        )
        if check.compared_px:
            yield check
