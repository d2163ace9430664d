"""The air between ground and sensor: haze, clouds and the shadow that clouds cast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.noise import fractal, generator, smooth_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.conditions import Conditions

HAZE = np.array([0.035, 0.022, 0.014, 0.003])  # path reflectance left after correction on a hazy day
CLOUD = np.array([0.72, 0.73, 0.74, 0.46])  # thick cloud: as bright as snow, but bright in swir1 too
CLOUD_K = 258.0


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """Clouds over a scene: `opacity` and `shadow`, both 0..1 (n, n)."""

    opacity: NDArray[np.float64]
    shadow: NDArray[np.float64]


def make_sky(seed: int, shape: tuple[int, int], conditions: Conditions) -> Sky:
    """Clouds that cover about the share of the ground that the day asks for, and their shadows."""
    if conditions.cloud_share <= 0:
        return Sky(np.zeros(shape), np.zeros(shape))
    rng = generator(seed, "clouds")
    field = fractal(rng, shape, longest_px=rng.uniform(70, 260), shortest_px=6.0, slope=3.2)
    field = field + 0.15 * fractal(rng, shape, longest_px=24, shortest_px=4.0, slope=2.8)
    field = field + 0.9 * fractal(rng, shape, longest_px=500, slope=3.0)
    level = float(np.quantile(field, 1.0 - conditions.cloud_share))
    opacity = smooth_step(field, level - 0.35, level + 0.35) * rng.uniform(0.8, 1.0)
    height_px = rng.uniform(25, 60)  # 0.7 to 1.8 km above the ground
    turn = np.radians(conditions.sun_azimuth)
    reach = height_px / np.tan(np.radians(conditions.sun_elevation))
    away = (reach * np.cos(turn), -reach * np.sin(turn))
    shadow = ndimage.shift(opacity, away, order=1, mode="constant")
    return Sky(opacity, ndimage.gaussian_filter(shadow, 1.2) * (1.0 - opacity))


def through_air(
    seed: int,
    apparent: NDArray[np.float64],
    temperature: NDArray[np.float64],
    sky: Sky,
    conditions: Conditions,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Reflectance (4, n, n) and temperature (n, n) with haze and clouds in front of them."""
    rng = generator(seed, "haze")
    veil = np.clip(
        conditions.haze * (1.0 + 0.4 * fractal(rng, temperature.shape, longest_px=400, slope=3.0)), 0, 2
    )
    hazy = apparent * (1.0 - 0.12 * veil) + HAZE[:, None, None] * veil
    bumpy = 1.0 + 0.1 * fractal(rng, temperature.shape, longest_px=40, slope=2.4)
    seen = hazy * (1.0 - sky.opacity) + CLOUD[:, None, None] * bumpy * sky.opacity
    cold = temperature * (1.0 - sky.opacity) + (CLOUD_K + 3.0 * (bumpy - 1.0)) * sky.opacity
    return seen, cold
