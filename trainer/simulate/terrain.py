"""Mountain relief: valleys and ridges carved by running water out of fractal uplift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.drainage import route
from trainer.simulate.noise import fractal, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_M = 120.0  # of the landscape; the tile's 30 m detail is added on top
COARSE = 8  # the main valleys are carved on cells this much larger: that spaces them 2-5 km apart
SIDE = (4, 2, 1)  # side valleys, then cirques and couloirs, on these
CONCAVITY = 0.5  # channel slope ~ area**-0.5: the concave end of river profiles, for flat trunk valleys
GENTLEST = 0.02  # high mountain valleys fall at least this much
STEEPEST = 0.9  # hillslopes fail above this gradient (42 degrees at 360 m cells)


@dataclass(frozen=True, slots=True, eq=False)
class Landscape:
    """Bedrock heights in metres (n, n) on square cells of `cell_m`."""

    heights: NDArray[np.float64]
    cell_m: float


def carve_landscape(seed: int, cells: int) -> Landscape:
    """A fractal mountain landscape of `cells` x `cells`, carved by rivers and old ice.

    Streams cut by the stream-power law dh/dt = U - K A^m S, solved implicitly from the outlets upwards
    (Braun & Willett 2013): main valleys on a coarse grid, side valleys on a finer one.
    """
    rng = generator(seed, "terrain")
    coarse = cells // COARSE
    heights = _uplift(rng, coarse) * 2500.0
    outlets = _outlets(rng, coarse)
    uplift_m = rng.uniform(60.0, 90.0) * np.exp(
        0.3 * fractal(rng, outlets.shape, longest_px=coarse, slope=3.0)
    )
    for _ in range(40):
        heights = _carve(heights, outlets, CELL_M * COARSE, uplift_m)
        heights += rng.standard_normal(heights.shape) * 6.0
    factor = COARSE
    for cell in SIDE:
        heights, outlets = _refined(heights, outlets, factor // cell)
        uplift_m = ndimage.zoom(uplift_m, factor // cell, order=1, mode="nearest", grid_mode=True) * 0.5
        factor = cell
        heights += fractal(rng, heights.shape, longest_px=14, slope=2.5) * 8.0 * cell
        for _ in range(2):
            heights = _carve(heights, outlets, CELL_M * cell, uplift_m)
        heights = ndimage.gaussian_filter(heights, 0.4, mode="nearest")
    heights, _ = _refined(heights, outlets, factor)
    heights += fractal(rng, heights.shape, longest_px=14, slope=2.8) * 5.0
    gy, gx = np.gradient(heights, CELL_M)
    exaggeration = np.tan(np.radians(rng.uniform(33.0, 39.0))) / float(np.median(np.hypot(gx, gy)))
    floor_m = rng.uniform(3300.0, 4300.0)
    return Landscape((heights - np.percentile(heights, 2.0)) * exaggeration + floor_m, CELL_M)


def _refined(
    heights: NDArray[np.float64], outlets: NDArray[np.bool_], factor: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The landscape and its border outlets on cells `factor` times smaller."""
    heights = ndimage.zoom(heights, factor, order=3, mode="nearest", grid_mode=True)
    return heights, np.kron(outlets, np.ones((factor, factor), dtype=np.bool_)) & _border(heights.shape)


def detail_relief(seed: int, coarse: NDArray[np.float64], pixel_m: float) -> NDArray[np.float64]:
    """Crags and gullies, in metres, to add to smooth heights (h, w): rougher where steeper."""
    rng = generator(seed, "detail")
    gy, gx = (np.asarray(part) for part in np.gradient(coarse, pixel_m))
    slope = ndimage.gaussian_filter(np.hypot(gx, gy), 3.0)
    across = _across_slope(rng, gx, gy, coarse.shape)
    rough = fractal(rng, coarse.shape, longest_px=24, slope=2.4)
    roughness = np.clip(slope - 0.2, 0.0, 0.9)
    return np.asarray(roughness * (14.0 * across + 7.0 * rough) + 0.8 * rough)


def _across_slope(
    rng: np.random.Generator, gx: NDArray[np.float64], gy: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    """Noise drawn out along the fall line (gullies and ribs), standard deviation about 1."""
    noise = fractal(rng, shape, longest_px=14, shortest_px=3.0, slope=1.0)
    gx, gy = ndimage.gaussian_filter(gx, 4.0), ndimage.gaussian_filter(gy, 4.0)
    length = np.hypot(gx, gy) + 1e-6
    dx, dy = gx / length, gy / length
    rows, cols = np.indices(shape, dtype=np.float64)
    total = noise.copy()
    for step in (-6, -4, -2, 2, 4, 6):
        total += ndimage.map_coordinates(noise, [rows + step * dy, cols + step * dx], order=1, mode="nearest")
    return np.asarray(total / max(float(total.std()), 1e-9))


def _uplift(rng: np.random.Generator, cells: int) -> NDArray[np.float64]:
    """Initial heights 0..1: fractal with a tilt, so that each landscape has its own main valleys."""
    field = fractal(rng, (cells, cells), longest_px=cells * 0.7, slope=2.6)
    rows, cols = np.mgrid[-1 : 1 : cells * 1j, -1 : 1 : cells * 1j]
    direction = rng.uniform(0, 2 * np.pi)
    field += rng.uniform(0.2, 1.0) * (np.cos(direction) * cols + np.sin(direction) * rows)
    return np.asarray((field - field.min()) / np.ptp(field) * 0.6)


def _outlets(rng: np.random.Generator, cells: int) -> NDArray[np.bool_]:
    """The border cells that rivers leave by: two to four whole sides, thinned to every few cells."""
    outlets = np.zeros((cells, cells), dtype=np.bool_)
    sides = rng.permutation(4)[: rng.integers(2, 5)]
    for side in sides:
        spots = rng.choice(cells, size=max(2, cells // 8), replace=False)
        if side == 0:
            outlets[0, spots] = True
        elif side == 1:
            outlets[-1, spots] = True
        elif side == 2:
            outlets[spots, 0] = True
        else:
            outlets[spots, -1] = True
    return outlets


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """True on the outermost cells."""
    border = np.ones(shape, dtype=np.bool_)
    border[1:-1, 1:-1] = False
    return border


def _carve(
    heights: NDArray[np.float64], outlets: NDArray[np.bool_], cell_m: float, uplift_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Heights after one long step of uplift, river incision and slope failure."""
    flow = route(heights, outlets)
    drained_km2 = flow.area * (cell_m / 1000.0) ** 2
    raised = flow.filled.ravel() + np.where(outlets, 0.0, uplift_m).ravel()
    length = flow.steps * cell_m
    with np.errstate(divide="ignore"):
        power = np.where(length > 0, 260.0 * drained_km2**CONCAVITY / np.maximum(length, 1.0), 0.0)
    result = raised.tolist()
    least = (length * GENTLEST).tolist()
    target, strength, reach = flow.receivers.tolist(), power.tolist(), (length * STEEPEST).tolist()
    for cell in flow.order.tolist():
        below = target[cell]
        if below != cell:
            base = result[below]
            height = (result[cell] + strength[cell] * base) / (1.0 + strength[cell])
            highest, lowest = base + reach[cell], base + least[cell]
            if height > highest:  # plain comparisons: this loop is the costliest of the landscape
                height = highest
            if height < lowest:
                height = lowest
            result[cell] = height
    return np.asarray(result).reshape(heights.shape)
