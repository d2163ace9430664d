"""The command `python -m trainer simulate`: many tiles at once, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from trainer.simulate.conditions import Season, Sensor
from trainer.simulate.scene import simulate_tile
from trainer.simulate.writing import write_five_bands, write_labels, write_reference_layout

app = typer.Typer(help="Simulate labelled tiles.")


@dataclass(frozen=True, slots=True)
class TileOrder:
    """One tile to make: seed, size in pixels, season, sensor, and where to put it."""

    seed: int
    size: int
    season: Season
    sensor: Sensor
    folder: Path
    single_file: bool


@app.command("simulate")
def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the tiles; made if missing.")],
    tiles: Annotated[int, typer.Option(min=1, help="How many tiles.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first tile; each further one adds 1.")] = 0,
    size: Annotated[int, typer.Option(min=32, help="Side of a tile in pixels of 30 m.")] = 512,
    season: Annotated[str, typer.Option(help="winter, summer or any")] = "any",
    sensor: Annotated[str, typer.Option(help="landsat8, or sentinel2 without thermal band")] = "landsat8",
    single_file: Annotated[
        bool, typer.Option(help="One five-band GeoTIFF a tile instead of one file a band.")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
) -> None:
    """Write labelled tiles in the layout of the reference data set."""
    orders = [TileOrder(seed + n, size, season, sensor, out, single_file) for n in range(tiles)]
    with ProcessPoolExecutor(workers or os.cpu_count() or 1) as pool:
        for _ in track(pool.map(make_tile, orders), total=tiles, description="Simulating"):
            pass


def make_tile(order: TileOrder) -> None:
    """Simulate one tile and write it."""
    tile = simulate_tile(order.seed, order.size, season=order.season, sensor=order.sensor)
    name = f"img{order.seed:03d}"
    if not order.single_file:
        write_reference_layout(order.folder, name, tile)
        return
    for folder in ("tiles", "labels"):
        (order.folder / folder).mkdir(parents=True, exist_ok=True)
    write_five_bands(order.folder / "tiles" / f"{name}.tif", tile)
    write_labels(order.folder / "labels" / f"{name}.tif", tile)
