"""Ground that nobody has seen: a fractal landscape, its valleys filled with drift and its glaciers grown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from scipy import ndimage

from core.types import Grid
from trainer.simulate.glaciers import Climate, grow_ice
from trainer.simulate.ground import MARGIN_PX, PIXEL_M, THINNEST_M, Ground, trim_ice
from trainer.simulate.noise import generator
from trainer.simulate.terrain import carve_landscape, detail_relief

if TYPE_CHECKING:
    from numpy.typing import NDArray

CELL_PX = 4  # landscape cells are 120 m
ICE_CELLS = 2  # ice flows on cells of 240 m
LANDSCAPE_CELLS = 256  # 31 km: enough for whole glaciers, also around small tiles
ICE_SHARE = (0.12, 0.4)  # of the landscape; tiles lie where there is more, the reference tiles have 0.3
EPSG = 32643  # UTM 43 N, where the reference tiles lie


def make_ground(seed: int, size: int) -> Ground:
    """A fractal mountain landscape with glaciers in balance, cut to a tile of `size` pixels."""
    rng = generator(seed, "climate")
    wanted = size + 2 * MARGIN_PX
    cells = max(LANDSCAPE_CELLS, -(-wanted // (CELL_PX * 16)) * 16 + 16)
    rock = carve_landscape(seed, cells).heights
    coarse = block_mean(rock, ICE_CELLS)
    cell_m = PIXEL_M * CELL_PX * ICE_CELLS
    old_ice = grow_ice(coarse, cell_m, Climate(float(np.quantile(coarse, 0.45)), 1.0), years=60)
    fill = (
        ndimage.gaussian_filter(old_ice, 1.0) * 0.5
    )  # drift and outwash left in the valleys make them U-shaped
    ice, line_m = grow_share(rng, coarse + fill, cell_m)
    row, col = _choose_place(rng, ice, wanted // (CELL_PX * ICE_CELLS) + 1)
    place = (row * ICE_CELLS, col * ICE_CELLS, wanted)
    rough = detail_relief(seed, cut_out(rock, place, CELL_PX), PIXEL_M)
    bed = cut_out(rock, place, CELL_PX) + rough
    ice_place = (row, col, wanted)
    bed += np.maximum(cut_out(fill, ice_place, CELL_PX * ICE_CELLS), 0.0)
    top = cut_out(coarse + fill + ice, ice_place, CELL_PX * ICE_CELLS)
    depth = cut_out(ice, ice_place, CELL_PX * ICE_CELLS, order=1)
    thickness = trim_ice(rng, bed, top - bed, depth, line_m)
    return Ground(bed, thickness, line_m, place_tile(seed, size))


def grow_share(
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


def _choose_place(rng: np.random.Generator, ice: NDArray[np.float64], span: int) -> tuple[int, int]:
    """Row and column of the tile in the landscape: likelier where there is ice than where there is none."""
    room = ice.shape[0] - span
    edge = 3  # the outermost cells of a landscape are outlets
    tries = rng.integers(edge, max(room - edge, edge + 1), size=(8, 2))
    covered = [float((ice[r : r + span, c : c + span] > THINNEST_M).mean()) for r, c in tries]
    weight = np.asarray([min(share, 0.45) ** 1.5 + 0.002 for share in covered])
    row, col = tries[rng.choice(len(tries), p=weight / weight.sum())]
    return int(row), int(col)


def block_mean(values: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Mean of blocks of `factor` x `factor` cells."""
    rows, cols = values.shape
    return np.asarray(values.reshape(rows // factor, factor, cols // factor, factor).mean(axis=(1, 3)))


def cut_out(
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


def place_tile(seed: int, size: int) -> Grid:
    """A place in the north-western Himalaya, on whole pixels, which the landscape of a seed borrows."""
    rng = generator(seed, "place")
    east = round(float(rng.uniform(540_000, 680_000)) / PIXEL_M) * PIXEL_M
    north = round(float(rng.uniform(3_640_000, 3_780_000)) / PIXEL_M) * PIXEL_M
    transform = Affine(PIXEL_M, 0.0, east, 0.0, -PIXEL_M, north)
    return Grid.of(CRS.from_epsg(EPSG), transform, size, size)


def lies_at_seed(grid: Grid, seed: int) -> bool:
    """Whether a simulated tile of this seed lies where fractal terrain does, and not on a given one."""
    return grid.crs == CRS.from_epsg(EPSG) and grid.transform == place_tile(seed, grid.width).transform
