"""The sensor's side: noise, saturation and digital numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.noise import fractal, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.conditions import Conditions, Sensor
    from trainer.simulate.illumination import Light

SATURATED_DN = 65454  # the largest value of the reference tiles
REFLECTANCE_SCALE, REFLECTANCE_OFFSET = 2.75e-5, -0.2  # Landsat Collection 2 Level 2
KELVIN_SCALE, KELVIN_OFFSET = 0.00341802, 149.0
S2_SCALE, S2_OFFSET_DN = 1e-4, 1000  # Sentinel-2 Level 2A since baseline 04.00


@dataclass(frozen=True, slots=True)
class CorrectionError:
    """What the atmospheric correction takes off too much, a value for each optical band.

    `everywhere`; and in shadow a further `shadow_offset`, with `shadow_spread` from place to place.
    """

    everywhere: tuple[float, ...]
    shadow_offset: tuple[float, ...]
    shadow_spread: tuple[float, ...]


# The reference tiles: shaded snow has red reflectance from -0.2 to 0.05, lit snow hardly any in swir1.
WINTER_ERROR = CorrectionError(
    (0.0, 0.0, 0.0, 0.014), (0.10, 0.095, 0.11, 0.014), (0.085, 0.062, 0.085, 0.011)
)
SUMMER_ERROR = CorrectionError(
    (0.0, 0.0, 0.0, 0.004), (0.012, 0.012, 0.012, 0.0), (0.012, 0.010, 0.010, 0.004)
)


def add_noise(
    seed: int, seen: NDArray[np.float64], light: Light, conditions: Conditions
) -> NDArray[np.float64]:
    """Reflectance (4, n, n) with sensor noise and, in shadow, what an overcorrected atmosphere does to it."""
    rng = generator(seed, "noise")
    shape = light.lit.shape
    dark = 1.0 - ndimage.gaussian_filter(light.lit, 0.7)
    wrong_by = WINTER_ERROR if conditions.season == "winter" else SUMMER_ERROR
    shared = fractal(rng, shape, longest_px=30, slope=1.6)
    noisy = np.empty_like(seen)
    for band in range(seen.shape[0]):
        own = fractal(rng, shape, longest_px=12, slope=1.2)
        wrong = wrong_by.shadow_spread[band] * (0.75 * shared + 0.5 * own) - wrong_by.shadow_offset[band]
        pixel = rng.standard_normal(shape) * (0.003 + 0.006 * np.sqrt(np.maximum(seen[band], 0.0)))
        noisy[band] = seen[band] - wrong_by.everywhere[band] + dark * wrong + pixel
    return noisy


def digital_numbers(
    reflectance: NDArray[np.float64], kelvin: NDArray[np.float64], missing: NDArray[np.bool_], sensor: Sensor
) -> NDArray[np.uint16]:
    """Digital numbers (5, n, n): Landsat Collection-2 Level-2, or Sentinel-2 with an empty thermal band."""
    numbers = np.zeros((5, *kelvin.shape), dtype=np.uint16)
    if sensor == "landsat8":
        optical = (reflectance - REFLECTANCE_OFFSET) / REFLECTANCE_SCALE
        numbers[:4] = np.clip(np.rint(optical), 0, SATURATED_DN)
        numbers[4] = np.clip(np.rint((kelvin - KELVIN_OFFSET) / KELVIN_SCALE), 1, SATURATED_DN)
    else:
        numbers[:4] = np.clip(np.rint(reflectance / S2_SCALE) + S2_OFFSET_DN, 1, 20000)
    numbers[:, missing] = 0
    return numbers
