"""A tile: a checked reference to files that reads windows in physical units."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import TracebackType

from affine import Affine

from core.errors import TileError
from core.runs import Radiometry, TileFacts
from core.tiles.files import BandFile
from core.tiles.radiometry import Scales, convert
from core.tiles.stack import BandStack
from core.types import BANDS, BandName, Finding, Grid, Pixels, Severity, Window

_HASH_BLOCK = 2**20


@dataclass(frozen=True, eq=False)
class Tile:
    """A tile that `core.tiles.reading.open_tile` has checked.

    May be read from several threads. Files open on the first read and close with `close`, at the end of
    a `with` block, or when the tile is forgotten. `findings` come from the input check; one of severity
    error means that the tile must not be run.
    """

    name: str
    grid: Grid
    bands: Mapping[BandName, BandFile]
    radiometry: Radiometry
    sensor: str | None
    acquired_on: date | None
    findings: tuple[Finding, ...]
    scales: Scales
    stack: BandStack

    @property
    def present(self) -> tuple[bool, ...]:
        """Which of the five bands the tile has, in the order of `BANDS`."""
        return tuple(band in self.bands for band in BANDS)

    @property
    def runnable(self) -> bool:
        """Whether no finding forbids a run."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    @cached_property
    def sha256(self) -> str:
        """Hash of the content: every band's name, its number in the file and the sha256 of the file's bytes.

        File names and folders do not enter it; a file that holds several bands is hashed once.

        Raises:
            TileError: a file is gone.
        """
        hashes: dict[Path, str] = {}
        total = hashlib.sha256()
        for band in BANDS:
            file = self.bands.get(band)
            if file is not None and file.path not in hashes:
                hashes[file.path] = _file_sha256(file)
            line = f"{band} {file.index} {hashes[file.path]}\n" if file else f"{band} missing\n"
            total.update(line.encode())
        return total.hexdigest()

    def read(self, window: Window) -> Pixels:
        """The pixels of a window, values float32 (5, h, w) in reflectance and kelvin.

        Raises:
            TileError: a file is damaged.
            ValueError: the window reaches beyond the tile.
        """
        rows = 0 <= window.row < window.row + window.height <= self.grid.height
        cols = 0 <= window.col < window.col + window.width <= self.grid.width
        if not (rows and cols):
            raise ValueError(
                f"{window} is not within the tile's {self.grid.height} x {self.grid.width} pixels"
            )
        return convert(self.stack.read(window), self.scales)

    def overview(self, max_px: int) -> tuple[Pixels, Grid]:
        """The whole tile at no more than `max_px` pixels a side, and the grid of these pixels.

        Pixels are picked, not averaged; a file's own overviews are used.

        Raises:
            TileError: a file is damaged.
        """
        grid = overview_grid(self.grid, max_px)
        return convert(self.stack.decimated(*grid.shape), self.scales), grid

    def facts(self) -> TileFacts:
        """What a run remembers of this tile."""
        files = [(band, self.bands[band]) for band in BANDS if band in self.bands]
        bands: dict[str, str] = {band: f"{file.label}:{file.index}" for band, file in files}
        return TileFacts(
            self.name, self.sha256, self.grid, bands, self.radiometry, self.sensor, self.acquired_on
        )

    def close(self) -> None:
        """Close the files; reading again opens them again."""
        self.stack.close()

    def __enter__(self) -> Tile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def overview_grid(grid: Grid, max_px: int) -> Grid:
    """The same ground in at most `max_px` pixels a side."""
    height, width = overview_shape(grid, max_px)
    scaled = grid.affine * Affine.scale(grid.width / width, grid.height / height)
    return Grid(grid.crs_wkt, tuple(scaled)[:6], height, width)


def overview_shape(grid: Grid, max_px: int) -> tuple[int, int]:
    """Height and width of a grid brought to at most `max_px` a side, each at least 1."""
    factor = max(1.0, max(grid.shape) / max_px)
    return max(1, round(grid.height / factor)), max(1, round(grid.width / factor))


def _file_sha256(file: BandFile) -> str:
    total = hashlib.sha256()
    try:
        with file.path.open("rb") as stream:
            while block := stream.read(_HASH_BLOCK):
                total.update(block)
    except OSError as error:
        raise TileError(f"{file.label} cannot be read from disk any more ({error.strerror}).") from error
    return total.hexdigest()
