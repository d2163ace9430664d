"""Runs to compare, made of arrays: `surface` for classes on a grid, `landscape` for a glacier anywhere."""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from rasterio.crs import CRS

from core.measure.areas import Counts, pixel_areas_m2
from core.measure.expectations import SURE
from core.measure.transitions import Surface
from core.models import BINARY, ModelSpec
from core.types import NO_DATA, Grid, Window


def utm(
    height: int,
    width: int,
    *,
    zone: int = 32643,
    step: float = 30.0,
    east: float = 600_000,
    north: float = 3.6e6,
) -> Grid:
    return Grid.of(CRS.from_epsg(zone), Affine(step, 0, east, 0, -step, north), height, width)


def surface(
    classes: ArrayLike, grid: Grid, spec: ModelSpec = BINARY, probabilities: ArrayLike | None = None
) -> Surface:
    """A run of these classes (h, w); `probabilities` (K - 1, h, w) of the foreground, or none."""
    planes = np.asarray(classes, np.uint8)[None]
    if probabilities is not None:
        levels = np.rint(np.asarray(probabilities) * SURE)
        planes = np.concatenate([planes, np.where(planes == NO_DATA, NO_DATA, levels).astype(np.uint8)])
    areas = pixel_areas_m2(grid, grid.full_window)
    counts = Counts.of(planes[0], spec, areas)

    def read(window: Window) -> NDArray[np.uint8]:
        assert window.row >= 0
        assert window.col >= 0
        cut = planes[:, *window.slices]
        assert cut.shape[1:] == (window.height, window.width)
        return cut

    return Surface(spec, grid, counts.valid_km2 or 0.0, read)


def disc(grid: Grid, radius_m: float, *, centre: tuple[float, float] = (79.2, 32.5)) -> NDArray[np.bool_]:
    """Which pixels of a grid lie within a distance of a place, in the metres of a local projection."""
    local = f"+proj=laea +lon_0={centre[0]} +lat_0={centre[1]} +datum=WGS84"
    cols, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    x, y = grid.affine @ (cols, rows)
    east, north = Transformer.from_crs(grid.crs_wkt, local, always_xy=True).transform(x, y)
    return np.asarray(np.hypot(east, north) < radius_m)


def around(
    crs: int, step: float, size: int, *, centre: tuple[float, float] = (79.2, 32.5), shift: float = 0.0
) -> Grid:
    """A north-up grid of a CRS around a place; `shift` in pixels."""
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(*centre)
    corner = Affine.translation(x - step * (size / 2 + shift), y + step * (size / 2 + shift))
    return Grid.of(CRS.from_epsg(crs), corner * Affine.scale(step, -step), size, size)
