"""False-colour composites: which bands stand for red, green and blue, and how values become colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.present.ramps import COLD_TO_WARM, ramp_table
from core.types import BANDS, BandName, Pixels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STRETCH_PERCENTILES = (2.0, 98.0)
MAX_SAMPLES = 500_000  # percentiles of a sample this large move by less than one grey level

Limits = tuple[tuple[float, float], ...]  # lowest and highest shown value of each channel


@dataclass(frozen=True, slots=True)
class Composite:
    """One way of showing a tile in colours.

    `kind` names the stored artifact. `bands`: three for red, green and blue, or one drawn with a colour
    ramp. `shared_limits`: all channels are stretched alike, which keeps their hue.
    """

    kind: str
    title: str
    bands: tuple[BandName, ...]
    explanation: str
    shared_limits: bool = False


COMPOSITES: tuple[Composite, ...] = (
    # The glacier mapper's 5-4-3 of Landsat TM is swir1, nir, red. Without a near-infrared band each visible
    # place is taken by the next shorter band: ice stays turquoise and rock brown, as the eye is used to.
    Composite(
        "composite-swir",
        "Shortwave infrared",
        ("swir1", "red", "green"),
        "SWIR 1, red and green as red, green and blue. Snow and ice absorb shortwave infrared and turn "
        "turquoise; rock and debris stay brown to red, most clouds white.",
    ),
    Composite(
        "composite-natural",
        "Natural colour",
        ("red", "green", "blue"),
        "Red, green and blue as the eye would see them, stretched alike so that the hue stays true.",
        shared_limits=True,
    ),
    Composite(
        "composite-thermal",
        "Thermal",
        ("thermal",),
        "Surface temperature from cold (dark) to warm (bright). Debris in the sun is warmer than bare ice.",
    ),
)


def available_composites(present: Sequence[bool]) -> tuple[Composite, ...]:
    """The composites whose bands a tile has; `present` is in the order of `BANDS`."""
    have = {band for band, there in zip(BANDS, present, strict=True) if there}
    return tuple(c for c in COMPOSITES if have.issuperset(c.bands))


def channel_planes(composite: Composite, pixels: Pixels) -> NDArray[np.float32]:
    """The composite's bands as float32 (n, h, w), NaN where there is no data."""
    planes = pixels.values[[BANDS.index(band) for band in composite.bands]]
    return np.where(pixels.valid, planes, np.float32(np.nan))


def stretch_limits(composite: Composite, planes: NDArray[np.float32]) -> Limits | None:
    """The 2nd and 98th percentile of each channel over its pixels with data.

    `planes`: float32 (n, h, w). None where a channel has no data at all.
    """
    limits = []
    for plane in planes:
        values = plane[np.isfinite(plane)]
        if not values.size:
            return None
        sample = values[:: -(-values.size // MAX_SAMPLES)]
        low, high = np.percentile(sample, STRETCH_PERCENTILES)
        limits.append((float(low), float(high)))
    if composite.shared_limits:
        shared = min(low for low, _ in limits), max(high for _, high in limits)
        limits = [shared] * len(limits)
    return tuple(limits)


def paint(planes: NDArray[np.float32], limits: Limits) -> NDArray[np.uint8]:
    """RGBA bytes (h, w, 4): values between the limits as 0..255, pixels without data transparent.

    `planes`: float32 (n, h, w), n = 3 for red, green, blue or 1 for the colour ramp.
    """
    seen: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(planes), axis=0)
    levels = np.stack(
        [_stretched(plane, *limit) for plane, limit in zip(planes, limits, strict=True)], axis=-1
    )
    colours = ramp_table(COLD_TO_WARM)[levels[..., 0]] if len(planes) == 1 else levels
    alpha = np.where(seen, 255, 0).astype(np.uint8)
    return np.where(seen[..., None], np.dstack([colours, alpha]), 0).astype(np.uint8)


def _stretched(plane: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    """Levels 0..255; a plane of one single value lands in the middle."""
    if high <= low:
        return np.full(plane.shape, 128, np.uint8)
    scaled = (np.nan_to_num(plane, nan=low) - low) * (255.0 / (high - low))
    levels: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return levels
