"""File names: what a raster's name tells about its tile, band, sensor, level and date."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from core.runs import RadiometryKind
from core.tiles.bands import BAND_WORDS, Family, band_of_number, band_of_word, family_of
from core.types import BandName


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file's name says.

    `tile_id` is common to the bands of a tile; with `unique_id` it is a product's own name, unique all over
    the world, otherwise it holds within `folder` alone. `number` and `family`: the band number as written
    and the sensor family whose numbering applies, None where the name leaves it open (`band` is then a
    guess). `unused`: why the file is no band of a tile, empty for one that is or may be. `pixel_m`: the
    pixel size in the name.
    """

    tile_id: str
    band: BandName | None = None
    sensor: str | None = None
    radiometry: RadiometryKind | None = None
    acquired_on: date | None = None
    label: bool = False
    folder: str = ""
    unique_id: bool = False
    number: str = ""
    family: Family | None = None
    unused: str = ""
    pixel_m: float | None = None


_I = re.IGNORECASE
_EXTENSION = re.compile(r"\.(tiff?|jp2|vrt|img|png|jpe?g)$", _I)
_COPY = re.compile(r" \(\d+\)$")  # browsers append it to a second download
_LANDSAT = re.compile(
    r"^(?P<id>L(?P<kind>[COTEM])0(?P<craft>[1-9])_L(?P<level>[12])[A-Z]{2}_\d{6}_\d{8}.*?)(?:_(?P<rest>[A-Z].*))?$",
    _I,
)
_LANDSAT_TIER = re.compile(r"^(?P<id>.*_(?:T1|T2|RT|A1|A2))_(?P<rest>.+)$", _I)
_REFERENCE = re.compile(r"^B(?P<number>\d{1,2})_B\d{1,2}_masked_(?P<id>.+)$", _I)
_NUMBER = r"(?P<product>SR_|ST_|TOA_)?B(?P<number>\d{1,2}A?)(?:_VCID_(?P<gain>[12]))?(?:_(?P<pixel>\d{2})m)?"
_NUMBER_LAST = re.compile(rf"^(?:(?P<id>.*?)[_\-. ])??{_NUMBER}$", _I)  # lazy: SR_ is no id
_NUMBER_FIRST = re.compile(rf"^{_NUMBER}[_\-. ](?P<id>.+)$", _I)
_WORD = (
    "(?P<word>"
    + "|".join(sorted((w.replace("1", "[-_ ]?1") for w in BAND_WORDS), key=len, reverse=True))
    + ")"
)
_WORD_LAST = re.compile(rf"^(?:(?P<id>.*?)[_\-. ])?{_WORD}$", _I)
_WORD_FIRST = re.compile(rf"^{_WORD}[_\-. ](?P<id>.+)$", _I)
_BAND_FOLDER = re.compile(r"^band[_\- ]?(\d)$", _I)
_NUMBER_FOLDER = re.compile(rf"^{_NUMBER}$", _I)
_PIXEL_FOLDER = re.compile(r"^R(\d\d)m$", _I)  # Sentinel-2 products
_LABEL_FOLDER = re.compile(r"^(labels?|masks?)$", _I)
_LABEL_NAME = re.compile(r"^Y_output|(^|[_\-. ])labels?$", _I)
_LABEL_ID = re.compile(r"^Y_output(?:_resized)?[_\-. ]?", _I)
_S2_GRANULE = re.compile(r"(?:^|_)T\d{2}[A-Z]{3}(?:_|$)", _I)
_S2_LEVEL = re.compile(r"S2[ABCD]_|MSIL[12][AC]", _I)
_S2_BASELINE = re.compile(r"_N(\d{4})(?:_|$)", _I)
_HLS = re.compile(r"^HLS\.", _I)
_SENSORS = (
    (re.compile(r"(?<![A-Z0-9])L[COTEM]0?([4-9])(?=_|\d{6})", _I), "Landsat {0}"),
    (re.compile(r"landsat[_\- ]?([4-9])(?!\d)", _I), "Landsat {0}"),
    (re.compile(r"(?<![A-Z0-9])S2([ABCD])(?![A-Z0-9])", _I), "Sentinel-2{0}"),
    (re.compile(r"sentinel[_\- ]?2([ABCD]?)(?![A-Z0-9])", _I), "Sentinel-2{0}"),
    (re.compile(r"(?<![A-Z0-9])T\d{2}[A-Z]{3}_\d{8}T\d{6}", _I), "Sentinel-2"),
)
_DATE = re.compile(r"(?<!\d)(19[789]\d|20\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_DAY_OF_YEAR = re.compile(r"(?<![A-Z0-9])L[COTEM]\d{7}(\d{4})(\d{3})[A-Z]{3}", _I)  # old Landsat scene ids
_BAND_ORDER: tuple[BandName, ...] = (
    "blue",
    "green",
    "red",
    "swir1",
    "thermal",
)  # Band1..Band5 of the reference
OFFSET_BASELINE = 400  # Sentinel-2 processing baseline 04.00 added 1000 to every digital number
OFFSET_SINCE = date(2022, 1, 25)  # the day it came into force


def parse_name(relative_name: str) -> FileFacts:
    """What a file's name, folders included, says; it is never used as a path."""
    *folders, last = [p for p in re.split(r"[/\\]", relative_name) if p not in {"", ".", ".."}] or [""]
    stem = _COPY.sub("", _EXTENSION.sub("", last)).strip()
    kept = [f for f in folders if not _is_band_folder(f)]
    if any(_LABEL_FOLDER.match(f) for f in folders) or _LABEL_NAME.search(stem):
        tile_id = _LABEL_ID.sub("", stem)
        return FileFacts(tile_id, label=True, folder="/".join(kept), unused="it holds labels, not a band")
    facts = _band_facts(stem)
    if facts.band is None and not facts.unused:
        facts = _from_folder(facts, folders)
    facts = replace(facts, folder="/".join(kept))
    if not facts.tile_id:
        facts = replace(facts, tile_id=kept[-1] if kept else "tile")
    return facts


def sensor_in(text: str) -> str | None:
    """The sensor that a name or a tag mentions (`Landsat 9`, `Sentinel-2A`)."""
    for pattern, name in _SENSORS:
        found = pattern.search(text)
        if found:
            return name.format(found[1].upper() if found.groups() else "")
    return None


def date_in(text: str) -> date | None:
    """The first date that a name or a tag mentions; product names begin with the acquisition date."""
    old = _DAY_OF_YEAR.search(text)
    try:
        if old:
            return datetime.strptime(old[1] + old[2], "%Y%j").replace(tzinfo=UTC).date()
        found = _DATE.search(text)
        return date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:  # 31 February and the like
        return None


def _is_band_folder(folder: str) -> bool:
    word = _WORD_LAST.match(folder)
    return bool(
        _BAND_FOLDER.match(folder)
        or _NUMBER_FOLDER.match(folder)
        or _PIXEL_FOLDER.match(folder)
        or (word and not word["id"])
    )


def _from_folder(facts: FileFacts, folders: list[str]) -> FileFacts:
    for folder in reversed(folders):
        numbered = _BAND_FOLDER.match(folder)
        if numbered and 1 <= int(numbered[1]) <= len(_BAND_ORDER):
            level = facts.radiometry or RadiometryKind.LANDSAT_L2  # the reference data set, second layout
            return replace(facts, band=_BAND_ORDER[int(numbered[1]) - 1], radiometry=level)
        if _is_band_folder(folder) and not _PIXEL_FOLDER.match(folder):
            named = _band_facts(folder)
            return replace(
                facts,
                band=named.band,
                number=named.number,
                family=facts.family or named.family,
                unused=named.unused,
            )
    return facts


def _band_facts(stem: str) -> FileFacts:
    """Facts of a name without folders and ending."""
    if _HLS.match(stem):
        return FileFacts(stem, unused="it is a Harmonized Landsat Sentinel file, which is not supported")
    landsat = _LANDSAT.match(stem)
    if landsat:
        return _landsat(stem, int(landsat["craft"]), landsat["kind"].upper(), int(landsat["level"]))
    reference = _REFERENCE.match(stem)
    if reference:
        band = band_of_number(Family.OLI, reference["number"])
        return FileFacts(
            reference["id"],
            band,
            radiometry=RadiometryKind.LANDSAT_L2,
            number=reference["number"],
            family=Family.OLI,
            unused="" if band else _unneeded(f"B{reference['number']}", Family.OLI),
        )
    return _generic(stem)


def _landsat(stem: str, craft: int, kind: str, level: int) -> FileFacts:
    tier = _LANDSAT_TIER.match(stem)
    numbered = _NUMBER_LAST.match(stem)
    radiometry = RadiometryKind.LANDSAT_L2 if level == 2 else RadiometryKind.LANDSAT_L1
    tile_id = tier["id"] if tier else (numbered["id"] if numbered else stem) or stem
    facts = FileFacts(
        tile_id,
        None,
        f"Landsat {craft}",
        radiometry,
        date_in(stem[17:]),
        unique_id=True,
        family=family_of(f"Landsat {craft}"),
    )
    if kind == "M" or facts.family is None:
        return replace(
            facts, unused="it is from Landsat's MSS, which has neither blue nor shortwave infrared"
        )
    if numbered:
        return _numbered(facts, numbered)
    worded = _generic(stem)
    if worded.band:
        return replace(facts, tile_id=worded.tile_id, band=worded.band)
    return replace(facts, unused="it is a quality or auxiliary layer") if tier else facts


def _numbered(facts: FileFacts, found: re.Match[str]) -> FileFacts:
    number, product = found["number"].upper(), (found["product"] or "").upper()
    family = facts.family
    if family is None and (number.startswith("0") or number == "8A"):
        family = Family.MSI
    if family is None and (product, number) in {("ST_", "6"), ("ST_", "10"), ("SR_", "6")}:
        family = Family.TM if (product, number) == ("ST_", "6") else Family.OLI
    band = band_of_number(family or Family.OLI, number)
    unused = "" if band or family is None else _unneeded(f"B{number}", family)
    if found["gain"] == "2":  # Landsat 7 B6: the low gain (1) spans 130-350 K and never saturates
        band, unused = None, "the low-gain thermal band (B6_VCID_1) is used instead"
    pixel = float(found["pixel"]) if found["pixel"] else None
    radiometry = facts.radiometry or (RadiometryKind.LANDSAT_L2 if product in {"SR_", "ST_"} else None)
    return replace(
        facts, band=band, number=number, family=family, unused=unused, pixel_m=pixel, radiometry=radiometry
    )


def _generic(stem: str) -> FileFacts:
    sensor = sensor_in(stem)
    facts = FileFacts(stem, None, sensor, _sentinel2_level(stem), date_in(stem), family=family_of(sensor))
    numbered = _NUMBER_LAST.match(stem) or _NUMBER_FIRST.match(stem)
    if numbered:
        tile_id = numbered["id"] or ""
        unique = bool(_S2_GRANULE.search(tile_id) and facts.acquired_on)
        return _numbered(replace(facts, tile_id=tile_id, unique_id=unique), numbered)
    worded = _WORD_LAST.match(stem) or _WORD_FIRST.match(stem)
    if worded:
        band = band_of_word(worded["word"])
        unused = "" if band else f"its band ({worded['word']}) is not one that a tile needs"
        return replace(facts, tile_id=worded["id"] or "", band=band, unused=unused)
    return facts


def _sentinel2_level(stem: str) -> RadiometryKind | None:
    if not (_S2_LEVEL.search(stem) or _S2_GRANULE.search(stem)):
        return None
    baseline, acquired_on = _S2_BASELINE.search(stem), date_in(stem)
    if baseline:
        offset = int(baseline[1]) >= OFFSET_BASELINE
    elif acquired_on:
        offset = acquired_on >= OFFSET_SINCE
    else:
        return None
    return RadiometryKind.SENTINEL2_OFFSET if offset else RadiometryKind.SENTINEL2


def _unneeded(band: str, family: Family) -> str:
    return f"{band} of {family.value} is not one of the bands that a tile needs"
