"""The values that all of Firnline passes around: bands, windows, grids, pixels and findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from affine import Affine
from rasterio.crs import CRS

if TYPE_CHECKING:
    from numpy.typing import NDArray

BandName = Literal["blue", "green", "red", "swir1", "thermal"]
BANDS: tuple[BandName, ...] = get_args(BandName)  # the order of every array's first axis
OPTICAL_BANDS: tuple[BandName, ...] = BANDS[:4]
NO_DATA = 255  # in class maps and labels: no data, or unknown

OnProgress = Callable[[float], object]  # called with 0..1; may raise to stop the work


def ignore_progress(_fraction: float) -> None:
    """Stand in where nobody watches the progress."""


def part_of(on_progress: OnProgress, number: int, count: int) -> OnProgress:
    """Reports of one part among `count` equal ones, `number` of them done before, as those of the whole."""
    return lambda fraction: on_progress((number + fraction) / count)


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"  # the tile cannot be run
    WARNING = "warning"  # it runs, and the result is flagged
    NOTE = "note"  # worth knowing


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the input check noticed.

    `code` is stable and machine-readable (`missing-thermal`); `message` says what was found, what is
    needed and what to do.
    """

    severity: Severity
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels: first row, first column, height, width."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices that cut the window from a (row, col) array."""
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)


@dataclass(frozen=True)
class Grid:
    """A georeference: CRS, affine transform, size.

    `crs_wkt` is None for a tile without georeference. `transform` holds the six affine coefficients
    (a, b, c, d, e, f) that take (col, row) to x = a*col + b*row + c, y = d*col + e*row + f.
    """

    crs_wkt: str | None
    transform: tuple[float, float, float, float, float, float]
    height: int
    width: int

    @classmethod
    def of(cls, crs: CRS | None, transform: Affine, height: int, width: int) -> Grid:
        """Build a grid from rasterio's own values."""
        a, b, c, d, e, f = tuple(transform)[:6]
        wkt = crs.to_wkt() if crs else None
        return cls(wkt, (a, b, c, d, e, f), int(height), int(width))

    @cached_property
    def crs(self) -> CRS | None:
        """The CRS as rasterio's value; None without georeference."""
        return CRS.from_wkt(self.crs_wkt) if self.crs_wkt else None

    @property
    def affine(self) -> Affine:
        """The transform as an `Affine`."""
        return Affine(*self.transform)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.height, self.width

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Length of a pixel's column and row step, in CRS units."""
        a, b, _, d, e, _ = self.transform
        return float(np.hypot(a, d)), float(np.hypot(b, e))

    @property
    def rotated(self) -> bool:
        """Whether rows and columns run askew to the CRS axes."""
        _, b, _, d, _, _ = self.transform
        return b != 0 or d != 0

    @property
    def full_window(self) -> Window:
        """The window that covers the whole grid."""
        return Window(0, 0, self.height, self.width)

    def part(self, window: Window) -> Grid:
        """The grid of one window of this grid."""
        moved = self.affine * Affine.translation(window.col, window.row)
        a, b, c, d, e, f = tuple(moved)[:6]
        return Grid(self.crs_wkt, (a, b, c, d, e, f), window.height, window.width)


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Pixels of a window in physical units.

    `values`: float32 (5, h, w) in the order of `BANDS`, reflectance for the optical bands and kelvin
    for thermal; NaN where a band is missing from the tile or has a gap. `valid`: bool (h, w), pixels
    that carry data.
    """

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Refuse arrays whose shapes do not belong together."""
        if self.values.shape != (len(BANDS), *self.valid.shape):
            raise ValueError(
                f"values {self.values.shape} and valid {self.valid.shape} do not match; "
                f"values must be ({len(BANDS)}, h, w) and valid (h, w)"
            )
