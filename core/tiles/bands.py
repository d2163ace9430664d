"""Band facts: which band number of which sensor is blue, green, red, swir1 or thermal."""

from __future__ import annotations

from enum import StrEnum

from core.types import BANDS, BandName


class Family(StrEnum):
    """Sensors that number their bands alike."""

    OLI = "Landsat 8/9"
    TM = "Landsat 4-7"
    MSI = "Sentinel-2"


LABELS: dict[BandName, str] = {
    "blue": "Blue",
    "green": "Green",
    "red": "Red",
    "swir1": "Shortwave infrared 1",
    "thermal": "Thermal infrared",
}
UNITS: dict[BandName, str] = {band: "K" if band == "thermal" else "reflectance" for band in BANDS}

# USGS Landsat Collection 2 band designations; ESA Sentinel-2 MSI band designations.
_NUMBERS: dict[Family, dict[str, BandName]] = {
    Family.OLI: {"2": "blue", "3": "green", "4": "red", "6": "swir1", "10": "thermal"},
    Family.TM: {"1": "blue", "2": "green", "3": "red", "5": "swir1", "6": "thermal"},
    Family.MSI: {"2": "blue", "3": "green", "4": "red", "11": "swir1"},
}

_WORDS: dict[str, BandName] = {
    "blue": "blue",
    "green": "green",
    "red": "red",
    "swir": "swir1",
    "swir1": "swir1",
    "swir16": "swir1",  # STAC catalogues name the band by its wavelength, 1.6 um
    "thermal": "thermal",
    "thermal1": "thermal",
    "tir": "thermal",
    "tir1": "thermal",
    "tirs": "thermal",
    "tirs1": "thermal",
    "lwir": "thermal",
    "lwir11": "thermal",
    "lst": "thermal",
}
_UNUSED_WORDS = (
    *("coastal", "aerosol", "nir", "nir08", "nir09", "swir2", "swir22", "pan", "panchromatic", "cirrus"),
    *("rededge", "rededge1", "rededge2", "rededge3", "tirs2", "lwir12", "scl", "aot", "wvp", "tci", "qa"),
)
BAND_WORDS: tuple[str, ...] = (*_WORDS, *_UNUSED_WORDS)


def band_of_number(family: Family, number: str) -> BandName | None:
    """The band that a sensor family gives a number (`2`, `02`, `8A`); None for one that no tile needs."""
    return _NUMBERS[family].get(number.lstrip("0").upper())


def band_of_word(word: str) -> BandName | None:
    """The band that a word such as `swir-1` or `Thermal` names; None for any other word."""
    return _WORDS.get(word.lower().replace("-", "").replace("_", "").replace(" ", ""))


def family_of(sensor: str | None) -> Family | None:
    """The family of a sensor name such as `Landsat 5`; None where the name says nothing."""
    if sensor is None:
        return None
    if sensor.startswith("Sentinel-2"):
        return Family.MSI
    if sensor.startswith("Landsat "):
        return Family.OLI if sensor[8:9] in {"8", "9"} else Family.TM
    return None
