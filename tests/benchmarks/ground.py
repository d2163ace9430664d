"""Small tiles for the benchmarks' tests: simulating one takes seconds, noise is made at once."""

from __future__ import annotations

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from core.types import Grid
from tests.rasters import level2_numbers
from trainer.simulate.conditions import draw_conditions
from trainer.simulate.scene import SimulatedTile


def made_tiles(count: int, seed: int = 1, size: int = 96) -> list[SimulatedTile]:
    """Stands in for `benchmarks.landscape.simulated_tiles`."""
    return [_made_tile(number, size) for number in range(seed, seed + count)]


def _made_tile(seed: int, size: int) -> SimulatedTile:
    grid = Grid.of(CRS.from_epsg(32643), Affine(30, 0, 600_000, 0, -30, 3_700_000), size, size)
    numbers = level2_numbers(size, size, seed)
    labels = (np.random.default_rng(seed).random((size, size)) < 0.5).astype(np.uint8)
    return SimulatedTile(numbers, labels, labels, grid, "landsat8", draw_conditions(seed, "any"), seed)
