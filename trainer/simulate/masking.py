"""Pixels without data: what cloud masks and the edge of the swath take out of a scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.noise import fractal, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.atmosphere import Sky
    from trainer.simulate.conditions import Conditions
    from trainer.simulate.illumination import Light

BLOB_PX = 7  # side of the square that dilates the cloud mask of the reference tiles
CLOUD_FOUND, SHADOW_FOUND = 0.3, 0.45  # opacities from which a mask sees them
SALT_SHARE = 0.007  # of their pixels are single ones without data, on bright and broken ground


def missing_data(
    seed: int, seen: NDArray[np.float64], light: Light, sky: Sky, conditions: Conditions
) -> NDArray[np.bool_]:
    """Pixels that the product masks, (n, n): dilated blobs on clouds and glaring slopes, single pixels.

    The cloud mask of the reference tiles mistakes glaring snow for cloud; it is made of squares of 7 px.
    About 80 blobs lie in a tile, half of them smaller than 230 px, a tenth larger than 1600 px. Beyond the
    edge of the swath there is no data either.
    """
    rng = generator(seed, "mask")
    shape = light.lit.shape
    missing = np.zeros(shape, dtype=np.bool_)
    if conditions.clouds_masked:
        missing |= _dilated((sky.opacity > CLOUD_FOUND) | (sky.shadow > SHADOW_FOUND))
    if conditions.glare_masked > 0:
        glare = ndimage.gaussian_filter(3.0 * seen[3] * (seen[2] > 0.5) + 0.35 * light.direct, 2.5)
        glare = glare / max(float(glare.std()), 1e-9)
        glare = glare + 1.3 * fractal(rng, shape, longest_px=90, shortest_px=7.0, slope=2.8)
        missing |= _blobs(glare, conditions.glare_masked)
        edge = ndimage.gaussian_gradient_magnitude(seen[2], 1.5) + np.clip(seen[3], 0.0, 0.3)
        missing |= rng.random(shape) < SALT_SHARE * (edge / float(edge.mean())) ** 2 * (
            0.6 if conditions.season == "winter" else 0.15
        )
    if conditions.beyond_swath > 0:
        missing |= _beyond_swath(rng, shape, conditions.beyond_swath)
    return missing


def _dilated(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask grown by squares of `BLOB_PX`."""
    return np.asarray(ndimage.maximum_filter(found.astype(np.uint8), BLOB_PX) > 0)


def _blobs(glare: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Squares around the most glaring pixels, as many as cover `share` of the scene."""
    low, high = 0.0, 1.0
    blobs = np.zeros(glare.shape, dtype=np.bool_)
    ranked = np.sort(glare.ravel())
    for _ in range(9):
        middle = 0.5 * (low + high)
        limit = ranked[int((1.0 - middle**3) * (ranked.size - 1))]
        blobs = _dilated(glare > limit)
        if blobs.mean() > share:
            high = middle
        else:
            low = middle
    return blobs


def _beyond_swath(rng: np.random.Generator, shape: tuple[int, ...], share: float) -> NDArray[np.bool_]:
    """Everything on the far side of a line that leans like a Landsat swath (about 10 degrees off north)."""
    rows, cols = np.indices(shape, dtype=np.float64)
    across = cols + rows * np.tan(np.radians(rng.uniform(8.0, 14.0)))
    limit = (1.0 - share) * across.max()
    return np.asarray(across > limit if rng.random() < 0.5 else across < across.max() - limit)
