"""The plan of a batch: which tiles there are, and which folder each one's results go to."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from core.tiles.checks import lies_ahead
from core.tiles.files import TileFiles
from core.tiles.grouping import group_files
from core.tiles.searching import Found, search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LONGEST_NAME = 255 - len(".lock")  # bytes; file systems take 255, and a claim's file is named after a folder
HASH_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """A tile or a file that gave no result, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedTile:
    """A tile to do, and the name of its folder below the batch's own (unique in the batch)."""

    files: TileFiles
    folder_name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The tiles to do, and the files that belong to none."""

    tiles: tuple[PlannedTile, ...]
    failures: tuple[Failure, ...]


def plan_tiles(paths: Sequence[Path]) -> Plan:
    """Group every raster below the paths into tiles; what is named twice counts once.

    Each folder is grouped on its own, so that equal names in two folders stay two tiles. Links to files are
    followed; what cannot be read is among the failures.
    """
    tiles: list[TileFiles] = []
    failures: list[Failure] = []
    for found in _distinct_files(paths):
        grouping = group_files(found.files)
        tiles += grouping.tiles
        failures += [Failure(left.name, left.reason) for left in (*found.unplaced, *grouping.unplaced)]
    names = unique_folder_names([tile.name for tile in tiles])
    return Plan(tuple(map(PlannedTile, tiles, names)), tuple(failures))


def date_is_open(files: TileFiles) -> bool:
    """Whether names and tags tell no acquisition date, or one that lies in the future."""
    return files.acquired_on is None or lies_ahead(files.acquired_on)


def _distinct_files(paths: Sequence[Path]) -> Iterator[Found]:
    """The files of each folder and then the loose ones, each file where it is found first."""
    seen: set[Path] = set()
    folders = list(dict.fromkeys(path for path in paths if path.is_dir()))
    loose = [path for path in paths if not path.is_dir()]
    for found in [*(search(folder, links=True) for folder in folders), Found(tuple(loose))]:
        fresh = {path.resolve(): path for path in found.files}
        yield Found(tuple(path for place, path in fresh.items() if place not in seen), found.unplaced)
        seen |= fresh.keys()


def unique_folder_names(tile_names: Sequence[str]) -> list[str]:
    """Folder names that file systems take, even with `.lock` behind; a name seen before gets a number."""
    taken: set[str] = set()
    names = []
    for tile_name in tile_names:
        stem = re.sub(r"[^\w.-]+", "_", tile_name).strip("._") or "tile"
        candidates = (_fitting(stem if n == 1 else f"{stem}-{n}") for n in count(1))
        names.append(next(name for name in candidates if name.casefold() not in taken))
        taken.add(names[-1].casefold())
    return names


def _fitting(name: str) -> str:
    """A name cut to the length that fits, with the hash of the whole in place of the rest."""
    written = name.encode()
    if len(written) <= LONGEST_NAME:
        return name
    rest = f"-{hashlib.sha256(written).hexdigest()[:HASH_LETTERS]}"
    return written[: LONGEST_NAME - len(rest)].decode(errors="ignore") + rest
