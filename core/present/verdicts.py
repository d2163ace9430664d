"""Verdicts: the colours of maps that set a rule beside the network, or one view beside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.checks import Rule
from core.measure.clouds import CLOUD, CLOUD_KNOWN
from core.measure.votes import ICE, KNOWN, NETWORK
from core.present.legend import Ramp, Swatch
from core.present.ramps import ramp_table, rgb
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Okabe & Ito's colours that no class has.
BOTH_COLOUR, NETWORK_COLOUR, RULE_COLOUR = "#56B4E9", "#D55E00", "#009E73"
CLOUD_COLOUR = "#F0E442"
UNKNOWN_RGBA = (128, 138, 148, 120)  # the veil that class maps draw over ground without data
BOTH_OPACITY = 90  # agreement stays in the background
STEADY_TO_SHAKY = ("#FFF4D6", "#FDC776", "#F28E52", "#CF4C5A", "#8C1D66", "#3F0A4F")
SHAKY_LEVEL = 100  # a standard deviation of 0.2 is the ramp's end; few pixels have more
SPREAD_SCALE = 500  # as core.export.rasters keeps it
OUTSIDE = 254  # ground beyond the tile; no vote and no level of spread is this number
RULE_TITLES = {Rule.NDSI: "NDSI", Rule.FREEZING: "Freezing"}
RULE_WORDS = {
    Rule.NDSI: "NDSI \N{GREATER-THAN OR EQUAL TO} 0.4",
    Rule.FREEZING: "0 \N{DEGREE SIGN}C or colder",
}


def rule_palette(rule: Rule) -> NDArray[np.uint8]:
    """RGBA (256, 4) for votes: who of network and rule says ice; clear where neither does."""
    vote = np.arange(256)
    network, ice = (vote & NETWORK) > 0, (vote & ICE[rule]) > 0
    palette = np.zeros((256, 4), np.uint8)
    palette[network & ice] = (*rgb(BOTH_COLOUR), BOTH_OPACITY)
    palette[network & ~ice] = (*rgb(NETWORK_COLOUR), 255)
    palette[~network & ice] = (*rgb(RULE_COLOUR), 255)
    palette[(vote & KNOWN[rule]) == 0] = UNKNOWN_RGBA
    palette[NO_DATA] = UNKNOWN_RGBA
    palette[OUTSIDE] = 0
    return palette


def cloud_palette() -> NDArray[np.uint8]:
    """RGBA (256, 4) for votes: what looks like cloud; clear where it does not."""
    vote = np.arange(256)
    palette = np.zeros((256, 4), np.uint8)
    palette[(vote & CLOUD) > 0] = (*rgb(CLOUD_COLOUR), 255)
    palette[(vote & CLOUD_KNOWN) == 0] = UNKNOWN_RGBA
    palette[NO_DATA] = UNKNOWN_RGBA
    palette[OUTSIDE] = 0
    return palette


def spread_palette() -> NDArray[np.uint8]:
    """RGBA (256, 4) for levels of spread: clear where all views agree, opaque from one hundredth on."""
    shares = np.minimum(np.arange(256) / SHAKY_LEVEL, 1)
    palette = np.zeros((256, 4), np.uint8)
    palette[:, :3] = ramp_table(STEADY_TO_SHAKY)[np.rint(255 * shares).astype(int)]
    palette[:, 3] = np.clip(255 * np.arange(256) / (SPREAD_SCALE / 100), 0, 255)
    palette[NO_DATA] = UNKNOWN_RGBA
    palette[OUTSIDE] = 0
    return palette


def rule_rows(rule: Rule) -> tuple[Swatch, ...]:
    """The legend of a rule's map."""
    told = RULE_WORDS[rule]
    return (
        Swatch(f"Model alone says ice; not {told}", NETWORK_COLOUR),
        Swatch(f"{told}; model says no", RULE_COLOUR),
        Swatch("Both say ice", BOTH_COLOUR),
        Swatch("Cannot tell, or no data", "rgba(128,138,148,.55)"),
    )


def cloud_rows() -> tuple[Swatch, ...]:
    """The legend of the map of cloud."""
    return (
        Swatch("Looks like cloud that the product does not mask", CLOUD_COLOUR),
        Swatch("Cannot tell, or no data", "rgba(128,138,148,.55)"),
    )


def spread_rows() -> tuple[Ramp, ...]:
    """The legend of the map of spread: the deviation of the decided class's probability, in points."""
    return (Ramp("all agree", "\N{PLUS-MINUS SIGN} 20 points or more", STEADY_TO_SHAKY),)
