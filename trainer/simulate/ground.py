"""The ground of a scene: rock and ice on the tile's own pixels, with a margin that can throw shadow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.glaciers import Climate, grow_ice
from trainer.simulate.noise import fractal, generator
from trainer.simulate.terrain import carve_landscape, detail_relief

if TYPE_CHECKING:
    from numpy.typing import NDArray

PIXEL_M = 30.0
MARGIN_PX = 96  # 2.9 km around the tile: the longest shadow of a 1700 m wall at 30 degrees
CELL_PX = 4  # landscape cells are 120 m
ICE_CELLS = 2  # ice flows on cells of 240 m
LANDSCAPE_CELLS = 256  # 31 km: enough for whole glaciers, also around small tiles
ICE_SHARE = (0.1, 0.35)  # of the landscape; the reference tiles have 0.3
THINNEST_M = 6.0  # thinner ice is snow
STEEPEST_THIN_ICE = 0.95  # thin ice does not hold on steeper rock


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Heights and ice of a scene, margin included; all arrays (n, n) and metres.

    `bed`: rock; `thickness`: ice on it, 0 where there is none; `line_m`: equilibrium line. `margin_px`
    pixels on each side lie outside the tile.
    """

    bed: NDArray[np.float64]
    thickness: NDArray[np.float64]
    line_m: float
    pixel_m: float
    margin_px: int

    @property
    def ice(self) -> NDArray[np.bool_]:
        """Where glacier ice lies, debris-covered or not."""
        return self.thickness > 0

    @property
    def surface(self) -> NDArray[np.float64]:
        """Heights of what the sun sees."""
        return self.bed + self.thickness

    def with_ice(self, thickness: NDArray[np.float64]) -> Ground:
        """The same rock under other ice."""
        return replace(self, thickness=thickness)


def make_ground(seed: int, size: int) -> Ground:
    """A fractal mountain landscape with glaciers in balance, cut to a tile of `size` pixels."""
    rng = generator(seed, "climate")
    wanted = size + 2 * MARGIN_PX
    cells = max(LANDSCAPE_CELLS, -(-wanted // (CELL_PX * 16)) * 16 + 16)
    rock = carve_landscape(seed, cells).heights
    coarse = _block_mean(rock, ICE_CELLS)
    cell_m = PIXEL_M * CELL_PX * ICE_CELLS
    old_ice = grow_ice(coarse, cell_m, Climate(float(np.quantile(coarse, 0.45)), 1.0), years=60)
    fill = (
        ndimage.gaussian_filter(old_ice, 1.0) * 0.5
    )  # drift and outwash left in the valleys make them U-shaped
    ice, line_m = _grow_share(rng, coarse + fill, cell_m)
    row, col = _choose_place(rng, ice, wanted // (CELL_PX * ICE_CELLS) + 1)
    place = (row * ICE_CELLS, col * ICE_CELLS, wanted)
    rough = detail_relief(seed, _cut(rock, place, CELL_PX), PIXEL_M)
    bed = _cut(rock, place, CELL_PX) + rough
    ice_place = (row, col, wanted)
    bed += np.maximum(_cut(fill, ice_place, CELL_PX * ICE_CELLS), 0.0)
    top = _cut(coarse + fill + ice, ice_place, CELL_PX * ICE_CELLS)
    depth = _cut(ice, ice_place, CELL_PX * ICE_CELLS, order=1)
    thickness = _trimmed(rng, bed, top - bed, depth)
    return Ground(bed, thickness, line_m, PIXEL_M, MARGIN_PX)


def slope_of(heights: NDArray[np.float64], pixel_m: float, sigma_px: float = 0.0) -> NDArray[np.float64]:
    """Gradient (rise over run) of heights, smoothed first over `sigma_px` pixels."""
    smooth = ndimage.gaussian_filter(heights, sigma_px) if sigma_px else heights
    gy, gx = np.gradient(smooth, pixel_m)
    return np.asarray(np.hypot(gx, gy))


def retreated(ground: Ground, retreat_m: float) -> Ground:
    """The same ground after its tongues have melted back by about `retreat_m` along the valley.

    Ice is lost where it lies within `retreat_m` of lower ice-free ground in front of it and below the
    equilibrium line, and thins behind the new front.
    """
    if retreat_m <= 0:
        return ground
    surface = ndimage.gaussian_filter(ground.surface, 4.0)
    open_ground = ~ground.ice & (slope_of(ground.bed, ground.pixel_m, 4.0) < 0.35)
    distance, nearest = ndimage.distance_transform_edt(~open_ground, return_indices=True)
    fall = surface - surface[tuple(nearest)]
    ahead = fall > 0.04 * distance * ground.pixel_m  # in front, not beside
    reach = np.where(ahead, distance * ground.pixel_m, np.inf)
    below = surface < ground.line_m
    lost = ground.ice & below & (reach < retreat_m)
    lost = ndimage.binary_opening(lost, iterations=1)
    thickness = np.where(lost, 0.0, ground.thickness)
    return ground.with_ice(thickness)


def _grow_share(
    rng: np.random.Generator, bed: NDArray[np.float64], cell_m: float
) -> tuple[NDArray[np.float64], float]:
    """Ice that covers about a wanted share of the landscape, and the equilibrium line that makes it."""
    share = rng.uniform(*ICE_SHARE)
    melt_factor, years = rng.uniform(0.28, 0.6), rng.uniform(60.0, 110.0)
    advance = rng.uniform(30.0, 120.0)
    quantile, step = 0.62, 0.16
    for _ in range(3):
        line_m = float(np.quantile(bed, quantile))
        ice = grow_ice(bed, cell_m, Climate(line_m, melt_factor), years=years)
        ice = grow_ice(bed, cell_m, Climate(line_m, 0.15, 0.1), years=advance, start=ice)
        quantile += step if (ice > THINNEST_M).mean() > share else -step
        step /= 2
    covered = ice > THINNEST_M
    if covered.any():  # the line of today lies where the share of the glaciers above it is a usual one
        line_m = float(np.quantile((bed + ice)[covered], 1.0 - rng.uniform(0.4, 0.7)))
    return ice, line_m


def _trimmed(
    rng: np.random.Generator,
    bed: NDArray[np.float64],
    thickness: NDArray[np.float64],
    depth: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Thickness with ragged edges, without slivers, specks and thin ice on cliffs."""
    ragged = fractal(rng, bed.shape, longest_px=24, slope=2.2)
    slope = slope_of(bed, PIXEL_M, 1.0)
    rows, cols = np.indices(bed.shape, dtype=np.float64)
    wander = [2.5 * fractal(rng, bed.shape, longest_px=30, slope=2.6) for _ in range(2)]
    depth = ndimage.gaussian_filter(depth, 7.0)  # hides the cells that the ice has flowed on
    depth = ndimage.map_coordinates(depth, [rows + wander[0], cols + wander[1]], order=1, mode="nearest")
    ice = (thickness > THINNEST_M + 4.0 * ragged) & (depth > 24.0 + 6.0 * ragged)
    ice &= ~((slope > STEEPEST_THIN_ICE) & (depth < 40.0))
    ice = ndimage.binary_opening(ice, iterations=1)
    ice = _without_small(ice, 60)
    ice = ~_without_small(~ice, 12)
    return np.asarray(np.where(ice, np.maximum(thickness, 1.0), 0.0))


def _without_small(shape: NDArray[np.bool_], least_px: int) -> NDArray[np.bool_]:
    """The shape without connected parts of fewer than `least_px` pixels."""
    parts, count = ndimage.label(shape)
    if count == 0:
        return shape
    sizes = np.bincount(parts.ravel())
    keep = sizes >= least_px
    keep[0] = False
    return np.asarray(keep[parts])


def _choose_place(rng: np.random.Generator, ice: NDArray[np.float64], span: int) -> tuple[int, int]:
    """Row and column of the tile in the landscape: likelier where glaciers end than where there is nothing."""
    room = ice.shape[0] - span
    edge = 3  # the outermost cells of a landscape are outlets
    tries = rng.integers(edge, max(room - edge, edge + 1), size=(8, 2))
    covered = [float((ice[r : r + span, c : c + span] > THINNEST_M).mean()) for r, c in tries]
    weight = np.asarray([min(share, 0.45) ** 1.5 + 0.002 for share in covered])
    row, col = tries[rng.choice(len(tries), p=weight / weight.sum())]
    return int(row), int(col)


def _block_mean(values: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Mean of blocks of `factor` x `factor` cells."""
    rows, cols = values.shape
    return np.asarray(values.reshape(rows // factor, factor, cols // factor, factor).mean(axis=(1, 3)))


def _cut(
    values: NDArray[np.float64], place: tuple[int, int, int], factor: int, order: int = 3
) -> NDArray[np.float64]:
    """A square of `place` (row, col in cells; side in pixels) drawn on pixels `factor` times smaller."""
    row, col, side = place
    cells = -(-side // factor) + 1
    pad = 3
    part = np.pad(values, pad, mode="edge")[row : row + cells + 2 * pad, col : col + cells + 2 * pad]
    fine = ndimage.zoom(part, factor, order=order, mode="nearest", grid_mode=True)
    first = pad * factor
    return np.asarray(fine[first : first + side, first : first + side])
