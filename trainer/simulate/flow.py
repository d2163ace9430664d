"""Streamlines of the ice: what lies on the surface was carried there from up-glacier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

HALF = 2  # streamlines are followed on pixels twice as large
STEPS = 70  # of 1.5 such pixels: 6 km upstream at 30 m


def carried(
    surface: NDArray[np.float64],
    ice: NDArray[np.bool_],
    sources: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the ice has picked up on its way, and streaks along its flow.

    `sources` (n, n) is summed along each streamline from far upstream to the pixel; `noise` (n, n) is
    averaged along it (line integral convolution, Cabral & Leedom 1993), standard deviation 1. Both are 0
    off the ice.
    """
    shape = surface.shape
    gy, gx = np.gradient(_smooth_on(surface, ice, 9.0)[::HALF, ::HALF])
    length = np.hypot(gx, gy) + 1e-9
    up_row, up_col = gy / length * 1.5, gx / length * 1.5
    small_ice = ice[::HALF, ::HALF]
    way = _Way(up_row, up_col, small_ice)
    picked = _along(way, sources[::HALF, ::HALF], STEPS, power=0.0)
    streaks = _along(way, noise[::HALF, ::HALF], STEPS // 2, power=0.5)
    even = [_along(way, field, STEPS // 4, power=1.0) for field in (picked, streaks)]  # fills broken lines
    zoomed = [_enlarged(field, shape) for field in even]
    return zoomed[0] * ice, _standardised(zoomed[1], ice)


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """Steps up-glacier in rows and columns, and where there is ice; all (n, n)."""

    up_row: NDArray[np.float64]
    up_col: NDArray[np.float64]
    ice: NDArray[np.bool_]


def _along(way: _Way, field: NDArray[np.float64], steps: int, *, power: float) -> NDArray[np.float64]:
    """Sum of a field along the streamline that ends on each ice pixel, over its length to a power.

    Off the ice it is 0. Power 0 is the sum, 1 the mean; 0.5 keeps the spread of noise whatever the length.
    """
    rows, cols = np.nonzero(way.ice)
    row, col = rows.astype(np.float64), cols.astype(np.float64)
    alive, total, weight = np.ones(rows.size), np.zeros(rows.size), np.zeros(rows.size)
    last_row, last_col = way.ice.shape[0] - 1, way.ice.shape[1] - 1
    for _ in range(steps):
        at = (
            np.clip(np.rint(row), 0, last_row).astype(np.int64),
            np.clip(np.rint(col), 0, last_col).astype(np.int64),
        )
        alive *= way.ice[at]
        total += alive * field[at]
        weight += alive
        row += way.up_row[at]
        col += way.up_col[at]
    result = np.zeros(way.ice.shape)
    result[rows, cols] = total / np.maximum(weight, 1.0) ** power
    return result


def _smooth_on(values: NDArray[np.float64], ice: NDArray[np.bool_], sigma_px: float) -> NDArray[np.float64]:
    """Values smoothed over the ice alone, so that the walls beside it do not turn the flow."""
    weight = ndimage.gaussian_filter(ice.astype(np.float64), sigma_px)
    level = float(values[ice].mean()) if ice.any() else 0.0
    smooth = ndimage.gaussian_filter(np.where(ice, values - level, 0.0), sigma_px)
    return np.asarray(smooth / np.maximum(weight, 1e-3) + level)


def _enlarged(field: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The field on the original pixels."""
    fine = ndimage.zoom(field, HALF, order=1, mode="nearest", grid_mode=True)
    return np.asarray(fine[: shape[0], : shape[1]])


def _standardised(field: NDArray[np.float64], ice: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The field with standard deviation 1 on the ice and 0 off it."""
    spread = float(field[ice].std()) if ice.any() else 0.0
    return np.asarray(field / spread * ice if spread > 0 else field * 0.0)
