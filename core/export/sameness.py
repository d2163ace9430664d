"""Sameness: what rasters count and how much two of one grid differ, strip by strip."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import RasterioError

from core.errors import ExportError
from core.export.byte_rasters import raster_window
from core.export.tracing import STRIP_PX, open_classes
from core.inference.postprocess import plan_strips

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sameness:
    """How many of the pixels differ in any band, by how much at most, and how many by more than the slack."""

    pixels: int
    differing_px: int
    largest: int
    beyond_px: int

    @property
    def share(self) -> float:
        """Share of the pixels that differ, 0..1."""
        return self.differing_px / self.pixels if self.pixels else 0.0

    @property
    def beyond_share(self) -> float:
        """Share of the pixels that differ by more than the slack, 0..1."""
        return self.beyond_px / self.pixels if self.pixels else 0.0


def compare_rasters(one: Path, other: Path, slack: int = 0) -> Sameness:
    """Compare two rasters of bytes; all pixels differ where their sizes do. `slack`: in steps of a byte.

    Raises:
        ExportError: one of them cannot be read.
    """
    with open_classes(one) as first, open_classes(other) as second:
        height, width = first.shape
        if first.shape != second.shape or first.count != second.count:
            return Sameness(height * width, height * width, 255, height * width)
        differing = largest = beyond = 0
        with told_damage(one):
            for strip in plan_strips((height, width), STRIP_PX):
                window = raster_window(strip)
                values = first.read(window=window).astype(np.int16)
                apart = np.abs(values - second.read(window=window)).max(axis=0)
                differing += int(np.count_nonzero(apart))
                beyond += int(np.count_nonzero(apart > slack))
                largest = max(largest, int(apart.max()))
        return Sameness(height * width, differing, largest, beyond)


@contextmanager
def told_damage(path: Path) -> Iterator[None]:
    """Say of a raster that cannot be read in the block that it is damaged.

    Raises:
        ExportError: it cannot be read.
    """
    try:
        yield
    except RasterioError as error:
        raise ExportError(f"{path.name} is damaged and cannot be read. Restore it from a backup.") from error
