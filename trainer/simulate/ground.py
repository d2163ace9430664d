"""The ground of a scene: rock and ice on the tile's own pixels, with a margin that can throw shadow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.noise import fractal, smooth_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Grid

PIXEL_M = 30.0
MARGIN_PX = 96  # 2.9 km around the tile: the longest shadow of a 1700 m wall at 30 degrees
THINNEST_M = 6.0  # thinner ice is snow
SMALLEST_ICE_PX = 12  # 0.01 km2, the smallest glacier of the inventories
STEEPEST_THIN_ICE = 0.95  # thin ice does not hold on steeper rock


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Heights and ice of a scene, margin included; all arrays (n, n) and metres.

    `bed`: rock; `thickness`: ice on it, 0 where there is none; `line_m`: equilibrium line. `grid` is the
    tile's own; `margin_px` pixels on each side lie outside of it.
    """

    bed: NDArray[np.float64]
    thickness: NDArray[np.float64]
    line_m: float
    grid: Grid
    margin_px: int = MARGIN_PX

    @property
    def pixel_m(self) -> float:
        """Side of a pixel in metres."""
        return self.grid.pixel_size[0]

    @property
    def ice(self) -> NDArray[np.bool_]:
        """Where glacier ice lies, debris-covered or not."""
        return self.thickness > 0

    @property
    def surface(self) -> NDArray[np.float64]:
        """Heights of what the sun sees."""
        return self.bed + self.thickness

    def with_ice(self, thickness: NDArray[np.float64]) -> Ground:
        """The same rock under other ice."""
        return replace(self, thickness=thickness)


def slope_of(heights: NDArray[np.float64], pixel_m: float, sigma_px: float = 0.0) -> NDArray[np.float64]:
    """Gradient (rise over run) of heights, smoothed first over `sigma_px` pixels."""
    smooth = ndimage.gaussian_filter(heights, sigma_px) if sigma_px else heights
    gy, gx = np.gradient(smooth, pixel_m)
    return np.asarray(np.hypot(gx, gy))


def trim_ice(
    rng: np.random.Generator,
    bed: NDArray[np.float64],
    thickness: NDArray[np.float64],
    depth: NDArray[np.float64],
    line_m: float,
) -> NDArray[np.float64]:
    """Thickness with ragged edges, without slivers, specks and thin ice on cliffs.

    `thickness` is measured against the bed with all its detail, `depth` is the smooth ice; metres, (n, n).
    """
    ragged = fractal(rng, bed.shape, longest_px=24, slope=2.2)
    slope = slope_of(bed, PIXEL_M, 1.0)
    rows, cols = np.indices(bed.shape, dtype=np.float64)
    wander = [2.5 * fractal(rng, bed.shape, longest_px=30, slope=2.6) for _ in range(2)]
    depth = ndimage.gaussian_filter(depth, 7.0)  # hides the cells that the ice has flowed on
    depth = ndimage.map_coordinates(depth, [rows + wander[0], cols + wander[1]], order=1, mode="nearest")
    high = smooth_step(bed + thickness, line_m - 50.0, line_m + 200.0)
    least_m = 24.0 - 17.0 * high  # tongues end steeply, the upper slopes carry thin and broken ice
    ice = (thickness > THINNEST_M + 4.0 * ragged) & (depth > least_m + (6.0 + 2.0 * high) * ragged)
    ice &= ~((slope > STEEPEST_THIN_ICE + 0.1 * high * ragged) & (depth < 40.0))
    ice = ndimage.binary_opening(ice, iterations=1)
    ice = without_small(ice, SMALLEST_ICE_PX)
    ice = ~without_small(~ice, 12)
    return np.asarray(np.where(ice, np.maximum(thickness, 1.0), 0.0))


def without_small(shape: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """The shape without connected parts of fewer than `least_px` pixels."""
    parts, count = ndimage.label(shape)
    if count == 0:
        return shape
    sizes = np.bincount(parts.ravel())
    keep = sizes >= least_px
    keep[0] = False
    return np.asarray(keep[parts])
