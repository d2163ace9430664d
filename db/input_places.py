"""Where inputs lie that were not copied: paths by content hash, for files that stay there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import FirnlineError, HistoryError
from core.runs import TileFacts, utc_now
from core.tiles.files import BandFile
from core.tiles.tile import Tile
from core.types import BANDS
from db.archive import as_grouped, input_kept, open_archived, open_as
from db.engine import Database
from db.tables import InputPlaceRow


def note_place(database: Database, tile: Tile) -> None:
    """Note where the files of a tile lie, instead of an older note for the same content.

    Raises:
        HistoryError: the database refuses.
        TileError: a file is gone.
    """
    bands: dict[str, dict[str, object]] = {
        band: {"path": str(file.path.resolve()), "index": file.index, "name": file.label}
        for band, file in tile.bands.items()
    }
    sha256 = tile.sha256
    try:
        with database.write() as session:
            _put(session, sha256, bands)
    except IntegrityError:  # another process noted it first
        with database.write() as session:
            _put(session, sha256, bands)


def place_of(session: Session, sha256: str) -> Path | None:
    """The first file of an input that lies where it was, or None where nobody noted a place."""
    row = session.get(InputPlaceRow, sha256)
    if row is None:
        return None
    return next(Path(row.bands[band]["path"]) for band in BANDS if band in row.bands)


def open_input(database: Database, facts: TileFacts) -> Tile:
    """The input of a run, from the archive or from where it was: read as the run read it.

    Raises:
        HistoryError: it was neither kept nor noted, or it was altered or moved since.
        TileError: a kept file cannot be read.
    """
    with database.read() as session:
        row = session.get(InputPlaceRow, facts.sha256)
        bands = dict(row.bands) if row is not None else None
    if bands is None or input_kept(database.location, facts.sha256):
        return open_archived(database.location, facts)
    files = {
        band: BandFile(Path(bands[band]["path"]), int(bands[band]["index"]), str(bands[band]["name"]))
        for band in BANDS
        if band in bands
    }
    lay = f"The input of {facts.name} lay in {next(iter(files.values())).path.parent} and"
    try:
        tile = open_as(as_grouped(files, facts), facts)
        same = tile.sha256 == facts.sha256
    except FirnlineError as error:
        raise HistoryError(
            f"{lay} cannot be read there. {error} Put it back, or hand in the files again."
        ) from error
    if not same:
        tile.close()
        raise HistoryError(f"{lay} was altered since. Put the old files back, or hand them in again.")
    return tile


def _put(session: Session, sha256: str, bands: dict[str, dict[str, object]]) -> None:
    session.merge(InputPlaceRow(sha256=sha256, bands=bands, noted_at=utc_now()))
