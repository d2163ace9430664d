"""The archive of inputs: each tile's files kept once, by the hash of their content.

    tiles/<sha256>/files.json    the tile's name, and for each band its file, number and original name
    tiles/<sha256>/blue.tif ...  the files, named after the first band they hold

An input belongs to the runs whose tile has its hash. When the last of them is deleted it stays until the
user drops it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from core.errors import HistoryError
from core.runs import TileFacts
from core.tiles.files import BandFile, TileFiles
from core.tiles.grouping import assign_bands
from core.tiles.naming import parse_name
from core.tiles.reading import open_tile
from core.types import BANDS, BandName
from db.engine import Database
from db.files import folder_size, locked, move_folder, plain_file_errors, remove_tree, sync_tree
from db.location import Location
from db.staging import staging_folder
from db.tables import TileRow, new_id

if TYPE_CHECKING:
    from core.tiles.tile import Tile

INDEX = "files.json"


@dataclass(frozen=True, slots=True)
class ArchiveSize:
    """What the archive costs: inputs and bytes, and how much of it no run needs."""

    inputs: int
    size_bytes: int
    unused_inputs: int
    unused_bytes: int


def input_kept(location: Location, sha256: str) -> bool:
    """Whether the files of a tile are in the archive."""
    return (location.tiles / sha256 / INDEX).is_file()


def keep_tile(location: Location, tile: Tile) -> None:
    """Copy a tile's files into the archive unless they are there.

    Raises:
        HistoryError: the copy cannot be written.
    """
    with copied_aside(location, tile) as copy, plain_file_errors(location.folder), locked(location.lock):
        if copy and not input_kept(location, tile.sha256):
            move_folder(copy, free_place(location, tile.sha256))


def free_place(location: Location, sha256: str) -> Path:
    """Where the files of a tile go, cleared of a folder that somebody damaged."""
    place = location.tiles / sha256
    remove_tree(place)
    return place


@contextmanager
def copied_aside(location: Location, tile: Tile) -> Iterator[Path | None]:
    """A staged copy of a tile's files, forced to disk; None when the archive has them.

    Raises:
        HistoryError: the copy cannot be written.
    """
    if input_kept(location, tile.sha256):
        yield None
        return
    with staging_folder(location) as folder:
        with plain_file_errors(location.folder):
            copy = folder / "input"
            _copy_files(tile, copy)
            sync_tree(copy)
        yield copy


def open_archived(location: Location, facts: TileFacts) -> Tile:
    """The kept input of a run, read as the run read it.

    Raises:
        HistoryError: the archive does not have it, or it was altered.
        TileError: a kept file cannot be read.
    """
    if not input_kept(location, facts.sha256):
        raise HistoryError(
            f"The input of {facts.name} was not kept, only its hash. To repeat the run, hand in the same "
            "files again."
        )
    return open_kept(location.tiles / facts.sha256, facts)


def open_kept(folder: Path, facts: TileFacts) -> Tile:
    """A run's input in a folder as the archive keeps it, read as the run read it.

    Raises:
        HistoryError: the folder's list cannot be read, or the input was altered.
        TileError: a kept file cannot be read.
    """
    tile = open_as(_files_of(folder, facts), facts)
    if tile.sha256 != facts.sha256:
        raise HistoryError(
            f"The kept input of {facts.name} was altered on disk: its hash is now {tile.sha256[:12]} instead "
            f"of {facts.sha256[:12]}. Restore {folder} from a backup, or hand in the files again."
        )
    return tile


def open_as(files: TileFiles, facts: TileFacts) -> Tile:
    """A tile of these files, read as the run read its own; whether the content is the same is not looked at.

    Raises:
        TileError: a file cannot be read.
    """
    chosen = facts.radiometry
    return open_tile(
        files,
        radiometry=chosen.kind if chosen.chosen_by_user else None,
        sensor=facts.sensor,
        acquired_on=facts.acquired_on,
    )


def archive_size(database: Database) -> ArchiveSize:
    """What the archive costs."""
    kept = {folder.name: folder_size(folder) for folder in _inputs(database.location)}
    unused = kept.keys() - used_hashes(database, kept)
    return ArchiveSize(len(kept), sum(kept.values()), len(unused), sum(kept[name] for name in unused))


def drop_unused(database: Database, among: set[str] | None = None) -> int:
    """Drop inputs that no run needs (all, or those among the given hashes); the number dropped.

    Raises:
        HistoryError: a file cannot be removed.
    """
    location = database.location
    with plain_file_errors(location.folder), locked(location.lock):
        found = {folder.name for folder in _inputs(location)}
        candidates = found if among is None else found & among
        unused = candidates - used_hashes(database, candidates)
        for sha256 in unused:
            aside = location.staging / new_id()  # a crash from here on leaves it to the sweep
            move_folder(location.tiles / sha256, aside)
            remove_tree(aside)
    return len(unused)


def used_hashes(database: Database, candidates: set[str] | dict[str, int]) -> set[str]:
    """Those of the hashes that a run's tile has."""
    if not candidates:
        return set()
    with database.read() as session:
        return set(session.scalars(select(TileRow.sha256).distinct())) & set(candidates)


def _inputs(location: Location) -> list[Path]:
    return [folder for folder in location.tiles.iterdir() if folder.is_dir()]


def _copy_files(tile: Tile, folder: Path) -> None:
    folder.mkdir()
    stored: dict[Path, str] = {}
    bands = {}
    for band in BANDS:
        if band not in tile.bands:
            continue
        source = tile.bands[band]
        if source.path not in stored:
            stored[source.path] = f"{band}.tif"  # never a name of the user's
            shutil.copyfile(source.path, folder / stored[source.path])
        bands[band] = {"file": stored[source.path], "index": source.index, "name": source.label}
    index = {"name": tile.name, "bands": bands}
    (folder / INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")


def _files_of(folder: Path, facts: TileFacts) -> TileFiles:
    """The kept files under the user's names, as grouping them again would describe them."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))["bands"]
        bands = {
            band: BandFile(folder / Path(item["file"]).name, int(item["index"]), str(item["name"]))
            for band in BANDS
            if band in facts.bands and (item := index[band])
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HistoryError(
            f"The list of the kept input in {folder} cannot be read. Restore it from a backup, or hand in "
            "the files again."
        ) from error
    return as_grouped(bands, facts)


def as_grouped(bands: dict[BandName, BandFile], facts: TileFacts) -> TileFiles:
    """Files of a run's input as grouping them again would describe them."""
    files = assign_bands(facts.name, {band: (file.path, file.index) for band, file in bands.items()})
    told = (parse_name(file.label).radiometry for file in bands.values())
    return replace(files, bands=bands, radiometry=next(filter(None, told), files.radiometry))
