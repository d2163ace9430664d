"""A run as one ZIP: its record, its files and, by choice, the files of its tile.

    run.json            the record, with the hash of every other file
    classes.tif ...     the artifacts
    input/files.json    which file is which band, as the history keeps it
    input/blue.tif ...  the files of the tile

Files lie in it as they are: rasters and pictures are compressed already.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from core.errors import ExportError
from core.export.records import RUN_FILE, file_sha256, run_from_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.runs import Run

INPUT_FOLDER = "input"
NAMES = re.compile(
    rf"({INPUT_FOLDER}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{{0,100}}"
)  # what Firnline writes, and no path
MAX_FILES = 200  # a run has two dozen
MAX_BYTES = 40 * 2**30  # the largest tile with its results
HARMLESS_BYTES = 2**26  # what may grow by any factor
MAX_GROWTH = 200  # times its size in the ZIP; GeoTIFFs of a run grow by none, tables by five
EARLIEST = (1980, 1, 1, 0, 0, 0)  # a ZIP knows no earlier time


def write_archive(run: Run, folder: Path, file: IO[bytes], inputs: Path | None = None) -> None:
    """Write a run's folder into a ZIP. `inputs`: the folder with the kept files of its tile.

    The same run gives the same bytes.

    Raises:
        ExportError: a file of the run is missing, or the ZIP cannot be written.
    """
    names = [RUN_FILE, *(artifact.name for artifact in run.artifacts)]
    sources = {name: folder / name for name in names}
    if inputs is not None:
        sources |= {
            f"{INPUT_FOLDER}/{path.name}": path for path in sorted(inputs.iterdir()) if path.is_file()
        }
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for name, path in sources.items():
                entry = zipfile.ZipInfo(name, max(EARLIEST, run.finished_at.timetuple()[:6]))
                entry.external_attr = 0o644 << 16
                entry.file_size = path.stat().st_size  # so that large files get room for their size
                with path.open("rb") as source, archive.open(entry, "w") as target:
                    shutil.copyfileobj(source, target, 2**20)
    except FileNotFoundError as error:
        raise ExportError(
            f"{error.filename} of the run is not there. Put it back from a backup, or run the tile again."
        ) from error
    except OSError as error:
        raise ExportError(
            f"The ZIP cannot be written ({error.strerror or error}). Free some space and try again."
        ) from error


def unpack(path: Path, folder: Path) -> None:
    """Unpack a run's ZIP into an empty folder, after a look at what it declares.

    Raises:
        ExportError: the file is no ZIP of a run, is damaged, or would unpack to anything but a run's files.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _require_harmless(entries, path)
            _require_room(entries, folder)
            for entry in entries:
                _unpack_one(archive, entry, folder)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ExportError(
            f"{path.name} is no ZIP, or was damaged on its way ({error}). Download or copy it again."
        ) from error
    except OSError as error:
        raise ExportError(f"{path.name} cannot be unpacked: {error.strerror or error}.") from error


def _require_harmless(entries: list[zipfile.ZipInfo], path: Path) -> None:
    names = [entry.filename for entry in entries]
    strange = next((name for name in names if not NAMES.fullmatch(name)), None)
    if strange is not None:
        raise ExportError(
            f"{path.name} holds '{strange[:80]}', which no run has: this ZIP was not made by Firnline, or "
            "was changed. Nothing was unpacked."
        )
    if len(entries) > MAX_FILES or len({name.casefold() for name in names}) < len(names):
        raise ExportError(
            f"{path.name} holds {len(entries)} files, some of one name or more than a run has ({MAX_FILES}). "
            "Nothing was unpacked."
        )
    if RUN_FILE not in names:
        raise ExportError(
            f"{path.name} holds no {RUN_FILE}, so it is not the ZIP of a run. Name another file."
        )
    size, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if size > MAX_BYTES or (size > HARMLESS_BYTES and size > MAX_GROWTH * packed):
        raise ExportError(
            f"{path.name} has {packed / 1e6:,.1f} MB and would unpack to {size / 1e6:,.0f} MB, as no run "
            "does. Nothing was unpacked."
        )


def _require_room(entries: list[zipfile.ZipInfo], folder: Path) -> None:
    size, free = sum(entry.file_size for entry in entries), shutil.disk_usage(folder).free
    if size > free:
        raise ExportError(
            f"Unpacking needs {size / 1e9:,.1f} GB; {folder} has {free / 1e9:,.1f} GB free. Free some space, "
            "or name another folder for temporary files in TMPDIR."
        )


def _unpack_one(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / entry.filename  # `NAMES` lets no path out of the folder
    target.parent.mkdir(exist_ok=True)
    with archive.open(entry) as source, target.open("xb") as copy:
        shutil.copyfileobj(source, copy, 2**20)


@dataclass(frozen=True, slots=True)
class Difference:
    """A file that is not as the record says; `what` is what became of it."""

    name: str
    what: str


def read_record(folder: Path) -> Run:
    """The run in an unpacked folder.

    Raises:
        HistoryError: `run.json` is no record of a run.
        ExportError: it is not there or cannot be read.
    """
    try:
        return run_from_json((folder / RUN_FILE).read_bytes())
    except OSError as error:
        raise ExportError(
            f"{folder.name} holds no {RUN_FILE} that can be read. Name a run's ZIP or folder."
        ) from error


def compare_files(run: Run, folder: Path) -> Iterator[Difference]:
    """The files of a folder that differ from the run's record; the input is not looked at."""
    known = {artifact.name: artifact for artifact in run.artifacts}
    for name, artifact in known.items():
        path = folder / name
        if not NAMES.fullmatch(name) or not path.is_file():
            yield Difference(name, "is missing")
        elif path.stat().st_size != artifact.size_bytes or file_sha256(path) != artifact.sha256:
            yield Difference(name, "was altered")
    for path in sorted(folder.iterdir()):
        if path.name not in {*known, RUN_FILE, INPUT_FOLDER}:
            yield Difference(path.name, "is not in the record")
