"""Areas of classes: pixels and square kilometres, accumulated over the parts of a tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from core.measure.ground import area_field
from core.runs import ClassArea
from core.types import NO_DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.types import Grid, Window

M2_PER_KM2 = 1e6


def pixel_areas_m2(grid: Grid, window: Window, pixel_m: float | None = None) -> NDArray[np.float64] | None:
    """Areas in m2 of a window's pixels, (h, w) or broadcastable to it; see `core.measure.ground`.

    None where the grid has no CRS and no `pixel_m` is stated.

    Raises:
        TileError: the grid lies partly where its CRS is not defined, or its pixels have no area.
    """
    field = area_field(grid, pixel_m)
    return None if field is None else field.read(window)


@dataclass(frozen=True, slots=True)
class Counts:
    """Pixels and ground of each class in some part of a tile; parts add up with `+`.

    `areas_m2` and `no_data_m2` are None where areas are unknown.
    """

    pixels: tuple[int, ...]
    no_data_px: int
    areas_m2: tuple[float, ...] | None
    no_data_m2: float | None

    @classmethod
    def none(cls, spec: ModelSpec, *, measured: bool) -> Self:
        """The counts of no pixel at all; `measured` tells whether areas are known."""
        n = len(spec.classes)
        return cls((0,) * n, 0, (0.0,) * n if measured else None, 0.0 if measured else None)

    @classmethod
    def of(cls, classes: NDArray[np.uint8], spec: ModelSpec, areas_m2: NDArray[np.float64] | None) -> Self:
        """Count classes uint8 (h, w) on pixels of `areas_m2` (broadcastable to it)."""
        flat = classes.ravel()
        pixels = np.bincount(flat, minlength=NO_DATA + 1)
        n = len(spec.classes)
        counted = tuple(int(p) for p in pixels[:n])
        if areas_m2 is None:
            return cls(counted, int(pixels[NO_DATA]), None, None)
        weights = np.broadcast_to(areas_m2, classes.shape).ravel()
        areas = np.bincount(flat, weights, minlength=NO_DATA + 1)
        return cls(counted, int(pixels[NO_DATA]), tuple(float(a) for a in areas[:n]), float(areas[NO_DATA]))

    def __add__(self, other: Counts) -> Counts:
        pixels = tuple(a + b for a, b in zip(self.pixels, other.pixels, strict=True))
        no_data_px = self.no_data_px + other.no_data_px
        if self.areas_m2 is None or other.areas_m2 is None:
            return Counts(pixels, no_data_px, None, None)
        areas = tuple(a + b for a, b in zip(self.areas_m2, other.areas_m2, strict=True))
        return Counts(pixels, no_data_px, areas, (self.no_data_m2 or 0.0) + (other.no_data_m2 or 0.0))

    @property
    def valid_px(self) -> int:
        """Pixels that carry data."""
        return sum(self.pixels)

    @property
    def valid_km2(self) -> float | None:
        """Ground that carries data."""
        return None if self.areas_m2 is None else sum(self.areas_m2) / M2_PER_KM2

    @property
    def total_km2(self) -> float | None:
        """Ground of all pixels."""
        if self.areas_m2 is None or self.no_data_m2 is None:
            return None
        return (sum(self.areas_m2) + self.no_data_m2) / M2_PER_KM2


def class_areas(
    counts: Counts, spec: ModelSpec, removed_px: tuple[int, ...] | None = None
) -> tuple[ClassArea, ...]:
    """Pixels, ground area in km2 and share of the valid ground of each class, in the spec's order.

    Without areas the share is that of the valid pixels; without valid pixels it is 0. `removed_px`: what
    the minimum mapping unit took from each class.
    """
    ground = counts.areas_m2 if counts.areas_m2 is not None else counts.pixels
    whole = sum(ground)
    removed = removed_px or (0,) * len(spec.classes)
    return tuple(
        ClassArea(
            index=info.index,
            key=info.key,
            label=info.label,
            pixels=counts.pixels[info.index],
            area_km2=None if counts.areas_m2 is None else counts.areas_m2[info.index] / M2_PER_KM2,
            share=ground[info.index] / whole if whole else 0.0,
            removed_px=removed[info.index],
        )
        for info in spec.classes
    )
