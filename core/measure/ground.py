"""The ground under pixels: the area of every pixel of a grid on the ellipsoid of its CRS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, log2, sqrt
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from core.errors import TileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Grid, Window

    Floats = NDArray[np.float64]

LATTICE_M = 10_000  # distortion changes so slowly that interpolating over 10 km errs by 1e-6 at most
LATTICE_NODES = 1_000  # a side at most, so that coarse global grids stay cheap
BASELINE_M = 50  # half the length of the differences; far above the 1 mm that inverse projections may err
QUANTUM_BITS = 20  # areas are rounded to 1e-6 of a pixel: sums of 2**32 pixels are exact in any order


class AreaField(Protocol):
    """The ground area of every pixel of one grid."""

    def read(self, window: Window) -> Floats:
        """Areas in m2 of a window's pixels, (h, w) or an array that broadcasts to it."""


def area_field(grid: Grid, pixel_m: float | None = None) -> AreaField | None:
    """The pixel areas of a grid on the ellipsoid of its own CRS.

    Areas are rounded to about a millionth of a pixel, so that they add up to the same sum in any order.
    Without CRS every pixel has `pixel_m` squared; without that either, None.

    Raises:
        TileError: the grid lies partly where its CRS is not defined, or its pixels have no area.
    """
    if grid.crs_wkt is not None:
        field = _field_of(grid)
        if field is not None:
            return field
    return None if pixel_m is None else _Constant(_rounded(np.full((1, 1), pixel_m**2), pixel_m**2))


@dataclass(frozen=True, slots=True, eq=False)
class _Constant:
    """One area for all pixels."""

    areas_m2: Floats

    def read(self, _window: Window) -> Floats:
        return self.areas_m2


@dataclass(frozen=True, slots=True, eq=False)
class _Parallels:
    """Areas that depend on the row alone: rows run along parallels."""

    areas_m2: Floats  # (height, 1)

    def read(self, window: Window) -> Floats:
        return self.areas_m2[window.slices[0]]


@dataclass(frozen=True, slots=True, eq=False)
class _Lattice:
    """Areas interpolated between nodes that span the grid from edge to edge."""

    nodes_m2: Floats  # (rows, cols)
    shape: tuple[int, int]
    nominal_m2: float

    def read(self, window: Window) -> Floats:
        rows, cols = window.slices
        row, row_share = self._places(rows, axis=0)
        col, col_share = self._places(cols, axis=1)
        upper, lower = self.nodes_m2[row], self.nodes_m2[row + 1]
        # Divided by the power of two that areas are rounded to, which changes no digit. In place, because
        # this is read for every pixel of every scene.
        quantum = _quantum(self.nominal_m2)
        along = (upper + (lower - upper) * row_share[:, None]) / quantum
        areas = np.take(np.diff(along, axis=1), col, axis=1)
        areas *= col_share
        areas += np.take(along, col, axis=1)
        np.rint(areas, out=areas)
        areas *= quantum
        return areas

    def _places(self, pixels: slice, axis: int) -> tuple[NDArray[np.intp], Floats]:
        """For each pixel centre the node before it, and how far it is towards the next one, 0..1."""
        intervals = self.nodes_m2.shape[axis] - 1
        position = (np.arange(pixels.start, pixels.stop) + 0.5) * (intervals / self.shape[axis])
        node = np.minimum(position.astype(np.intp), intervals - 1)
        return node, position - node


def _quantum(nominal_m2: float) -> float:
    """The power of two in m2 that the areas of pixels are multiples of."""
    return float(2.0 ** (floor(log2(nominal_m2)) - QUANTUM_BITS))


def _rounded(areas_m2: Floats, nominal_m2: float) -> Floats:
    quantum = _quantum(nominal_m2)
    return np.rint(areas_m2 / quantum) * quantum


@dataclass(frozen=True, slots=True, eq=False)
class _Ellipsoid:
    """An ellipsoid seen through its authalic sphere, whose areas are the same (Snyder 1987, p. 16)."""

    semi_major_m: float
    eccentricity: float

    @property
    def radius_m(self) -> float:
        """Radius of the authalic sphere (Snyder 1987, equation 3-13)."""
        return self.semi_major_m * sqrt(float(self._q(np.array(1.0))) / 2)

    def sines(self, latitudes_rad: Floats) -> Floats:
        """Sines of the authalic latitudes (Snyder 1987, equation 3-11)."""
        return self._q(np.sin(latitudes_rad)) / self._q(np.array(1.0))

    def _q(self, sines: Floats) -> Floats:
        """Snyder 1987, equation 3-12, with the logarithm written as an inverse hyperbolic tangent."""
        e = self.eccentricity
        if e == 0:
            return 2 * sines
        return (1 - e * e) * (sines / (1 - (e * sines) ** 2) + np.arctanh(e * sines) / e)

    def directions(self, longitudes_rad: Floats, latitudes_rad: Floats) -> Floats:
        """Points on the authalic unit sphere, (3, ...)."""
        sines = self.sines(latitudes_rad)
        cosines = np.sqrt(np.maximum(0.0, 1 - sines * sines))
        return np.stack([cosines * np.cos(longitudes_rad), cosines * np.sin(longitudes_rad), sines])


@lru_cache(maxsize=8)
def _field_of(grid: Grid) -> AreaField | None:
    """The field of a grid with CRS; None where the CRS says nothing about the earth."""
    crs = _horizontal(grid.crs_wkt or "")
    if crs is None or crs.geodetic_crs is None or crs.ellipsoid is None:
        return None
    semi_minor = crs.ellipsoid.semi_minor_metre
    semi_major = crs.ellipsoid.semi_major_metre
    ellipsoid = _Ellipsoid(semi_major, sqrt(max(0.0, 1 - (semi_minor / semi_major) ** 2)))
    if crs.is_geographic and not grid.rotated:
        return _parallels(grid, crs, ellipsoid)
    return _lattice(grid, crs, ellipsoid)


def _horizontal(wkt: str) -> CRS | None:
    """The horizontal part of a CRS, without heights; None for local and engineering systems."""
    try:
        crs = CRS.from_wkt(wkt)
    except CRSError as error:
        raise TileError(
            f"The tile's coordinate reference system cannot be understood ({error}). "
            "Save the tile with a CRS of the EPSG list, such as the UTM zone it lies in."
        ) from None
    return crs if crs.is_projected or crs.is_geographic else None


def _parallels(grid: Grid, crs: CRS, ellipsoid: _Ellipsoid) -> _Parallels:
    """Zones between parallels, exactly: a**2 / 2 * dlon * dq (Snyder 1987, from equations 3-11 and 3-13)."""
    a, _, _, _, e, f = grid.transform
    unit = float(crs.axis_info[0].unit_conversion_factor)
    edges = (f + e * np.arange(grid.height + 1)) * unit
    beyond = np.abs(edges).max() - np.pi / 2
    if not beyond < abs(e) * unit:  # pixels centred on a pole reach half a pixel beyond it
        raise _outside(grid, crs)
    sines = ellipsoid.sines(np.clip(edges, -np.pi / 2, np.pi / 2))
    areas = np.abs(np.diff(sines)) * abs(a * unit) * ellipsoid.radius_m**2
    return _Parallels(_rounded(areas, _nominal(areas, grid))[:, None])


def _lattice(grid: Grid, crs: CRS, ellipsoid: _Ellipsoid) -> _Lattice:
    """Areas at nodes: the cross product of the steps that one column and one row make on the sphere."""
    unit_m = float(crs.axis_info[0].unit_conversion_factor)
    if crs.is_geographic:
        unit_m *= ellipsoid.radius_m
    pixel_m = [max(size * unit_m, 1e-9) for size in grid.pixel_size]
    geodetic = crs.geodetic_crs or crs
    to_degrees = Transformer.from_crs(crs, geodetic, always_xy=True)
    unit = float(geodetic.axis_info[0].unit_conversion_factor)
    a, b, c, d, e, f = grid.transform
    counts = [
        min(LATTICE_NODES, size, ceil(size * length / LATTICE_M)) + 1
        for size, length in zip((grid.width, grid.height), pixel_m, strict=True)
    ]
    cols, rows = np.meshgrid(np.linspace(0, grid.width, counts[0]), np.linspace(0, grid.height, counts[1]))

    def on_sphere(cols: Floats, rows: Floats) -> Floats:
        longitudes, latitudes = to_degrees.transform(a * cols + b * rows + c, d * cols + e * rows + f)
        return ellipsoid.directions(np.asarray(longitudes) * unit, np.asarray(latitudes) * unit)

    half_col, half_row = (max(0.5, BASELINE_M / length) for length in pixel_m)
    with np.errstate(invalid="ignore"):  # infinite coordinates are told below
        along_cols = (on_sphere(cols + half_col, rows) - on_sphere(cols - half_col, rows)) / (2 * half_col)
        along_rows = (on_sphere(cols, rows + half_row) - on_sphere(cols, rows - half_row)) / (2 * half_row)
        areas = np.linalg.norm(np.cross(along_cols, along_rows, axis=0), axis=0) * ellipsoid.radius_m**2
    if not np.isfinite(areas).all():
        raise _outside(grid, crs)
    return _Lattice(areas, grid.shape, _nominal(areas, grid))


def _nominal(areas_m2: Floats, grid: Grid) -> float:
    middle = float(np.median(areas_m2))
    if not middle > 0:
        raise TileError(
            f"The tile's pixels have no area (transform {grid.transform}). "
            "Save the tile with the transform that its pixels have on the ground."
        )
    return middle


def _outside(grid: Grid, crs: CRS) -> TileError:
    _, _, x, _, _, y = grid.transform
    return TileError(
        f"The tile begins at x {x:g}, y {y:g} and lies partly where its coordinate reference system "
        f"({crs.name}) is not defined. Correct the tile's CRS or transform, or cut it to the defined part."
    )
