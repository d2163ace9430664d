"""Streamlines of the ice: what lies on the surface was carried there from up-glacier."""

from __future__ import annotations

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

    `sources` (n, n) is summed along each streamline from far upstream to the pixel; `noise` (n, n) is averaged
    along it (line integral convolution, Cabral & Leedom 1993), standard deviation 1. Both are 0 off the ice.
    """
    shape = surface.shape
    coarse = ndimage.gaussian_filter(surface, 6.0)[::HALF, ::HALF]
    gy, gx = np.gradient(coarse)
    length = np.hypot(gx, gy) + 1e-9
    up_row, up_col = gy / length * 1.5, gx / length * 1.5
    small_ice = ice[::HALF, ::HALF]
    picked, streaks = _follow(up_row, up_col, small_ice, sources[::HALF, ::HALF], noise[::HALF, ::HALF])
    zoomed = [_enlarged(field, shape) for field in (picked, streaks)]
    return zoomed[0] * ice, _standardised(zoomed[1], ice)


def _follow(
    up_row: NDArray[np.float64],
    up_col: NDArray[np.float64],
    ice: NDArray[np.bool_],
    sources: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of the sources and mean of the noise along the streamlines that end on each ice pixel."""
    rows, cols = np.nonzero(ice)
    row, col = rows.astype(np.float64), cols.astype(np.float64)
    alive = np.ones(rows.size)
    total, mean, weight = np.zeros(rows.size), np.zeros(rows.size), np.zeros(rows.size)
    last_row, last_col = ice.shape[0] - 1, ice.shape[1] - 1
    for step in range(STEPS):
        at = (
            np.clip(np.rint(row), 0, last_row).astype(np.int64),
            np.clip(np.rint(col), 0, last_col).astype(np.int64),
        )
        alive *= ice[at]
        total += alive * sources[at]
        if step < STEPS // 2:
            mean += alive * noise[at]
            weight += alive
        row += up_row[at]
        col += up_col[at]
    picked, streaks = np.zeros(ice.shape), np.zeros(ice.shape)
    picked[rows, cols] = total
    streaks[rows, cols] = mean / np.sqrt(np.maximum(weight, 1.0))
    return picked, streaks


def _enlarged(field: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The field on the original pixels."""
    fine = ndimage.zoom(field, HALF, order=1, mode="nearest", grid_mode=True)
    return np.asarray(fine[: shape[0], : shape[1]])


def _standardised(field: NDArray[np.float64], ice: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The field with standard deviation 1 on the ice and 0 off it."""
    spread = float(field[ice].std()) if ice.any() else 0.0
    return np.asarray(field / spread * ice if spread > 0 else field * 0.0)
