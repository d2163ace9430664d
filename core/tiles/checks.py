"""The input check: what a tile is told about before a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import TileError
from core.tiles.files import BandFile
from core.tiles.opening import Header
from core.types import BandName, Finding, Grid, Pixels, Severity

if TYPE_CHECKING:
    from core.tiles.detection import BandStatistics
    from core.tiles.tile import Tile


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    tile: Tile
    pixels: Pixels
    statistics: Mapping[BandName, BandStatistics]
    resampled: tuple[BandName, ...]


def check_width(header: Header, file: BandFile) -> None:
    if not 1 <= file.index <= header.count:
        raise TileError(f"{file.label} has {header.count} band(s); there is no band {file.index}. Choose another one.")


def usable_grid(header: Header) -> tuple[Grid, tuple[Finding, ...]]:
    return Grid.of(header.crs, header.affine, header.height, header.width), ()


def check_tile(facts: Facts) -> tuple[Finding, ...]:
    return () if facts.pixels.valid.any() else (Finding(Severity.ERROR, "all-no-data", "No pixel carries data."),)
