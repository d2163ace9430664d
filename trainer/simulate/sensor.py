"""The sensor's side: noise, saturation, digital numbers and pixels without data."""

from __future__ import annotations

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
SALT_SHARE = 0.04  # single pixels without data in the reference tiles
BLOB_PX = 7  # side of the square that dilates their cloud mask


def add_noise(
    seed: int, seen: NDArray[np.float64], light: Light, conditions: Conditions
) -> NDArray[np.float64]:
    """Reflectance (4, n, n) with sensor noise and, in shadow, what an overcorrected atmosphere does to it."""
    rng = generator(seed, "noise")
    shape = light.lit.shape
    dark = 1.0 - ndimage.gaussian_filter(light.lit, 0.7)
    winter = conditions.season == "winter"
    offset = np.array([0.10, 0.095, 0.11, 0.028]) if winter else np.array([0.012, 0.012, 0.012, 0.004])
    spread = np.array([0.085, 0.062, 0.085, 0.011]) if winter else np.array([0.012, 0.010, 0.010, 0.004])
    shared = fractal(rng, shape, longest_px=30, slope=1.6)
    noisy = np.empty_like(seen)
    for band in range(seen.shape[0]):
        own = fractal(rng, shape, longest_px=12, slope=1.2)
        wrong = spread[band] * (0.75 * shared + 0.5 * own) - offset[band]
        pixel = rng.standard_normal(shape) * (0.003 + 0.006 * np.sqrt(np.maximum(seen[band], 0.0)))
        noisy[band] = seen[band] + dark * wrong + pixel
    return noisy


def missing_data(
    seed: int, seen: NDArray[np.float64], light: Light, conditions: Conditions
) -> NDArray[np.bool_]:
    """Pixels that the product masks, (n, n): dilated blobs on glaring slopes, single pixels, a swath edge.

    The cloud mask of the reference tiles mistakes glaring snow for cloud; it is made of squares of 7 px.
    """
    rng = generator(seed, "mask")
    shape = light.lit.shape
    missing = np.zeros(shape, dtype=np.bool_)
    if conditions.masked_share > 0:
        glare = 3.0 * seen[3] * (seen[2] > 0.5) + 0.35 * light.direct
        glare = glare / max(float(glare.std()), 1e-9) + 1.1 * fractal(rng, shape, longest_px=26, slope=1.8)
        missing = _blobs(rng, ndimage.gaussian_filter(glare, 1.3), conditions.masked_share)
        missing |= rng.random(shape) < SALT_SHARE * conditions.masked_share
        edge = ndimage.gaussian_gradient_magnitude(seen[2], 1.0)
        missing |= rng.random(shape) < SALT_SHARE * np.clip(edge / 0.15, 0.0, 2.0)
    if conditions.swath_edge:
        missing |= _beyond_swath(rng, shape)
    return missing


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


def _blobs(rng: np.random.Generator, glare: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Squares around the most glaring pixels, as many as cover `share` of the scene."""
    seeds = glare + 0.05 * rng.standard_normal(glare.shape)
    low, high = 0.0, 1.0
    blobs = np.zeros(glare.shape, dtype=np.bool_)
    ranked = np.sort(seeds.ravel())
    for _ in range(9):
        middle = 0.5 * (low + high)
        limit = ranked[int((1.0 - middle**3) * (ranked.size - 1))]
        blobs = ndimage.maximum_filter((seeds > limit).astype(np.uint8), BLOB_PX) > 0
        if blobs.mean() > share:
            high = middle
        else:
            low = middle
    return np.asarray(blobs)


def _beyond_swath(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Everything on the far side of a line that leans like a Landsat swath (about 10 degrees off north)."""
    rows, cols = np.indices(shape, dtype=np.float64)
    across = cols + rows * np.tan(np.radians(rng.uniform(8.0, 14.0)))
    limit = rng.uniform(0.35, 0.95) * across.max()
    return np.asarray(across > limit if rng.random() < 0.5 else across < across.max() - limit)
