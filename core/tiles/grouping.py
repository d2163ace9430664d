"""Grouping: which files make up which tile, and which file could not be placed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import TileError
from core.tiles.bands import LABELS
from core.tiles.files import BandFile, Grouping, TileFiles, Unplaced
from core.tiles.naming import FileFacts, date_in, parse_name, sensor_in
from core.tiles.opening import Header, read_header
from core.tiles.placing import BY_HAND, Member, place, place_stack
from core.tiles.tags import tagged_date, tagged_radiometry, tagged_sensor
from core.types import BANDS, BandName

__all__ = ["BandFile", "Grouping", "TileFiles", "Unplaced", "assign_bands", "group_files"]


@dataclass(slots=True)
class _Sorting:
    groups: dict[tuple[str, str], list[Member]] = field(default_factory=dict)
    tiles: list[tuple[str, TileFiles]] = field(default_factory=list)  # with the folder that each lies in
    unplaced: list[Unplaced] = field(default_factory=list)


def group_files(paths: Mapping[str, Path] | Sequence[Path]) -> Grouping:
    """Group files into tiles by their common id; every file ends up in a tile or among the unplaced.

    The keys of a mapping are the files' names as the user knows them, folders included: they are read
    for what they say and never opened.
    """
    sorting = _Sorting()
    if isinstance(paths, Mapping):
        for name, path in sorted(paths.items()):
            _sort_in(sorting, parse_name(name), BandFile(path, 1, name))
    else:
        _sort_in_all(sorting, paths)
    for members in sorting.groups.values():
        facts = members[0].facts
        tile, left_over = place(facts.tile_id, members)
        sorting.unplaced += left_over
        if tile.bands:
            sorting.tiles.append((facts.folder, _with_tags(tile)))
    tiles = sorted(_with_distinct_names(sorting.tiles), key=lambda t: t.name)
    return Grouping(tuple(tiles), tuple(sorted(sorting.unplaced, key=lambda u: u.name)))


def assign_bands(
    name: str, bands: Mapping[BandName, tuple[Path, int]], *, names: Mapping[Path, str] | None = None
) -> TileFiles:
    """A tile whose bands the user chose by hand: band -> (file, band number from 1).

    `names` gives the files' names as the user knows them, where they are stored under others.

    Raises:
        TileError: no band was chosen, an unknown one, or one layer for two bands.
    """
    if not bands:
        raise TileError("No band was chosen. Choose at least blue, green and red.")
    unknown = sorted(set(bands) - set(BANDS))
    if unknown:
        raise TileError(f"There is no band '{unknown[0]}'. The bands are {', '.join(BANDS)}.")
    names = names or {}
    files = {band: BandFile(*bands[band], names.get(bands[band][0], "")) for band in BANDS if band in bands}
    chosen: dict[tuple[Path, int], BandName] = {}
    for band, file in files.items():
        other = chosen.setdefault((file.path, file.index), band)
        if other != band:
            raise TileError(
                f"Band {file.index} of {file.label} was chosen for {LABELS[other].lower()} and for "
                f"{LABELS[band].lower()}. Choose each layer once."
            )
    facts = [parse_name(file.label) for file in files.values()]
    tile = TileFiles(
        name,
        files,
        sensor=next((f.sensor for f in facts if f.sensor), sensor_in(name)),
        acquired_on=next((f.acquired_on for f in facts if f.acquired_on), date_in(name)),
        radiometry=next((f.radiometry for f in facts if f.radiometry), None),
    )
    return _with_tags(tile)


def _sort_in_all(sorting: _Sorting, paths: Sequence[Path]) -> None:
    """Sort in files by their names below the common folder, whose own name may tell the band or the tile."""
    full = sorted({path.absolute() for path in paths})
    if full:
        root = Path(os.path.commonpath([path.parent for path in full]))
        for path in full:
            facts = parse_name(path.relative_to(root.parent).as_posix())
            _sort_in(sorting, facts, BandFile(path, 1, path.relative_to(root).as_posix()))


def _sort_in(sorting: _Sorting, facts: FileFacts, file: BandFile) -> None:
    name, path = file.label, file.path
    try:
        header = read_header(path, name)
    except TileError as error:
        if facts.band is None:
            reason = f"Left out: {facts.unused}." if facts.unused else str(error)
            sorting.unplaced.append(Unplaced(name, path, reason, unneeded=bool(facts.unused)))
        else:  # kept, so that opening the tile says what is wrong instead of running without this band
            _add(sorting, Member(file, facts))
        return
    if facts.label or (facts.unused and header.count == 1):
        sorting.unplaced.append(
            Unplaced(name, path, f"Left out: {facts.unused}.", header.count, unneeded=True)
        )
        return
    if header.count > 1:
        try:
            sorting.tiles.append((facts.folder, place_stack(header, facts)))
        except TileError as error:
            sorting.unplaced.append(Unplaced(name, path, str(error), header.count))
        return
    facts = _with_description(facts, header)
    if facts.band is None and not facts.number:
        reason = (
            f"{name} has one band, and neither its name nor its description says which. "
            f"A tile needs blue, green and red at least. {BY_HAND}"
        )
        sorting.unplaced.append(Unplaced(name, path, reason, 1))
        return
    _add(sorting, Member(file, facts, abs(header.affine.a) + abs(header.affine.b)))


def _add(sorting: _Sorting, member: Member) -> None:
    facts = member.facts
    folder = facts.folder.casefold()
    if facts.unique_id:  # Sentinel-2 gives both levels one id; Level-2A alone has the pixel size in its names
        folder = f"{facts.pixel_m is not None}"
    sorting.groups.setdefault((folder, facts.tile_id.casefold()), []).append(member)


def _with_description(facts: FileFacts, header: Header) -> FileFacts:
    if facts.band or facts.number or not header.descriptions[0]:
        return facts
    described = parse_name(header.descriptions[0])
    return replace(facts, band=described.band, number=described.number)


def _with_tags(tile: TileFiles) -> TileFiles:
    """Fill in from the first readable file's tags what the names left open."""
    if tile.sensor and tile.acquired_on and tile.radiometry:
        return tile
    file = next(iter(tile.bands.values()))
    try:
        header = read_header(file.path, file.label)
    except TileError:  # opening the tile will say so
        return tile
    return replace(
        tile,
        sensor=tile.sensor or tagged_sensor(header),
        acquired_on=tile.acquired_on or tagged_date(header),
        radiometry=tile.radiometry or tagged_radiometry(header),
    )


def _with_distinct_names(tiles: list[tuple[str, TileFiles]]) -> list[TileFiles]:
    """Tiles of one name in different folders get the folder's name in front, then a number."""
    counts = Counter(tile.name.casefold() for _, tile in tiles)
    taken: set[str] = set()
    distinct = []
    for folder, tile in tiles:
        name = tile.name
        if counts[name.casefold()] > 1 and folder:
            name = f"{folder.rsplit('/', 1)[-1]}_{name}"
        unique, number = name, 2
        while unique.casefold() in taken:
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique.casefold())
        distinct.append(replace(tile, name=unique))
    return distinct
