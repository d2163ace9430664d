"""Reflectance of the materials in the four optical bands, and of pixels that mix them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trainer.simulate.noise import fractal, generator, smooth_step
from trainer.simulate.surfaces import Cover, Material

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.conditions import Conditions
    from trainer.simulate.illumination import Light

# blue, green, red, swir1. Snow after Warren (1982) and Dozier (1989): swir1 falls as grains grow. New snow is
# brighter than white because Level-2 snow is: level snow of the reference tiles has 1.0 to 1.2.
NEW_SNOW = np.array([1.19, 1.18, 1.17, 0.058])
OLD_SNOW = np.array([0.78, 0.77, 0.74, 0.025])
BARE_ICE = np.array([0.52, 0.52, 0.48, 0.013])
DIRTY_ICE = np.array([0.23, 0.242, 0.238, 0.03])
GREY_DEBRIS = np.array([0.115, 0.13, 0.14, 0.17])
DARK_DEBRIS = np.array([0.07, 0.08, 0.09, 0.12])
PALE_ROCK = np.array([0.11, 0.15, 0.18, 0.33])
DARK_ROCK = np.array([0.045, 0.065, 0.075, 0.15])
PALE_SCREE = np.array([0.125, 0.16, 0.19, 0.31])
DARK_SCREE = np.array([0.065, 0.085, 0.10, 0.19])
GRAVEL = np.array([0.17, 0.20, 0.22, 0.27])
MEADOW = np.array([0.045, 0.075, 0.06, 0.20])
DRY_GRASS = np.array([0.07, 0.10, 0.12, 0.29])
FOREST = np.array([0.015, 0.028, 0.019, 0.08])
CLEAR_WATER = np.array([0.055, 0.06, 0.035, 0.006])
MILKY_WATER = np.array([0.16, 0.20, 0.15, 0.012])
LAKE_ICE = np.array([0.42, 0.42, 0.38, 0.03])
SKY_SHARE = np.array(
    [0.17, 0.11, 0.075, 0.018]
)  # of the light on level ground that comes from the sky, at 5 km


def material_reflectance(seed: int, cover: Cover, conditions: Conditions) -> NDArray[np.float64]:
    """Reflectance of level ground in full light, (4, n, n)."""
    rng = generator(seed, "reflectance")
    shape = cover.labels.shape
    grain = np.clip(conditions.fresh + 0.12 * fractal(rng, shape, longest_px=120, slope=2.5), 0.0, 1.0)
    tone = smooth_step(cover.tone, -1.6, 1.6)
    geology = smooth_step(cover.tone + rng.normal(0.0, 0.8), -1.3, 1.3)
    dirt = smooth_step(0.5 * cover.streaks + 0.35 * cover.tone + rng.normal(0.0, 0.5), -1.6, 1.8)
    summer = conditions.season == "summer"
    green = rng.uniform(0.3, 1.0) if summer else rng.uniform(0.0, 0.3)
    milk = np.clip(rng.uniform(0.0, 1.0) + 0.25 * cover.tone, 0.0, 1.0)
    tints = {
        Material.ROCK: _between(DARK_ROCK, PALE_ROCK, geology),
        Material.SCREE: _between(DARK_SCREE, PALE_SCREE, geology),
        Material.MEADOW: _between(DRY_GRASS, MEADOW, np.clip(green + 0.2 * cover.tone, 0, 1)),
        Material.FOREST: _between(FOREST * 0.8, FOREST * 1.3, tone),
        Material.GRAVEL: _between(GRAVEL * 0.7, GRAVEL * 1.15, tone),
        Material.ICE: _between(BARE_ICE, DIRTY_ICE * rng.uniform(0.5, 1.1), dirt),
        Material.DEBRIS: _between(DARK_DEBRIS, GREY_DEBRIS * 1.25, np.clip(0.6 * geology + 0.4 * tone, 0, 1)),
        Material.WATER: _between(CLEAR_WATER, MILKY_WATER, milk),
        Material.SNOW: _between(OLD_SNOW, NEW_SNOW, grain),
    }
    tints[Material.SNOW][3] *= np.exp(
        0.4 * fractal(rng, shape, longest_px=150, slope=2.4) - 0.08
    )  # grain size
    total = np.zeros((4, *shape))
    for material, tint in tints.items():
        if material == Material.WATER:
            tint = tint * (1.0 - cover.frozen) + LAKE_ICE[:, None, None] * cover.frozen
        total += cover.shares[material] * tint
    texture = 1.0 + 0.045 * fractal(rng, shape, longest_px=9, slope=1.2) * (
        1.0 - 0.7 * cover.shares[Material.SNOW]
    )
    texture += 0.03 * cover.streaks * (cover.labels > 0)
    return np.asarray(total * texture)


def apparent_reflectance(ground: NDArray[np.float64], light: Light) -> NDArray[np.float64]:
    """Reflectance (4, n, n) as a sensor takes it that believes the ground to be level: above 1 on sunny snow.

    Sun on the slope, light of the visible sky, and light from the opposite slopes.
    """
    sky = SKY_SHARE[:, None, None]
    around = ground.mean(axis=(1, 2))[:, None, None]
    factor = (1.0 - sky) * light.direct + sky * light.sky + (1.0 - light.sky) * around * 0.12
    return np.asarray(ground * factor)


def _between(
    first: NDArray[np.float64], second: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mix of two spectra (4,) by a share (n, n) of the second."""
    return np.asarray(first[:, None, None] + (second - first)[:, None, None] * share)
