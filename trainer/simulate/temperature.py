"""Surface temperature from height, sun and material, as a 100 m thermal sensor sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.noise import fractal, generator
from trainer.simulate.surfaces import Cover, Material

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.conditions import Conditions
    from trainer.simulate.illumination import Light

LAPSE_K_PER_M = 0.0065
MELTING_K = 273.15
THERMAL_SIGMA_PX = 1.5  # 100 m detectors on 30 m pixels
SUMMER_HEATING = 0.7  # moist air and wind take away more of the sun's heat than in the winter calm
# Kelvin above the air in full sun at noon: rock heats up, wet meadow and water hardly do.
SUN_HEATING_K = {
    Material.ROCK: 46.0,
    Material.SCREE: 44.0,
    Material.MEADOW: 27.0,
    Material.FOREST: 25.0,
    Material.GRAVEL: 32.0,
    Material.ICE: 17.0,
    Material.DEBRIS: 35.0,
    Material.WATER: 2.0,
    Material.SNOW: 18.5,
}


def surface_temperature(
    seed: int, cover: Cover, light: Light, line_m: float, conditions: Conditions
) -> NDArray[np.float64]:
    """Temperature in kelvin, (n, n): snow and ice do not pass melting, debris and rock heat in the sun."""
    rng = generator(seed, "temperature")
    shape = cover.labels.shape
    air = conditions.air_k - LAPSE_K_PER_M * (cover.heights - line_m)
    strength = np.sin(np.radians(conditions.sun_elevation))
    sun = np.minimum(light.direct, 1.8) * strength
    sun = ndimage.gaussian_filter(sun, 1.0)
    cooling = 2.5 + 3.0 * light.sky  # radiation to a clear sky
    summer = conditions.season == "summer"
    total = np.zeros(shape)
    for material, heating in SUN_HEATING_K.items():
        warm = air - cooling + heating * (SUMMER_HEATING if summer else 1.0) * sun
        if material in (Material.ICE, Material.SNOW):
            warm = np.minimum(warm, MELTING_K)
        elif material == Material.WATER:
            warm = np.where(cover.frozen > 0.5, np.minimum(warm, MELTING_K), np.clip(air, 274.0, 289.0))
        elif material == Material.DEBRIS:
            warm = warm - np.where(
                warm > MELTING_K, 0.15 * (warm - MELTING_K), 0.0
            )  # ice below keeps it cooler
        total += cover.shares[material] * warm
    if summer:
        total += rng.uniform(0.0, 1.8)  # Level-2 temperatures of melting ice are 273 to 275.4 K
    total += 0.9 * fractal(rng, shape, longest_px=60, slope=2.2)
    return np.asarray(ndimage.gaussian_filter(total, THERMAL_SIGMA_PX))
