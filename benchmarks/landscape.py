"""Simulated ground that taught nothing: tiles, and mosaics of them as large as a scene."""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from core.export.bands import write_bands
from core.tiles.reading import open_tile
from core.types import BANDS, Grid
from trainer.simulate.scene import simulate_tile
from trainer.simulate.writing import write_five_bands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from core.types import Pixels
    from trainer.simulate.scene import SimulatedTile

FIRST_SEED = 19_000  # tiles of smaller seeds taught or measured the weights that ship
TILE_PX = 512
SCENE_TILES = 4  # in eight orientations: 32 different pieces
SCENE_GRID = (32643, Affine(30, 0, 400_000, 0, -30, 4_000_000))  # EPSG code, transform
SCENE_NAME = "LC09_L2SP_147037_20230915_20230917_02_T1"
BAND_NAMES = ("SR_B2", "SR_B3", "SR_B4", "SR_B6", "ST_B10")  # of Landsat, in the order of `BANDS`


def simulated_tiles(count: int, seed: int = FIRST_SEED, size: int = TILE_PX) -> list[SimulatedTile]:
    """Tiles of consecutive seeds, simulated on all cores."""
    seeds = range(seed, seed + count)
    with ProcessPoolExecutor(min(count, os.cpu_count() or 1)) as pool:
        return list(pool.map(partial(simulate_tile, size=size), seeds))


def pixels_of(tile: SimulatedTile) -> Pixels:
    """A tile's pixels as a run reads them: written to a file, and opened again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tile.tif"
        write_five_bands(path, tile)
        with open_tile(path) as opened:
            return opened.read(opened.grid.full_window)


def write_scene(folder: Path, side: int, tiles: Sequence[SimulatedTile], seed: int = 1) -> tuple[Path, ...]:
    """A scene of `side` px as Landsat's Level-2 files, one a band: a mosaic of tiles, turned and mirrored.

    All tiles have one size. The scene is full: real ones have margins without data, which cost nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    epsg, transform = SCENE_GRID
    grid = Grid.of(CRS.from_epsg(epsg), transform, side, side)
    turned = [[_turned(tile.numbers, view) for view in range(8)] for tile in tiles]

    def write(band: int) -> Path:
        path = folder / f"{SCENE_NAME}_{BAND_NAMES[band]}.TIF"
        write_bands(path, mosaic([[view[band] for view in t] for t in turned], side, seed), grid, nodata=0)
        return path

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return tuple(pool.map(write, range(len(BANDS))))


def mosaic(pieces: list[list[NDArray[np.uint16]]], side: int, seed: int) -> NDArray[np.uint16]:
    """Pieces (p, p) drawn at random, side by side until `side` px are full; one seed, one order."""
    random = np.random.default_rng(seed)
    piece_px = pieces[0][0].shape[0]
    whole = np.empty((side, side), pieces[0][0].dtype)
    for row in range(0, side, piece_px):
        for col in range(0, side, piece_px):
            views = pieces[random.integers(len(pieces))]
            piece = views[random.integers(len(views))]
            whole[row : row + piece_px, col : col + piece_px] = piece[: side - row, : side - col]
    return whole


def _turned(planes: NDArray[np.uint16], view: int) -> NDArray[np.uint16]:
    """One of the eight orientations of planes (bands, p, p)."""
    turn: Callable[..., NDArray[np.uint16]] = np.rot90
    mirrored = planes[:, :, ::-1] if view >= 4 else planes
    return np.ascontiguousarray(turn(mirrored, view % 4, axes=(1, 2)))
