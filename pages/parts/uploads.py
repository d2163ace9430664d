"""Files that the user hands in: copied to disk at once under names of Firnline's own.

Streamlit keeps uploads in memory and drops them on a change of page. Here they lie in a folder of their
own; what the user calls a file is kept beside its path and never becomes part of one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol
from uuid import uuid4

from core.errors import TileError
from core.present.quantities import format_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "simulated_tile.tif"
SAMPLE_NAME = "simulated_tile.tif"
MOST_FILES = 1000  # 200 tiles of five bands; a batch takes more
MOST_BYTES = 8_000_000_000  # a Sentinel-2 or Landsat scene with all bands stays far below
SPARE_BYTES = 500_000_000  # what stays free on the disk for the results
SUFFIXES = ("tif", "tiff")


class HandedFile(Protocol):
    """A file as the uploader gives it: named, sized, readable."""

    name: str
    size: int

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""

    def read(self, size: int = -1, /) -> bytes:
        """Read on."""


@dataclass(frozen=True, slots=True)
class HandIn:
    """Files handed in together. `files`: the user's name -> where the copy lies.

    `folder` is None for the sample tile, which is not copied. `refused`: the user's name -> why.
    """

    id: str
    folder: Path | None
    files: dict[str, Path] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def is_sample(self) -> bool:
        """Whether this is the simulated tile that comes with Firnline."""
        return self.folder is None

    @property
    def size_bytes(self) -> int:
        """Size of all files."""
        return sum(path.stat().st_size for path in self.files.values() if path.is_file())


def take_sample() -> HandIn:
    """The sample tile as if it had been handed in."""
    return HandIn("sample", None, {SAMPLE_NAME: SAMPLE})


def take_files(
    handed: Sequence[HandedFile], earlier: HandIn | None, make_folder: Callable[[], Path]
) -> HandIn:
    """Copy files to disk, beside those handed in earlier.

    A name that comes again stands for the newer file; the older stays for a job that may need it.

    Raises:
        TileError: too many or too large files, or too little space on the disk. Nothing is copied then.
        HistoryError: the folder cannot be made.
    """
    grown = earlier if earlier is not None and earlier.folder is not None else None
    known: Mapping[str, Path] = grown.files if grown else {}
    _require_room(handed, len(known))
    folder = grown.folder if grown and grown.folder else make_folder()
    _require_space(handed, folder)
    files, refused = dict(known), {}
    for file in handed:
        if not file.size:
            refused[file.name] = "The file is empty (0 bytes). Hand in the GeoTIFF itself."
            continue
        target = folder / f"{uuid4().hex}.tif"
        _copy(file, target)
        files[file.name] = target
    taken = HandIn(uuid4().hex, folder, files, refused)
    return replace(taken, refused={**(grown.refused if grown else {}), **refused})


def drop(hand_in: HandIn) -> None:
    """Remove the copies from the disk."""
    if hand_in.folder is not None:
        shutil.rmtree(hand_in.folder, ignore_errors=True)


def _copy(file: HandedFile, target: Path) -> None:
    """Write a file piece by piece; half a copy is not left behind."""
    file.seek(0)
    try:
        with target.open("xb") as copy:
            _pour(file, copy)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise TileError(
            f"The upload could not be stored ({error.strerror or error}). "
            "Free some space on the disk and hand it in again."
        ) from error


def _pour(file: HandedFile, copy: BinaryIO) -> None:
    """Copy in pieces of a megabyte."""
    while piece := file.read(2**20):
        copy.write(piece)


def _require_room(handed: Sequence[HandedFile], known: int) -> None:
    """Refuse more than a page can handle."""
    if len(handed) + known > MOST_FILES:
        raise TileError(
            f"{len(handed) + known} files were handed in; {MOST_FILES} is the most for one visit. "
            "Hand in fewer, or use the command line: python -m batch FOLDER."
        )
    size = sum(file.size for file in handed)
    if size > MOST_BYTES:
        raise TileError(
            f"The files have {format_bytes(size)}; {format_bytes(MOST_BYTES)} is the most at once. "
            "Leave out bands that no tile needs, or use the command line: python -m batch FOLDER."
        )


def _require_space(handed: Sequence[HandedFile], folder: Path) -> None:
    """Refuse what would fill the disk."""
    size = sum(file.size for file in handed)
    free = shutil.disk_usage(folder).free
    if size + SPARE_BYTES > free:
        raise TileError(
            f"The files have {format_bytes(size)}, but only {format_bytes(free)} are free on the disk. "
            "Free some space or set FIRNLINE_DATA to a folder on a larger disk."
        )
