"""Sameness: what rasters count and how much two of one grid differ, strip by strip."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rasterio.errors import RasterioError

from core.errors import ExportError
from core.export.rasters import raster_window
from core.export.tracing import STRIP_PX, open_classes
from core.inference.postprocess import plan_strips

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sameness:
    """How many of the pixels differ in any band, and by how much at most."""

    pixels: int
    differing_px: int
    largest: int

    @property
    def share(self) -> float:
        """Share of the pixels that differ, 0..1."""
        return self.differing_px / self.pixels if self.pixels else 0.0


def compare_rasters(one: Path, other: Path) -> Sameness:
    """Compare two rasters of bytes; all pixels differ where their sizes do.

    Raises:
        ExportError: one of them cannot be read.
    """
    with open_classes(one) as first, open_classes(other) as second:
        height, width = first.shape
        if first.shape != second.shape or first.count != second.count:
            return Sameness(height * width, height * width, 255)
        differing = largest = 0
        with _told_damage(one):
            for strip in plan_strips((height, width), STRIP_PX):
                window = raster_window(strip)
                values = first.read(window=window).astype(np.int16)
                apart = np.abs(values - second.read(window=window)).max(axis=0)
                differing += int(np.count_nonzero(apart))
                largest = max(largest, int(apart.max()))
        return Sameness(height * width, differing, largest)


def count_values(path: Path) -> dict[int, int]:
    """How many pixels of its first band have each value, values that do not occur left out.

    Raises:
        ExportError: the raster cannot be read.
    """
    counts = np.zeros(256, np.int64)
    with open_classes(path) as raster, _told_damage(path):
        for strip in plan_strips(raster.shape, STRIP_PX):
            counts += np.bincount(raster.read(1, window=raster_window(strip)).ravel(), minlength=256)
    return {int(value): int(counts[value]) for value in np.flatnonzero(counts)}


@contextmanager
def _told_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except RasterioError as error:
        raise ExportError(f"{path.name} is damaged and cannot be read. Restore it from a backup.") from error
