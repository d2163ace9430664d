"""The archive of inputs: each tile's files kept once, by the hash of their content."""

from __future__ import annotations

from db.location import Location


def input_kept(location: Location, sha256: str) -> bool:
    """Whether the files of a tile are in the archive."""
    return (location.tiles / sha256 / "files.json").is_file()
