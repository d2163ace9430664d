"""Outlines for tests, on and beside the ground of the tiles in `tests.rasters`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import shapely
from pyproj import Transformer
from rasterio.crs import CRS
from shapely import box
from shapely.geometry.base import BaseGeometry

from core.outlines.outline import Outline, OutlineSet
from tests.rasters import TRANSFORM

UTM = CRS.from_epsg(32643)
TO_DEGREES = Transformer.from_crs(32643, 4326, always_xy=True)
Pixels = tuple[float, float, float, float]  # first row, first column, one past the last row and column


def on_ground(*pixels: Pixels) -> BaseGeometry:
    """The rectangles of these pixels of a test tile as one shape in metres (EPSG:32643)."""
    boxes = []
    for row, col, row_end, col_end in pixels:
        west, north = TRANSFORM * (col, row)
        east, south = TRANSFORM * (col_end, row_end)
        boxes.append(box(west, south, east, north))
    return shapely.union_all(boxes)


def in_degrees(*pixels: Pixels) -> BaseGeometry:
    """The same in degrees."""
    return shapely.transform(on_ground(*pixels), TO_DEGREES.transform, interleaved=False)


def outline(number: int, shape: BaseGeometry, **facts: Any) -> Outline:
    return Outline(number, facts.pop("id", None), facts.pop("name", None), shape, **facts)


def outlines(*shapes: BaseGeometry, ids: Sequence[str | None] = ()) -> OutlineSet:
    """A set of these shapes, numbered from 1."""
    named = [*ids, *[None] * (len(shapes) - len(ids))]
    return OutlineSet(
        tuple(
            outline(number, shape, id=own)
            for number, (shape, own) in enumerate(zip(shapes, named, strict=True), 1)
        ),
        "test.geojson",
    )
