"""The input check: what there is to say about a tile before a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from core.runs import RadiometryKind
from core.tiles.bands import LABELS
from core.tiles.detection import REFLECTANCE_LIMIT
from core.tiles.placing import BY_HAND, VISIBLE
from core.types import BANDS, OPTICAL_BANDS, BandName, Finding, Pixels, Severity

if TYPE_CHECKING:
    from core.tiles.detection import BandStatistics
    from core.tiles.files import TileFiles
    from core.tiles.tile import Tile

STATED_DATE, STATED_SENSOR = "stated-date", "stated-sensor"
DAY_LINE = timedelta(days=1)  # east of Greenwich it is tomorrow already
MOSTLY = 0.5  # a smaller share of valid pixels is "mostly no data"
_SATURATED = 0.1  # the reference tiles, low-sun snow, have 3 % and up to 9 % in one tile
_THERMAL_GAPS = 0.05
_DARKEST = -0.05  # a median reflectance below this is no shadow but a wrong offset
_KELVIN = (200.0, 340.0)  # medians of ground on Earth
_KELVIN_SPREAD = 120.0  # between the 1st and 99th percentile; the reference tiles have 42 K
_SNOW = 0.5  # reflectance above which visible bands of one pixel are alike: snow, ice, cloud


@dataclass(frozen=True, slots=True, eq=False)
class Inspected:
    """A tile with what its overview shows: pixels in physical units, and statistics of the raw numbers.

    `date_stated`: the user states the acquisition date; else names or tags tell it.
    """

    tile: Tile
    pixels: Pixels
    statistics: Mapping[BandName, BandStatistics]
    date_stated: bool = False


def check_tile(seen: Inspected) -> tuple[Finding, ...]:
    """All findings of the input check."""
    found = [*_data(seen), *_bands(seen), *_descriptions(seen)]
    if seen.pixels.valid.any():
        found += [*_gaps(seen), *_reflectance(seen), *_temperature(seen), *_order(seen), *_saturation(seen)]
    return tuple(found)


def simulated(told: str) -> Finding:
    """The note that a tile shows no real ground; `told` is what its tags say."""
    text = f"The tile is {told}: it shows no real ground. Use it to learn and to test, not to report areas."
    return Finding(Severity.NOTE, "simulated", text)


def lies_ahead(day: date) -> bool:
    """Whether a date cannot be one of acquisition yet, anywhere on earth."""
    return day > datetime.now(UTC).date() + DAY_LINE


def overruled(files: TileFiles, sensor: str | None, acquired_on: date | None) -> Iterator[Finding]:
    """A note for each thing that the user states and names or tags tell otherwise."""
    if acquired_on and files.acquired_on and acquired_on != files.acquired_on:
        text = (
            f"The acquisition date is {acquired_on.isoformat()} as stated; names or tags give "
            f"{files.acquired_on.isoformat()}."
        )
        yield Finding(Severity.NOTE, STATED_DATE, text)
    if sensor and files.sensor and sensor != files.sensor:
        text = f"The sensor is {sensor} as stated; names or tags give {files.sensor}."
        yield Finding(Severity.NOTE, STATED_SENSOR, text)


def _data(seen: Inspected) -> Iterator[Finding]:
    share = float(seen.pixels.valid.mean())
    if not seen.pixels.valid.any():
        text = (
            f"{seen.tile.name} carries no data: every pixel is 0, masked or marked as no data. "
            "Choose a tile that shows ground."
        )
        yield Finding(Severity.ERROR, "all-no-data", text)
    elif share < MOSTLY:
        text = (
            f"{_percent(1 - share)} of the pixels carry no data. They are neither classified nor counted: "
            "areas are those of the remaining ground."
        )
        yield Finding(Severity.WARNING, "mostly-no-data", text)


def _bands(seen: Inspected) -> Iterator[Finding]:
    missing = [band for band in BANDS if band not in seen.tile.bands]
    visible = [LABELS[band].lower() for band in VISIBLE if band in missing]
    if visible:
        text = (
            f"{seen.tile.name} lacks {' and '.join(visible)}. The models need blue, green and red and do "
            "without "
            "shortwave infrared or thermal only: add the file, or choose the band by hand."
        )
        yield Finding(Severity.ERROR, "missing-visible", text)
    for band, loss in (
        ("swir1", "It tells snow and ice from cloud and rock"),
        ("thermal", "It tells debris-covered ice from other ground"),
    ):
        if band in missing:
            text = (
                f"{seen.tile.name} has no {LABELS[band].lower()} band. {loss}: the result is less certain. "
                "Add the band if you have it."
            )
            yield Finding(Severity.WARNING, f"missing-{band}", text)
    if not seen.pixels.valid.any():
        return
    for band in seen.tile.bands:
        if band not in seen.statistics:
            severity = Severity.ERROR if band in VISIBLE else Severity.WARNING
            text = f"The {LABELS[band].lower()} band is empty: no pixel carries a value. Check its file."
            yield Finding(severity, "empty-band", text)


def _descriptions(seen: Inspected) -> Iterator[Finding]:
    if seen.tile.stack.resampled:
        listed = " and ".join(LABELS[band].lower() for band in seen.tile.stack.resampled)
        text = f"Coarser pixels of {listed} were interpolated (bilinear) to the finest band's grid."
        yield Finding(Severity.NOTE, "resampled", text)
    if seen.tile.sensor is None:
        text = "Neither names nor tags tell the sensor. State it if you know it."
        yield Finding(Severity.NOTE, "no-sensor", text)
    if seen.tile.acquired_on is None:
        text = "Neither names nor tags tell the acquisition date. State it to give the run its place in time."
        yield Finding(Severity.NOTE, "no-date", text)
    elif lies_ahead(seen.tile.acquired_on):
        day = seen.tile.acquired_on.isoformat()
        told = "The stated acquisition date" if seen.date_stated else "The acquisition date in names or tags"
        text = f"{told} is {day}, which lies in the future. State the day on which the satellite passed."
        yield Finding(Severity.ERROR, "future-date", text)


def _gaps(seen: Inspected) -> Iterator[Finding]:
    """Optical bands without a number in pixels where another optical band carries one."""
    for plane, band in enumerate(OPTICAL_BANDS):
        if band not in seen.tile.bands:
            continue
        share = float(np.isnan(seen.pixels.values[plane][seen.pixels.valid]).mean())
        if share > 0:
            text = (
                f"{LABELS[band]}: {_percent(share)} of the valid pixels carry none (not a number, infinite "
                "or marked as no data), though other bands do. They are classified without this band; mask "
                "them in all bands to leave them out."
            )
            yield Finding(Severity.WARNING, "optical-gaps", text)


def _reflectance(seen: Inspected) -> Iterator[Finding]:
    kind = seen.tile.radiometry.kind
    if kind is RadiometryKind.UNKNOWN:  # stretched to be plausible
        return
    wrong = []
    for band in OPTICAL_BANDS:
        spread = _percentiles(seen, band)
        if spread is None:
            continue
        _, median, high = spread
        if kind is RadiometryKind.PHYSICAL and _KELVIN[0] < median < _KELVIN[1]:
            text = (
                f"The {LABELS[band].lower()} band has a median of {median:.0f}, which is a temperature in "
                f"kelvin and no reflectance: the bands are in another order. {BY_HAND}"
            )
            yield Finding(Severity.ERROR, "band-order", text)
            return
        if kind is RadiometryKind.PHYSICAL and median > REFLECTANCE_LIMIT:
            text = (
                f"The values are read as reflectance, but half of the {LABELS[band].lower()} band is above "
                f"{median:.0f}: these are digital numbers. Reflectance lies between 0 and about 1.6. "
                "Choose the "
                "units of the product instead."
            )
            yield Finding(Severity.ERROR, "digital-numbers-as-reflectance", text)
            return
        if median < _DARKEST or high > REFLECTANCE_LIMIT:
            wrong.append(f"{LABELS[band].lower()} (median {median:.2f}, 99 % below {high:.2f})")
    if wrong:
        text = (
            f"Read in these units, reflectance is not plausible: {', '.join(wrong)}. It should lie "
            "between 0 and "
            "about 1.6. Choose other units, or check the bands."
        )
        yield Finding(Severity.WARNING, "implausible-reflectance", text)


def _temperature(seen: Inspected) -> Iterator[Finding]:
    spread = _percentiles(seen, "thermal")
    if spread is None:
        return
    if not _plausible_kelvin(spread):
        low, median, high = spread
        text = (
            f"Read in these units, the thermal band is not plausible: median {median:.0f} K, 98 % between "
            f"{low:.0f} "
            f"and {high:.0f} K. Choose other units, check the band order, or leave the band out."
        )
        yield Finding(Severity.WARNING, "implausible-temperature", text)
    gaps = float(np.isnan(seen.pixels.values[4][seen.pixels.valid]).mean())
    if gaps > _THERMAL_GAPS:
        text = f"{_percent(gaps)} of the valid pixels have no temperature; the models do without it there."
        yield Finding(Severity.NOTE, "thermal-gaps", text)


def _order(seen: Inspected) -> Iterator[Finding]:
    """Signs of swapped bands: a thermal band among the optical ones, or visible and shortwave exchanged."""
    thermal = _percentiles(seen, "thermal")
    if thermal is not None and not _plausible_kelvin(thermal):
        scale = seen.tile.scales[4]
        for band in (b for b in OPTICAL_BANDS if b in seen.statistics):
            told = seen.statistics[band]
            numbers = np.array([told.p1, told.p50, told.p99], np.float32)
            low, median, high = (float(k) for k in scale.apply(numbers))
            if _plausible_kelvin((low, median, high)):
                text = (
                    f"The bands seem to be in a wrong order: the {LABELS[band].lower()} band looks like "
                    "temperature "
                    f"and the thermal band does not. {BY_HAND}"
                )
                yield Finding(Severity.WARNING, "band-order", text)
                return
    dark = _dark_in_snow(seen.pixels)
    if dark:
        text = (
            "The bands seem to be in a wrong order: where the others are bright as snow, the "
            f"{LABELS[dark].lower()} "
            f"band is dark, as shortwave infrared should be. {BY_HAND}"
        )
        yield Finding(Severity.WARNING, "band-order", text)


def _dark_in_snow(pixels: Pixels) -> BandName | None:
    """The visible band that is dark in most pixels where the other three optical bands are bright."""
    optical = pixels.values[:4]
    for plane, band in enumerate(VISIBLE):
        others = np.delete(optical, plane, axis=0)
        bright = pixels.valid & (others > _SNOW).all(axis=0)  # NaN compares false: no guess without shortwave
        if bright.mean() > 0.01 and np.median(optical[plane][bright]) < _SNOW * 0.4:
            return band
    return None


def _saturation(seen: Inspected) -> Iterator[Finding]:
    saturated = []
    for plane, band in enumerate(OPTICAL_BANDS):
        values = seen.pixels.values[plane][seen.pixels.valid]
        values = values[np.isfinite(values)]
        if not values.size:
            continue
        highest = values.max()
        if values.min() == highest:
            text = f"The {LABELS[band].lower()} band has the same value in every pixel. Check its file."
            yield Finding(Severity.WARNING, "constant-band", text)
            continue
        share = float(np.mean(values == highest))
        if share > _SATURATED:
            saturated.append(f"{_percent(share)} of {LABELS[band].lower()}")
    if saturated:
        text = (
            f"The sensor was saturated: {', '.join(saturated)} sit at the largest value. "
            "Bright surfaces cannot be told apart there."
        )
        yield Finding(Severity.WARNING, "saturated", text)


def _percentiles(seen: Inspected, band: BandName) -> tuple[float, float, float] | None:
    """1st, 50th and 99th percentile of a band in physical units; None without any value."""
    told = seen.statistics.get(band)
    if told is None:
        return None
    numbers = np.array([told.p1, told.p50, told.p99], np.float32)
    low, median, high = seen.tile.scales[BANDS.index(band)].apply(numbers)
    return float(low), float(median), float(high)


def _plausible_kelvin(spread: tuple[float, float, float]) -> bool:
    low, median, high = spread
    return _KELVIN[0] < median < _KELVIN[1] and high - low < _KELVIN_SPREAD


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
