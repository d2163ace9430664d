"""The files of a tile as values: which layer of which file is which band."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.runs import RadiometryKind
from core.types import BandName, Finding


@dataclass(frozen=True, slots=True)
class BandFile:
    """Where a band lies: a file and the band's number in it, from 1. `name`: what the user calls the file."""

    path: Path
    index: int = 1
    name: str = ""

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name or self.path.name


@dataclass(frozen=True, slots=True)
class TileFiles:
    """The files of one tile and what their names and tags say; `findings` come from placing them."""

    name: str
    bands: dict[BandName, BandFile]
    sensor: str | None = None
    acquired_on: date | None = None
    radiometry: RadiometryKind | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """What the user says about a tile, overruling its files; None leaves them be."""

    radiometry: RadiometryKind | None = None
    sensor: str | None = None
    acquired_on: date | None = None


NOTHING_STATED = Stated()


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A file that belongs to no tile.

    `count`: bands in it that may be assigned by hand, 0 if unreadable. `unneeded`: no tile would miss it.
    """

    name: str
    path: Path
    reason: str
    count: int = 0
    unneeded: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """Files as tiles, in order of their names, and what was left over."""

    tiles: tuple[TileFiles, ...]
    unplaced: tuple[Unplaced, ...]
