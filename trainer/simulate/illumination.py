"""Light on the ground: sun on slopes, cast shadow and the light of the sky."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """Light on every pixel, relative to level ground in full sun.

    `direct`: sun on the slope over sun on level ground, 0 in shadow, above 1 on slopes that face a low sun.
    `sky`: share of the sky that is seen, 0..1. `lit`: 1 in the sun, 0 in cast or own shadow.
    """

    direct: NDArray[np.float64]
    sky: NDArray[np.float64]
    lit: NDArray[np.float64]

    def shaded(self, shadow: NDArray[np.float64]) -> Light:
        """The same light under clouds whose shadow takes away the share `shadow` of the sun, (n, n)."""
        left = 1.0 - shadow
        return Light(self.direct * left, self.sky, self.lit * left)


def light_ground(heights: NDArray[np.float64], pixel_m: float, elevation: float, azimuth: float) -> Light:
    """Light on heights (n, n) in metres for a sun at `elevation` and `azimuth` degrees."""
    up, turn = np.radians(elevation), np.radians(azimuth)
    gy, gx = np.gradient(heights, pixel_m)
    length = np.sqrt(1.0 + gx**2 + gy**2)
    east, north = np.sin(turn) * np.cos(up), np.cos(turn) * np.cos(up)
    incidence = (-gx * east + gy * north + np.sin(up)) / length  # rows run south, so dz/dnorth is -gy
    lit = _sunlit(heights, pixel_m, up, turn)
    direct = np.clip(incidence, 0.0, None) * lit / np.sin(up)
    return Light(direct, _sky_view(heights, pixel_m, length), np.where(incidence > 0, lit, 0.0))


def _sunlit(heights: NDArray[np.float64], pixel_m: float, up: float, turn: float) -> NDArray[np.float64]:
    """1 where the sun is seen, 0 in cast shadow, with a soft edge a pixel wide."""
    towards_row, towards_col = -np.cos(turn), np.sin(turn)
    stretch = max(abs(towards_row), abs(towards_col))
    towards_row, towards_col = towards_row / stretch, towards_col / stretch
    rise_m = pixel_m * np.hypot(towards_row, towards_col) * np.tan(up)
    farthest = int(np.ptp(heights) / rise_m) + 1
    blocked_m = np.full(heights.shape, -np.inf)
    for step in range(1, min(farthest, max(heights.shape) - 1)):
        down, right = round(step * towards_row), round(step * towards_col)
        target, source = _shifted(heights.shape, down, right)
        np.maximum(blocked_m[target], heights[source] - step * rise_m, out=blocked_m[target])
    above_m = heights - blocked_m
    return np.asarray(np.clip(above_m / (0.6 * rise_m) + 0.5, 0.0, 1.0))


def _shifted(
    shape: tuple[int, ...], down: int, right: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices that pair each pixel with the one `down` rows and `right` columns away."""
    rows, cols = shape
    target = (slice(max(-down, 0), rows - max(down, 0)), slice(max(-right, 0), cols - max(right, 0)))
    source = (slice(max(down, 0), rows - max(-down, 0)), slice(max(right, 0), cols - max(-right, 0)))
    return target, source


def _sky_view(
    heights: NDArray[np.float64], pixel_m: float, length: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of the sky seen: less on slopes and, at two scales, in hollows."""
    own = 0.5 * (1.0 + 1.0 / length)
    near = ndimage.uniform_filter(heights, 13) - heights
    wide = ndimage.uniform_filter(heights, 61) - heights
    hollow = np.clip(near / (6 * pixel_m), 0, 1) * 0.25 + np.clip(wide / (30 * pixel_m), 0, 1) * 0.45
    return np.asarray(np.clip(own - hollow, 0.2, 1.0))
