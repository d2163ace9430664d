"""Water: lakes before and beside the ice, ponds on debris, tarns in hollows, and rivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.drainage import route
from trainer.simulate.ground import Ground, slope_of, without_small
from trainer.simulate.noise import fractal, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAKE_PX = (8, 560)  # sizes of the lakes of the reference tiles: 7 to 540 px
SMALLEST_POND_PX = 4  # smaller ponds are mixed pixels
RIVER_STEP = 2  # rivers are traced on pixels twice as large


def place_lakes(
    seed: int, ground: Ground, lakes: float = 1.0
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Lakes off the ice as bool (n, n), and the ground's bed flattened under them.

    `lakes` multiplies how many there are on average.
    """
    rng = generator(seed, "lakes")
    slope = slope_of(ground.bed, ground.pixel_m, 3.0)
    shores = ndimage.binary_dilation(ground.ice, iterations=6) & ~ndimage.binary_dilation(
        ground.ice, iterations=1
    )
    below = ground.surface < ground.line_m
    before_ice = shores & below & (slope < 0.22)
    tarns = ~ground.ice & (slope < 0.1) & (ground.surface < ground.line_m + 100)
    water = np.zeros(ground.bed.shape, dtype=np.bool_)
    bed = ground.bed.copy()
    wobble = fractal(rng, bed.shape, longest_px=24, slope=3.0)
    rank = rng.random(bed.shape)  # the same spots come first when the ice has changed a little
    hollow = ndimage.gaussian_filter(bed, 6.0) > bed + 1.0
    for candidates, count in ((before_ice, rng.poisson(5.0 * lakes)), (tarns, rng.poisson(2.5 * lakes))):
        spots = np.argwhere(candidates & hollow)
        first = np.argsort(rank[tuple(spots.T)])[:count]
        for row, col in spots[first]:
            wanted = int(np.exp(rng.uniform(*np.log(LAKE_PX))))
            lake, level_m = _basin(bed, ground.ice, (int(row), int(col)), wanted, wobble)
            water |= lake
            bed[lake] = level_m
    return water, bed


def place_ponds(seed: int, ground: Ground, debris: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ponds on flat debris-covered ice, bool (n, n)."""
    rng = generator(seed, "ponds")
    flat = slope_of(ground.surface, ground.pixel_m, 3.0) < 0.14
    noise = fractal(rng, ground.bed.shape, longest_px=26, shortest_px=6.0, slope=3.0)
    level = rng.uniform(2.0, 2.8)
    return without_small(debris & flat & (noise > level), SMALLEST_POND_PX)


def place_rivers(ground: Ground, lakes: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Width of the river bed in pixels (n, n), 0 where there is none: wider the more land it drains."""
    heights = ndimage.gaussian_filter(ground.surface, 1.5)[::RIVER_STEP, ::RIVER_STEP]
    outlets = np.ones(heights.shape, dtype=np.bool_)
    outlets[1:-1, 1:-1] = False
    flow = route(heights, outlets)
    drained_km2 = flow.area.reshape(heights.shape) * (ground.pixel_m * RIVER_STEP / 1000.0) ** 2
    drained_km2[ground.ice[::RIVER_STEP, ::RIVER_STEP]] = 0.0
    width = np.where(drained_km2 > 6.0, 0.35 * np.sqrt(drained_km2 / 6.0), 0.0)
    fine = ndimage.zoom(width, RIVER_STEP, order=0, grid_mode=True, mode="nearest")
    fine = fine[: ground.bed.shape[0], : ground.bed.shape[1]]
    return np.asarray(np.where(lakes | ground.ice, 0.0, ndimage.gaussian_filter(fine, 0.8)))


def _basin(
    bed: NDArray[np.float64],
    ice: NDArray[np.bool_],
    spot: tuple[int, int],
    wanted_px: int,
    wobble: NDArray[np.float64],
) -> tuple[NDArray[np.bool_], float]:
    """The `wanted_px` lowest, nearest ice-free pixels around a spot as one lake, and its level in metres."""
    row, col = spot
    reach = int(2.2 * np.sqrt(wanted_px)) + 4
    top, left = max(row - reach, 0), max(col - reach, 0)
    part = (slice(top, row + reach + 1), slice(left, col + reach + 1))
    rows, cols = np.indices(bed[part].shape)
    distance = np.hypot(rows - (row - top), cols - (col - left))
    cost = np.abs(bed[part] - bed[spot]) * 0.35 + distance * 1.2 + wobble[part] * 2.5
    cost = np.where(ice[part], np.inf, cost)
    order = np.sort(cost.ravel())
    limit = order[min(wanted_px, order.size - 1)]
    near = (cost < limit) & np.isfinite(cost)
    parts, _ = ndimage.label(near)
    home = parts[row - top, col - left]
    lake = np.zeros(bed.shape, dtype=np.bool_)
    if home:
        lake[part] = ndimage.median_filter(parts == home, 5) & ~ice[part]
    return lake, float(bed[spot])
