"""Tags: what a raster's own metadata tells about sensor, date and level."""

from __future__ import annotations

import re
from datetime import date

from core.runs import RadiometryKind
from core.tiles.naming import date_in, parse_name, sensor_in
from core.tiles.opening import Header

_SENSOR_KEYS = ("SENSOR", "SPACECRAFT_ID", "SPACECRAFT", "SATELLITE", "PLATFORM", "MISSION")
_DATE_KEYS = (
    "ACQUIRED_ON",
    "DATE_ACQUIRED",
    "ACQUISITION_DATE",
    "SENSING_TIME",
    "DATATAKE_SENSING_START",
    "DATETIME",
)
_PRODUCT_KEYS = ("LANDSAT_PRODUCT_ID", "PRODUCT_ID", "PRODUCT_URI", "SCENE_ID", "TIFFTAG_DOCUMENTNAME")
_LEVEL_KEYS = ("RADIOMETRY", "FIRNLINE_RADIOMETRY")
_LANDSAT_LEVEL = re.compile(r"^L([12])[A-Z]{2}$")


def tagged_sensor(header: Header) -> str | None:
    """The sensor that the tags name."""
    return next((s for text in _values(header, _SENSOR_KEYS + _PRODUCT_KEYS) if (s := _sensor(text))), None)


def tagged_date(header: Header) -> date | None:
    """The acquisition date that the tags name; the date of writing (TIFFTAG_DATETIME) does not count."""
    return next((d for text in _values(header, _DATE_KEYS + _PRODUCT_KEYS) if (d := date_in(text))), None)


def tagged_radiometry(header: Header) -> RadiometryKind | None:
    """The level that the tags name."""
    for text in _values(header, _LEVEL_KEYS):
        if text.lower() in set(RadiometryKind):
            return RadiometryKind(text.lower())
    for text in _values(header, ("PROCESSING_LEVEL",)):
        level = _LANDSAT_LEVEL.match(text.upper())
        if level:
            return RadiometryKind.LANDSAT_L2 if level[1] == "2" else RadiometryKind.LANDSAT_L1
    return next((r for text in _values(header, _PRODUCT_KEYS) if (r := parse_name(text).radiometry)), None)


def tagged_sun_elevation(header: Header) -> float | None:
    """The sun's height above the horizon in degrees, where the tags give one above 0."""
    for text in _values(header, ("SUN_ELEVATION",)):
        try:
            degrees = float(text)
        except ValueError:
            continue
        if 0 < degrees <= 90:
            return degrees
    return None


def tagged_simulation(header: Header) -> str | None:
    """What the tags say about a simulated tile ("simulated by Firnline, seed 24"); None for a real one."""
    return next((t for t in _values(header, ("DESCRIPTION",)) if t.lower().startswith("simulated")), None)


def _values(header: Header, keys: tuple[str, ...]) -> list[str]:
    return [header.tags[key].strip() for key in keys if key in header.tags]


def _sensor(text: str) -> str | None:
    return sensor_in(text) or sensor_in(text.replace("_", " "))
