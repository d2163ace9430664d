"""What covers the ground: shares of snow, ice, debris, rock, plants, gravel and water in each pixel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.flow import carried
from trainer.simulate.ground import Ground, slope_of
from trainer.simulate.lakes import place_lakes, place_ponds, place_rivers
from trainer.simulate.noise import fractal, generator, smooth_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.conditions import Conditions

BACKGROUND, CLEAN_ICE, DEBRIS_ICE, WATER_CLASS = 0, 1, 2, 3  # the classes of the multiclass model


class Material(IntEnum):
    """What a share of a pixel is made of."""

    ROCK = 0
    SCREE = 1
    MEADOW = 2
    FOREST = 3
    GRAVEL = 4
    ICE = 5
    DEBRIS = 6
    WATER = 7
    SNOW = 8


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """The surface of a scene, margin included.

    `shares`: (9, n, n), one plane a `Material`, summing to 1. `labels`: uint8 (n, n), the truth whatever snow
    lies on it. `tone`: (n, n), bright and dark varieties of the same material. `streaks`: (n, n), bands along
    the ice flow. `frozen`: (n, n), share of the lakes under ice. `heights`: (n, n) metres, lakes level.
    """

    shares: NDArray[np.float64]
    labels: NDArray[np.uint8]
    tone: NDArray[np.float64]
    streaks: NDArray[np.float64]
    frozen: NDArray[np.float64]
    heights: NDArray[np.float64]


def cover_ground(seed: int, ground: Ground, conditions: Conditions, lakes: float = 1.0) -> Cover:
    """Lay debris, water, plants and the season's snow over rock and ice.

    `lakes` multiplies how many lakes there are on average.
    """
    rng = generator(seed, "surfaces")
    shape = ground.bed.shape
    off_ice, bed = place_lakes(seed, ground, lakes)
    debris, streaks = lay_debris(seed, ground)
    hummocks = fractal(rng, shape, longest_px=7, slope=1.6)
    heights = bed + ground.thickness + ground.ice * (1.3 * streaks + 2.5 * debris * hummocks)
    ponds = place_ponds(seed, ground, debris > 0.5)
    water = off_ice | ponds
    labels = np.where(ground.ice, CLEAN_ICE, BACKGROUND).astype(np.uint8)
    labels[ground.ice & (debris > 0.5)] = DEBRIS_ICE
    labels[water] = WATER_CLASS

    shares = np.zeros((len(Material), *shape))
    soft_ice = ndimage.gaussian_filter(ground.ice.astype(np.float64), 0.5)  # mixed pixels along the margins
    soft_water = ndimage.gaussian_filter(water.astype(np.float64), 0.4)
    rest = 1.0 - soft_water
    shares[Material.WATER] = soft_water
    shares[Material.DEBRIS] = rest * soft_ice * debris
    shares[Material.ICE] = rest * soft_ice * (1.0 - debris)
    _lay_land(rng, ground, off_ice, rest * (1.0 - soft_ice), shares)
    frozen = _frozen_lakes(rng, labels, conditions)
    snow = snow_cover(seed, ground, heights, conditions)
    snow = np.where(water, snow * frozen, snow)
    shares *= 1.0 - snow
    shares[Material.SNOW] = snow
    tone = fractal(rng, shape, longest_px=180, slope=2.4) + 0.5 * fractal(rng, shape, longest_px=6, slope=1.0)
    return Cover(shares, labels, tone, streaks, frozen, heights)


def lay_debris(seed: int, ground: Ground) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the ice under debris, 0..1, and streaks along the flow; both (n, n).

    Rock falls on the ice from steep walls and is carried along streamlines: it lies along the margins and,
    below a junction, as medial moraines. Below the equilibrium line it melts out, and where the tongue is
    flat and the supply large it covers the whole width.
    """
    rng = generator(seed, "debris")
    surface, ice = ground.surface, ground.ice
    if not ice.any():
        return np.zeros(ice.shape), np.zeros(ice.shape)
    slope = slope_of(surface, ground.pixel_m, 3.0)
    walls = ndimage.gaussian_filter((~ice & (slope > 0.55)).astype(np.float64), 2.0)
    patchy = np.exp(0.9 * fractal(rng, ice.shape, longest_px=60, slope=2.0))
    noise = fractal(rng, ice.shape, longest_px=5, slope=0.3)
    picked, streaks = carried(surface, ice, walls * patchy, noise)
    picked = picked / max(float(np.percentile(picked[ice], 93)), 1e-9)
    supply = rng.lognormal(0.0, 0.4)
    region = np.exp(0.5 * fractal(rng, ice.shape, longest_px=300, slope=3.0))
    below_m = ground.line_m + rng.uniform(-60, 120) - surface
    deepest_m = max(float(np.percentile(below_m[ice], 96)), 60.0)
    down = smooth_step(below_m, 0.0, deepest_m * rng.uniform(0.5, 1.1))
    load = np.minimum(picked, 1.6) + 0.22 * streaks + 1.5 * supply * region * down
    share = smooth_step(load, 1.2, 1.45) * smooth_step(below_m, -20.0, 90.0) * smooth_step(slope, 0.5, 0.25)
    inward_px = ndimage.distance_transform_edt(ice)
    rim_px = np.clip(1.1 + 1.3 * fractal(rng, ice.shape, longest_px=50, slope=1.8), 0.0, 3.4)
    rim = (inward_px <= rim_px) & (below_m > rng.uniform(-150, 50))
    return np.maximum(share, np.where(rim, 0.92, 0.0)) * ice, streaks


def snow_cover(
    seed: int, ground: Ground, heights: NDArray[np.float64], conditions: Conditions
) -> NDArray[np.float64]:
    """Share of each pixel under seasonal snow, 0..1 (n, n)."""
    rng = generator(seed, "snow")
    gy, gx = np.gradient(ndimage.gaussian_filter(heights, 2.0), ground.pixel_m)
    slope = np.hypot(gx, gy)
    southness = np.clip(gy / np.sqrt(1 + gx**2 + gy**2), -1, 1) * -1.0
    patches = fractal(rng, heights.shape, longest_px=70, slope=2.0)
    line_m = ground.line_m + conditions.snow_above_line_m + np.where(ground.ice, 0.0, conditions.bare_extra_m)
    above_m = heights - line_m + southness * 260.0 + patches * 55.0
    share = smooth_step(above_m, -60.0, 90.0)
    hollow = ndimage.gaussian_filter(heights, 5.0) - heights
    steepest = (
        (1.35 if conditions.season == "winter" else 1.1)
        + 0.3 * fractal(rng, heights.shape, longest_px=16, slope=2.2)
        + np.clip(hollow / 25.0, -0.4, 0.5)
    )
    held = smooth_step(ndimage.gaussian_filter(slope, 0.7) - steepest, 0.3, -0.3)
    return np.asarray(share * np.where(ground.ice, 1.0, held))


def _lay_land(
    rng: np.random.Generator,
    ground: Ground,
    lakes: NDArray[np.bool_],
    room: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> None:
    """Fill the ice-free share of each pixel with rock, scree, plants and river gravel."""
    shape = ground.bed.shape
    slope = slope_of(ground.bed, ground.pixel_m, 2.0)
    patches = fractal(rng, shape, longest_px=40, slope=2.0)
    gravel = np.clip(place_rivers(ground, lakes), 0.0, 1.0)
    plain = smooth_step(slope + 0.03 * patches, 0.13, 0.06) * smooth_step(
        ground.surface, ground.line_m, ground.line_m - 250
    )
    gravel = np.maximum(gravel, 0.75 * plain)
    highest_m = ground.line_m - rng.uniform(150.0, 800.0)
    meadow = smooth_step(highest_m - ground.surface + patches * 110.0, 0.0, 320.0)
    meadow *= smooth_step(slope + 0.12 * patches, 0.85, 0.5) * rng.uniform(0.35, 1.0)
    scree = smooth_step(slope + 0.12 * patches, 0.85, 0.6)
    shares[Material.GRAVEL] = room * gravel
    left = room * (1.0 - gravel)
    forest = smooth_step(highest_m - rng.uniform(350.0, 900.0) - ground.surface + patches * 90.0, 0.0, 120.0)
    shares[Material.FOREST] = left * meadow * forest
    shares[Material.MEADOW] = left * meadow * (1.0 - forest)
    left = left * (1.0 - meadow)
    shares[Material.SCREE] = left * scree
    shares[Material.ROCK] = left * (1.0 - scree)


def _frozen_lakes(
    rng: np.random.Generator, labels: NDArray[np.uint8], conditions: Conditions
) -> NDArray[np.float64]:
    """Share of each lake under ice: nearly all in winter, a few high ones in summer."""
    parts, count = ndimage.label(labels == WATER_CLASS)
    chance = 0.93 if conditions.season == "winter" else 0.06
    state = np.where(rng.random(count + 1) < chance, rng.uniform(0.75, 1.0, count + 1), 0.0)
    state[0] = 0.0
    return np.asarray(state[parts])
