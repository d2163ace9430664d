"""Detection: which radiometry a tile's names, tags and values speak for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from core.runs import Radiometry, RadiometryKind
from core.tiles.bands import Family, family_of
from core.tiles.naming import OFFSET_SINCE
from core.tiles.radiometry import TITLES, BandScale, Scales, celsius, scales_of, stretch
from core.types import BANDS, OPTICAL_BANDS, BandName, Finding, Severity

if TYPE_CHECKING:
    from core.tiles.stack import RawPixels

REFLECTANCE_LIMIT = 3.0  # saturated Level-2 snow is 1.6; more is no reflectance
_BYTE = 255.0
_S2_DARK = 6500.0  # Level-2 numbers below 7273 are negative reflectance: few pixels are below this
_LANDSAT_BRIGHT = 20_000.0  # Sentinel-2 reflectance 2; Level-2 reflectance 0.35
_L1_THERMAL = 20_000.0  # 217 K as Level-2, 283 K as Level-1
_S2_OFFSET = 1000.0
_CELSIUS = (-90.0, 60.0)
_KINDS_OF_TAGS = {
    (2.75e-5, -0.2): RadiometryKind.LANDSAT_L2,
    (1e-4, 0.0): RadiometryKind.SENTINEL2,
    (1e-4, -0.1): RadiometryKind.SENTINEL2_OFFSET,
}


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """Percentiles of the raw numbers of one band; `whole`: all are integers."""

    p1: float
    p2: float
    p50: float
    p98: float
    p99: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Detected:
    """The radiometry, the scales to read with, and what is to be said about them."""

    radiometry: Radiometry
    scales: Scales
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Clues:
    """What the detection knows.

    `told`: what names and tags say. `tagged`: every band of the tile, with its file's scale and offset where
    they are set. `statistics`: of the raw numbers of an overview.
    """

    told: RadiometryKind | None
    sensor: str | None
    tagged: Mapping[BandName, tuple[float, float] | None]
    statistics: Mapping[BandName, BandStatistics]
    acquired_on: date | None = None
    sun_elevation: float | None = None


def statistics_of(raw: RawPixels) -> dict[BandName, BandStatistics]:
    """Statistics of the bands that carry any data, over the pixels that carry any optical data."""
    carried = raw.carried & (raw.values != 0)
    valid = carried[:4].any(axis=0)
    found: dict[BandName, BandStatistics] = {}
    for plane, band in enumerate(BANDS):
        numbers = raw.values[plane][valid & carried[plane]]
        if numbers.size:
            p1, p2, p50, p98, p99 = (float(q) for q in np.percentile(numbers, (1, 2, 50, 98, 99)))
            whole = bool(np.all(numbers == np.rint(numbers)))
            found[band] = BandStatistics(p1, p2, p50, p98, p99, whole)
    return found


def detect(clues: Clues, chosen: RadiometryKind | None = None) -> Detected:
    """How to read the tile; what the user has chosen overrules what the check finds, and both are told."""
    found = _detect(clues)
    if chosen is None:
        return found
    if chosen is found.radiometry.kind:
        kept = tuple(f for f in found.findings if f.code != "radiometry-guessed")
        confirmed = Radiometry(chosen, found.radiometry.evidence, chosen_by_user=True)
        return Detected(confirmed, found.scales, kept)
    evidence = f"Chosen by the user. The check had found: {found.radiometry.evidence}"
    tagged = _tagged_scales(clues) if chosen is RadiometryKind.PHYSICAL else None
    scales, findings = (tagged, ()) if tagged else _scales_for(chosen, clues)
    return Detected(Radiometry(chosen, evidence, chosen_by_user=True), scales, findings)


def _detect(clues: Clues) -> Detected:
    optical = [s for b, s in clues.statistics.items() if b in OPTICAL_BANDS]
    if not optical:
        return _settle(
            clues.told or RadiometryKind.UNKNOWN, "No pixel carries data to tell the units by.", clues
        )
    tagged = _tagged_scales(clues)
    if tagged:
        return _from_tags(clues, tagged)
    # Kelvin among reflectances is a wrong order, which the input check reports; it must not hide the units.
    known = [s for s in optical if not _is_kelvin(s)] or optical
    low, high = min(s.p1 for s in known), max(s.p99 for s in known)
    span = f"98 % of the optical values lie between {_figure(low)} and {_figure(high)}"
    whole = all(s.whole for s in known)
    if high <= REFLECTANCE_LIMIT and not whole:
        contrary = f", although names or tags say {TITLES[clues.told]}" if _numbers_told(clues.told) else ""
        return _settle(RadiometryKind.PHYSICAL, f"{span}, as reflectance does{contrary}.", clues)
    if high <= _BYTE:
        kind = "8-bit numbers" if whole else "neither reflectance nor known digital numbers"
        return _settle(RadiometryKind.UNKNOWN, f"{span}: {kind}.", clues)
    told = clues.told or _told_by_date(clues)
    return _as_told(clues, told, optical, span) if _numbers_told(told) else _guess(clues, optical, span)


def _told_by_date(clues: Clues) -> RadiometryKind | None:
    """The kind of a Sentinel-2 tile whose date is known; an old date may hide a newer processing baseline."""
    if family_of(clues.sensor) is not Family.MSI or clues.acquired_on is None:
        return None
    offset = clues.acquired_on >= OFFSET_SINCE
    return RadiometryKind.SENTINEL2_OFFSET if offset else RadiometryKind.SENTINEL2


def _numbers_told(told: RadiometryKind | None) -> TypeGuard[RadiometryKind]:
    """Whether names or tags speak of digital numbers."""
    return told not in {None, RadiometryKind.PHYSICAL, RadiometryKind.UNKNOWN}


def _as_told(clues: Clues, told: RadiometryKind, optical: list[BandStatistics], span: str) -> Detected:
    """What names or tags say, unless the values or the sensor speak against it."""
    darkest, lowest = min(s.p50 for s in optical), min(s.p1 for s in optical)
    if told is RadiometryKind.LANDSAT_L1 and family_of(clues.sensor) is Family.TM:
        text = f"Level-1 numbers of {clues.sensor} are scaled differently in every scene; Level-2 is not."
        return _settle(RadiometryKind.UNKNOWN, text, clues)
    if told is RadiometryKind.SENTINEL2_OFFSET and darkest < _S2_OFFSET:
        text = (
            "Name or date speak for an offset of 1000, but half of a band's values are below it: "
            "the provider has removed it."
        )
        return _settle(RadiometryKind.SENTINEL2, text, clues)
    unsure = told is RadiometryKind.SENTINEL2 and lowest > _S2_OFFSET
    text = f"Names or tags say {TITLES[told]}, and the values do not speak against it: {span}."
    return _settle(told, text, clues, *((_OFFSET_UNSURE,) if unsure else ()))


def _figure(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.2g}"


def _guess(clues: Clues, optical: list[BandStatistics], span: str) -> Detected:
    thermal = clues.statistics.get("thermal")
    family = family_of(clues.sensor)
    bright = max(s.p99 for s in optical) > _LANDSAT_BRIGHT
    dark = min(s.p1 for s in optical) < _S2_DARK
    landsat = bright or not dark or (thermal is not None and thermal.p50 > 2 * _BYTE)
    if family is not None:
        landsat = family is not Family.MSI
    if landsat and thermal and 400 < thermal.p50 < _L1_THERMAL:
        kind = RadiometryKind.LANDSAT_L1
        reason = f"the median of the thermal band, {thermal.p50:.0f}, is too cold for Level-2"
    elif landsat:
        kind, reason = RadiometryKind.LANDSAT_L2, "that is the usual product with such values"
    elif min(s.p50 for s in optical) < _S2_OFFSET:
        kind, reason = RadiometryKind.SENTINEL2, f"half of a band's values are below {_S2_OFFSET:.0f}"
    else:
        kind, reason = RadiometryKind.SENTINEL2_OFFSET, "that is the product delivered since January 2022"
    evidence = f"Nothing names the level of the product. {span}; read as {TITLES[kind]}, for {reason}."
    guessed = Finding(
        Severity.WARNING,
        "radiometry-guessed",
        f"{evidence} Choose the right units if you know better: a wrong guess makes areas wrong.",
    )
    return _settle(kind, evidence, clues, guessed)


def _settle(kind: RadiometryKind, evidence: str, clues: Clues, *findings: Finding) -> Detected:
    scales, more = _scales_for(kind, clues)
    return Detected(Radiometry(kind, evidence), scales, (*findings, *more))


def _scales_for(kind: RadiometryKind, clues: Clues) -> tuple[Scales, tuple[Finding, ...]]:
    thermal = clues.statistics.get("thermal")
    if kind is RadiometryKind.UNKNOWN:
        return _stretched(clues), (_UNKNOWN_UNITS,) if clues.statistics else ()
    scales = scales_of(kind, clues.sensor, clues.sun_elevation)
    if kind is RadiometryKind.LANDSAT_L1:
        return scales, tuple(_level1_notes(clues))
    if thermal is None:
        return scales, ()
    if kind is RadiometryKind.PHYSICAL and _CELSIUS[0] < thermal.p50 < _CELSIUS[1]:
        return celsius(scales), (_THERMAL_IN_CELSIUS,)
    if _is_kelvin(thermal):
        return (*scales[:4], scales_of(RadiometryKind.PHYSICAL)[4]), ()
    return scales, ()


def _level1_notes(clues: Clues) -> Iterator[Finding]:
    if clues.sun_elevation is None:
        text = (
            "Level-1 reflectance is not corrected for the sun's height, which the files do not tell: it "
            "is too dark "
            "when the sun is low. Use the Level-2 product if possible."
        )
        yield Finding(Severity.WARNING, "no-sun-elevation", text)
    if "thermal" in clues.statistics and clues.sensor not in {"Landsat 8", "Landsat 9"}:
        text = "The thermal band was converted with Landsat 8's constants. State the sensor if it is another."
        yield Finding(Severity.NOTE, "thermal-constants-assumed", text)


_UNKNOWN_UNITS = Finding(
    Severity.WARNING,
    "unknown-units",
    "The units of the values are not known. They were stretched, once for the whole tile, to what snow and "
    "shadow usually reflect: classes and areas are indicative at best. Use the original product if possible.",
)
_OFFSET_UNSURE = Finding(
    Severity.NOTE,
    "sentinel2-offset-unsure",
    "Hardly any value is below 1000. If the scene was reprocessed since 2022 (baseline 04.00 or later), "
    "its numbers "
    "carry an offset: choose the units with offset then.",
)
_THERMAL_IN_CELSIUS = Finding(
    Severity.WARNING,
    "thermal-celsius",
    "The thermal band looks like degrees Celsius; 273.15 was added. Check that this is right.",
)


def _stretched(clues: Clues) -> Scales:
    optical = [s for b, s in clues.statistics.items() if b in OPTICAL_BANDS]
    thermal = clues.statistics.get("thermal")
    span = (min(s.p2 for s in optical), max(s.p98 for s in optical)) if optical else (0.0, 1.0)
    scales = stretch(span, (thermal.p2, thermal.p98) if thermal else (0.0, 1.0))
    if thermal and span[1] > _BYTE and _is_kelvin(thermal):
        return (*scales[:4], scales_of(RadiometryKind.PHYSICAL)[4])
    return scales


def _is_kelvin(thermal: BandStatistics) -> bool:
    """No digital number of Landsat lies here: 150 to 400 would be 150 K as Level-2."""
    return 150 < thermal.p50 < 400


def _tagged_scales(clues: Clues) -> Scales | None:
    """The scale and offset tags of the files; None unless every optical band of the tile carries some."""
    optical = [band for band in clues.tagged if band in OPTICAL_BANDS]
    if not optical or any(clues.tagged[band] is None for band in optical):
        return None
    scales = []
    for band in BANDS:
        tag = clues.tagged.get(band)
        scales.append(BandScale(*(tag or (1.0, 0.0)), zero_is_gap=band == "thermal"))
    return tuple(scales)


def _from_tags(clues: Clues, scales: Scales) -> Detected:
    pairs = {(s.gain, s.offset) for s in scales[:4] if (s.gain, s.offset) != (1.0, 0.0)}
    kinds = {
        kind for pair, kind in _KINDS_OF_TAGS.items() if all(np.allclose(pair, p, rtol=1e-3) for p in pairs)
    }
    kind = kinds.pop() if kinds else RadiometryKind.PHYSICAL
    listed = "; ".join(f"{gain:g} x number {offset:+g}" for gain, offset in sorted(pairs))
    evidence = f"The file's own scale and offset tags: {listed}."
    thermal = clues.statistics.get("thermal")
    if thermal and clues.tagged.get("thermal") is None and not _is_kelvin(thermal):
        scales = (*scales[:4], scales_of(kind)[4])
    return Detected(Radiometry(kind, evidence), scales)
