"""Lakes beside and on the ice: how much of a lake's shore is ice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from rasterio.features import rasterize
from shapely.affinity import translate
from shapely.geometry import Polygon

from core.export.byte_rasters import raster_window
from core.types import NO_DATA, Window

if TYPE_CHECKING:
    from collections.abc import Collection

    from rasterio.io import DatasetReader

SURROUNDED = 0.8  # share of the shore; a few pixels of shade or rock on a shore make no other lake of it


class LakeType(StrEnum):
    """The line types of the GLIMS database for lakes."""

    SUPRAGLACIAL = "supra_lake"  # on the ice
    PROGLACIAL = "pro_lake"  # in touch with the ice


@dataclass(frozen=True, slots=True)
class Shore:
    """What lies along the outer shore of a lake, in pixel sides; those to no data count for none."""

    ice_sides: int
    sides: int

    @property
    def ice_share(self) -> float:
        """Share of the known shore that is ice, 0..1."""
        return self.ice_sides / self.sides if self.sides else 0.0

    @property
    def lake_type(self) -> LakeType | None:
        """On the ice where ice lies along 80 % of the shore, else in touch with it, else None."""
        if self.ice_share >= SURROUNDED:
            return LakeType.SUPRAGLACIAL
        return LakeType.PROGLACIAL if self.ice_sides else None


def find_shore(classes: DatasetReader, lake: Polygon, ice: Collection[int]) -> Shore:
    """The outer shore of a lake; `lake` is a polygon in pixels, `ice` the classes that are ice."""
    window = _window_around(lake, classes.shape)
    values = classes.read(1, window=raster_window(window))
    outer = translate(Polygon(lake.exterior), -window.col, -window.row)
    inside = rasterize([outer], out_shape=values.shape, dtype=np.uint8).astype(bool)
    ice_sides = sides = 0
    for here, there in _neighbours():
        shore = inside[here] & ~inside[there] & (values[there] != NO_DATA)
        sides += int(shore.sum())
        ice_sides += int((shore & np.isin(values[there], list(ice))).sum())
    return Shore(ice_sides, sides)


def _window_around(lake: Polygon, shape: tuple[int, int]) -> Window:
    left, top, right, bottom = (round(edge) for edge in lake.bounds)
    row, col = max(0, top - 1), max(0, left - 1)
    return Window(row, col, min(shape[0], bottom + 1) - row, min(shape[1], right + 1) - col)


def _neighbours() -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """For each of the four sides: where the pixels lie, and where their neighbours do."""
    every, first, last = slice(None), slice(None, -1), slice(1, None)
    pairs: list[tuple[tuple[slice, slice], tuple[slice, slice]]] = [
        ((first, every), (last, every)),
        ((every, first), (every, last)),
    ]
    return [*pairs, *((there, here) for here, there in pairs)]
