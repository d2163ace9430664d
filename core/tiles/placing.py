"""Placing: which candidate becomes which band of one tile."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import TileError
from core.tiles.bands import LABELS, Family, band_of_number
from core.tiles.files import BandFile, TileFiles, Unplaced
from core.tiles.naming import FileFacts, parse_name
from core.tiles.opening import Header
from core.tiles.tags import tagged_date, tagged_radiometry, tagged_sensor
from core.types import BANDS, BandName, Finding, Severity

BY_HAND = (
    "Name the bands in the file (blue, green, red, swir1, thermal), or assign the bands by hand in the app."
)
VISIBLE: tuple[BandName, ...] = ("blue", "green", "red")  # what a tile needs at least: see core.tiles.checks


@dataclass(frozen=True, slots=True)
class Member:
    """One candidate for a band of a tile. `pixel`: its pixel size in CRS units, 0 if unreadable."""

    file: BandFile
    facts: FileFacts
    pixel: float = 0.0


def place(name: str, members: list[Member]) -> tuple[TileFiles, list[Unplaced]]:
    """The tile that members of one id make up, and the members that it does not need.

    Of two candidates for a band the finer one wins, then the one that comes first.
    """
    families = {m.facts.family for m in members if m.facts.family}
    numbers = {m.facts.number.lstrip("0") for m in members if m.facts.number}
    family, certain = (families.pop(), True) if len(families) == 1 else _family_of_numbers(numbers)
    bands: dict[BandName, BandFile] = {}
    unplaced = []
    for member in sorted(members, key=lambda m: m.pixel):
        band = _band_of(member, family)
        if band is None:
            reason = (
                f"Left out: B{member.facts.number} of {family.value} is none of the bands that a tile needs."
            )
        elif band in bands:
            reason = f"Left out: {bands[band].label} already is the {LABELS[band].lower()} band of this tile."
        else:
            bands[band] = member.file
            continue
        unplaced.append(Unplaced(member.file.label, member.file.path, reason, 1, unneeded=True))
    known = [m.facts for m in members]
    findings = () if certain or not numbers else (_numbers_guessed(numbers, family),)
    return TileFiles(
        name,
        {band: bands[band] for band in BANDS if band in bands},
        sensor=next((f.sensor for f in known if f.sensor), family.value if certain and numbers else None),
        acquired_on=next((f.acquired_on for f in known if f.acquired_on), None),
        radiometry=next((f.radiometry for f in known if f.radiometry), None),
        findings=findings,
    ), unplaced


def place_stack(header: Header, facts: FileFacts) -> TileFiles:
    """The tile of one file with several bands, by their descriptions or, with five of them, in order.

    Raises:
        TileError: neither tells the bands.
    """
    members = []
    for index, description in enumerate(header.descriptions, start=1):
        named = parse_name(description) if description else FileFacts("")
        if (named.band or named.number) and not named.unused:
            named = replace(named, family=facts.family or named.family)
            members.append(Member(BandFile(header.path, index, header.name), named))
    placed, _ = place(facts.tile_id, members)
    placed = replace(
        placed,
        sensor=facts.sensor or tagged_sensor(header) or placed.sensor,
        acquired_on=facts.acquired_on or tagged_date(header),
        radiometry=tagged_radiometry(header) or facts.radiometry or placed.radiometry,
    )
    if set(VISIBLE) <= set(placed.bands):
        return placed
    if placed.bands:
        found = ", ".join(LABELS[b].lower() for b in placed.bands)
        raise TileError(
            f"{header.name} has {header.count} bands, and their descriptions name only {found}. "
            f"A tile needs blue, green and red at least. {BY_HAND}"
        )
    if header.count != len(BANDS):
        raise TileError(
            f"{header.name} has {header.count} bands without names. A tile needs {', '.join(BANDS)}, "
            "described "
            f"in the file or exactly five in this order. {BY_HAND}"
        )
    note = Finding(
        Severity.NOTE,
        "bands-in-order",
        f"{header.name} does not name its five bands; they were taken in the order {', '.join(BANDS)}. "
        "Assign them by hand if this is wrong.",
    )
    bands = {band: BandFile(header.path, index, header.name) for index, band in enumerate(BANDS, start=1)}
    return replace(placed, bands=bands, findings=(note,))


def _band_of(member: Member, family: Family) -> BandName | None:
    if member.facts.number:
        return band_of_number(member.facts.family or family, member.facts.number)
    return member.facts.band


def _family_of_numbers(numbers: set[str]) -> tuple[Family, bool]:
    """The family that a set of band numbers fits, and whether it fits no other."""
    if numbers & {"8A", "12"}:
        return Family.MSI, True
    if "10" in numbers:
        return Family.OLI, True
    if "11" in numbers:
        return Family.MSI, True
    if {"1", "2", "3", "5"} <= numbers and not {"4", "6"} <= numbers:
        return Family.TM, True
    return Family.OLI, False


def _numbers_guessed(numbers: set[str], family: Family) -> Finding:
    listed = ", ".join(f"B{n}" for n in sorted(numbers))
    return Finding(
        Severity.WARNING,
        "band-numbers-guessed",
        f"The band numbers {listed} do not tell the sensor; they were read as those of {family.value}. "
        "Assign the bands by hand if they are from another sensor.",
    )
