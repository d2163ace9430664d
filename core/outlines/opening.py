"""The one door to vector files: GeoJSON, GeoPackage and zipped shapefile, within limits and sealed off.

GDAL guesses a file's format from its content, and some formats follow references to other files or hosts.
So each file is told by its own signature here and handed to one named driver.
"""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.errors import OutlineError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 500 * 10**6  # a file, and what is unpacked; the largest region of the RGI has a third of it
MOST_MEMBERS = 1000  # files in a ZIP
MOST_RATIO = 200  # unpacked to packed; tables of shapefiles, which are mostly blanks, reach 50
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
NEEDED = (".shp", ".shx", ".dbf")
SHAPEFILE, SQLITE, ZIP = b"\x00\x00\x27\x0a", b"SQLite format 3\x00", (b"PK\x03\x04", b"PK\x05\x06")
APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")
WHAT_IS_READ = "Outlines are read from GeoJSON, GeoPackage or a ZIP with one shapefile"


@dataclass(frozen=True, slots=True)
class VectorSource:
    """A file as GDAL is to open it. `connection` names the driver; `layer` None: the only one."""

    connection: str
    layer: str | None
    always_degrees: bool  # GeoJSON, which is in degrees (WGS 84) by its standard


@contextmanager
def vector_source(path: Path, name: str) -> Iterator[VectorSource]:
    """A checked file, unpacked where need be; it is there while the block runs.

    `name` is what messages call the file.

    Raises:
        OutlineError: none of the formats, too large, damaged, or made to do harm.
    """
    start = _start_of(path, name)
    if start.startswith(ZIP):
        with TemporaryDirectory(prefix="firnline-") as folder:
            shapes = _unpack(path, name, Path(folder))
            yield VectorSource(str(shapes), None, always_degrees=False)
    elif start.startswith(SQLITE):
        yield VectorSource(f"GPKG:{path.resolve()}", _layer_of(path, name, start), always_degrees=False)
    elif start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        yield VectorSource(f"GeoJSON:{path.resolve()}", None, always_degrees=True)
    elif start.startswith(SHAPEFILE):
        raise OutlineError(
            f"{name} is one part of a shapefile; its table (.dbf) and CRS (.prj) are needed, too. "
            "Put all its files into one ZIP and hand that in."
        )
    else:
        raise OutlineError(f"{name} is none of the known formats. {WHAT_IS_READ}; export it as one of these.")


def _start_of(path: Path, name: str) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise OutlineError(
            f"{name} cannot be read from disk ({error.strerror}). Hand it in again."
        ) from error
    if not start.strip():
        raise OutlineError(f"{name} is empty. {WHAT_IS_READ}; hand in one with outlines.")
    if size > MOST_BYTES:
        raise _too_large(name, size)
    return start


def _layer_of(path: Path, name: str, start: bytes) -> str:
    """The one layer of polygons of a GeoPackage, which must be a table and no view or virtual table."""
    if start[68:72] not in APPLICATION_IDS:
        raise OutlineError(f"{name} is a database, but no GeoPackage. {WHAT_IS_READ}.")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            tables = {row[0] for row in connection.execute(_TABLES)}
            layers = [row[0] for row in connection.execute(_LAYERS)]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise OutlineError(f"{name} is damaged: its tables cannot be read. Export it again.") from error
    usable = [layer for layer in layers if layer in tables]
    if not usable:
        raise OutlineError(f"{name} has no layer of polygons. Export the outlines as a layer of polygons.")
    if len(usable) > 1:
        raise OutlineError(
            f"{name} has {len(usable)} layers of polygons; it is not clear which are the outlines. "
            "Export the one layer with the outlines alone."
        )
    return str(usable[0])


_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' "
    "AND typeof(sql) = 'text'"
)
_LAYERS = (
    "SELECT table_name FROM gpkg_geometry_columns WHERE upper(geometry_type_name) NOT IN "
    "('POINT', 'MULTIPOINT', 'LINESTRING', 'MULTILINESTRING') ORDER BY table_name LIMIT 100"
)


def _unpack(path: Path, name: str, folder: Path) -> Path:
    """Unpack the one shapefile of a ZIP under names of Firnline's own; the `.shp`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, name)
            for suffix, member in members.items():
                _pour(archive, member, folder / f"outlines{suffix}", name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise OutlineError(
            f"{name} cannot be unpacked: it is damaged, encrypted or packed in an uncommon way. "
            "Pack the shapefile again as a plain ZIP."
        ) from error
    return folder / "outlines.shp"


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """The parts of the one shapefile by suffix, checked before anything is unpacked."""
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise OutlineError(
            f"{name} holds {len(infos):,} files; {MOST_MEMBERS:,} is the most. Pack the shapefile alone."
        )
    shapes = [info for info in infos if Path(info.filename).suffix.lower() == ".shp" and not _is_shadow(info)]
    if len(shapes) != 1:
        raise OutlineError(
            f"{name} holds {len(shapes) or 'no'} shapefile{'s' if len(shapes) != 1 else ''}; one is needed. "
            f"{WHAT_IS_READ}."
        )
    stem = shapes[0].filename[: -len(".shp")].lower()
    members = {
        suffix: info for info in infos for suffix in PARTS if info.filename.lower() == f"{stem}{suffix}"
    }
    missing = [suffix for suffix in NEEDED if suffix not in members]
    if missing:
        raise OutlineError(
            f"The shapefile in {name} lacks its part {', '.join(missing)}. Pack all of them into the ZIP."
        )
    size = sum(info.file_size for info in members.values())
    packed = sum(info.compress_size for info in members.values())
    if size > MOST_BYTES:
        raise _too_large(name, size)
    if size > MOST_RATIO * max(packed, 1):
        raise OutlineError(
            f"{name} would grow {size / max(packed, 1):,.0f} times when unpacked, which no shapefile "
            "does; it was left as it is. Pack the shapefile again as a plain ZIP."
        )
    return members


def _is_shadow(info: zipfile.ZipInfo) -> bool:
    """Whether it is one of the files that macOS packs beside the real ones."""
    return info.filename.startswith("__MACOSX/") or Path(info.filename).name.startswith("._")


def _pour(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, name: str) -> None:
    """Unpack one member; more than it declares is refused."""
    left = member.file_size
    with archive.open(member) as source, target.open("xb") as copy:
        while piece := source.read(2**20):
            left -= len(piece)
            if left < 0:
                raise OutlineError(f"{name} holds more than it declares. It was not read on; pack it again.")
            copy.write(piece)


def _too_large(name: str, size: int) -> OutlineError:
    return OutlineError(
        f"{name} has {size / 10**6:,.0f} MB of outlines; {MOST_BYTES / 10**6:.0f} MB is the most. "
        "Cut out the region around the site first."
    )
