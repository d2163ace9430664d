"""Radiometry: raw numbers to reflectance and kelvin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.runs import RadiometryKind
from core.types import BANDS, Pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.tiles.stack import RawPixels

KELVIN_AT_0_C = 273.15
TITLES: dict[RadiometryKind, str] = {
    RadiometryKind.LANDSAT_L2: "Landsat Collection 2 Level-2 digital numbers",
    RadiometryKind.LANDSAT_L1: "Landsat Collection 2 Level-1 digital numbers",
    RadiometryKind.SENTINEL2: "Sentinel-2 digital numbers without offset (before baseline 04.00)",
    RadiometryKind.SENTINEL2_OFFSET: "Sentinel-2 digital numbers with offset (baseline 04.00 or later)",
    RadiometryKind.PHYSICAL: "reflectance and kelvin already",
    RadiometryKind.UNKNOWN: "unknown units, stretched per tile",
}


@dataclass(frozen=True, slots=True)
class BandScale:
    """One band's conversion: gain * number + offset; for radiance, then k2 / ln(k1 / radiance + 1) in kelvin.

    `zero_is_gap`: a 0 means that the band has no measurement there.
    """

    gain: float = 1.0
    offset: float = 0.0
    k1: float = 0.0
    k2: float = 0.0
    zero_is_gap: bool = False

    def apply(self, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        """Physical values of raw numbers, the same for every window."""
        values = numbers * np.float32(self.gain) + np.float32(self.offset)
        if not self.k1:
            return values
        radiance = np.maximum(values, np.float32(1e-3))  # below it, 100 K and less, the logarithm runs away
        kelvin: NDArray[np.float32] = np.float32(self.k2) / np.log(
            np.float32(self.k1) / radiance + np.float32(1)
        )
        return kelvin


Scales = tuple[BandScale, ...]  # one a band, in the order of BANDS

# USGS Landsat 8-9 Collection 2 Level 2 Science Product Guide: the same factors for Landsat 4 to 9.
_L2_OPTICAL = BandScale(2.75e-5, -0.2)
_L2_THERMAL = BandScale(0.00341802, 149.0, zero_is_gap=True)
# USGS Landsat 8 Data Users Handbook: REFLECTANCE_MULT/ADD of every band, B10's RADIANCE_MULT/ADD and K1/K2.
_L1_OPTICAL = BandScale(2e-5, -0.1)
_L1_THERMAL_8 = BandScale(3.342e-4, 0.1, 774.8853, 1321.0789, zero_is_gap=True)
_L1_THERMAL_9 = BandScale(3.8e-4, 0.1, 799.0284, 1329.2405, zero_is_gap=True)  # from Landsat 9 metadata files
_KELVIN = BandScale(zero_is_gap=True)
_CELSIUS = BandScale(offset=KELVIN_AT_0_C)  # 0 degrees is a measurement

STRETCH_REFLECTANCE = (0.02, 0.9)  # what the 2nd and 98th percentile become: shadow and snow
STRETCH_KELVIN = (250.0, 285.0)  # a cold glacier and warm rock beside it


def scales_of(kind: RadiometryKind, sensor: str | None = None, sun_elevation: float | None = None) -> Scales:
    """The conversion of each band; `UNKNOWN` is left as it is, for its stretch depends on the tile.

    `sun_elevation` in degrees corrects Level-1 reflectance for the sun's height where it is known.
    """
    if kind is RadiometryKind.LANDSAT_L2:
        return _scales(_L2_OPTICAL, _L2_THERMAL)
    if kind is RadiometryKind.LANDSAT_L1:
        sine = np.sin(np.radians(sun_elevation)) if sun_elevation else 1.0
        optical = BandScale(_L1_OPTICAL.gain / sine, _L1_OPTICAL.offset / sine)
        return _scales(optical, _L1_THERMAL_9 if sensor == "Landsat 9" else _L1_THERMAL_8)
    if kind is RadiometryKind.SENTINEL2:
        return _scales(BandScale(1e-4), _KELVIN)
    if kind is RadiometryKind.SENTINEL2_OFFSET:
        return _scales(BandScale(1e-4, -0.1), _KELVIN)
    return _scales(BandScale(), _KELVIN)


def celsius(scales: Scales) -> Scales:
    """The same scales with a thermal band in degrees Celsius."""
    return (*scales[:4], _CELSIUS)


def stretch(optical: tuple[float, float], thermal: tuple[float, float]) -> Scales:
    """Scales that take the 2nd and 98th percentile of numbers in unknown units to plausible values.

    One stretch serves all optical bands, so that the differences between bands, which tell snow from rock,
    survive.
    """
    kelvin = replace(_between(thermal, STRETCH_KELVIN), zero_is_gap=True)
    return _scales(_between(optical, STRETCH_REFLECTANCE), kelvin)


def convert(raw: RawPixels, scales: Scales) -> Pixels:
    """Reflectance and kelvin of raw numbers.

    A pixel is valid where any optical band carries a number other than 0. In a valid pixel an optical 0 is
    deep shadow and keeps its value; a thermal 0 is a gap and becomes NaN, like all that is not carried.
    Pixels that are not valid are NaN in every band.
    """
    valid = (raw.carried[:4] & (raw.values[:4] != 0)).any(axis=0)
    values = np.empty(raw.values.shape, np.float32)
    for plane, scale in enumerate(scales):
        numbers = raw.values[plane]
        # A declared no-data value of 0 still is deep shadow where another band of the pixel carries data.
        known = valid & (raw.carried[plane] | (numbers == 0))
        if scale.zero_is_gap:
            known &= numbers != 0
        with np.errstate(over="ignore", invalid="ignore"):  # what is no data may be any number
            values[plane] = scale.apply(numbers)
        np.copyto(values[plane], np.float32(np.nan), where=~known)
    return Pixels(values, valid)


def _scales(optical: BandScale, thermal: BandScale) -> Scales:
    return (*(optical for _ in BANDS[:4]), thermal)


def _between(found: tuple[float, float], wanted: tuple[float, float]) -> BandScale:
    low, high = found
    gain = (wanted[1] - wanted[0]) / (high - low) if high > low else 0.0
    return BandScale(gain, wanted[0] - gain * low)
