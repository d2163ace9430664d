"""The command `python -m trainer simulate`: many tiles at once, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.progress import track

from core.errors import TrainingError
from core.tiles.elevation import read_elevation
from trainer.destination import prepare_out, room_in
from trainer.simulate.comparison import comparison_lines, describe_folder
from trainer.simulate.conditions import Season, Sensor
from trainer.simulate.given_ground import GivenTerrain, place_ground
from trainer.simulate.outlines import read_outlines
from trainer.simulate.scene import simulate_tile
from trainer.simulate.surfaces import CLEAN_ICE, DEBRIS_ICE
from trainer.simulate.writing import write_five_bands, write_labels, write_reference_layout

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the tiles; made if missing.")]
Tiles = Annotated[int, typer.Option("--tiles", help="How many tiles; 0: none, to --compare those of --out.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the first tile; each further one adds 1.")]
Size = Annotated[int, typer.Option("--size", min=32, help="Side of a tile in pixels of 30 m.")]
SeasonOption = Annotated[Season, typer.Option("--season", help="Time of the year.")]
SensorOption = Annotated[Sensor, typer.Option("--sensor", help="sentinel2 has no thermal band.")]
Elevation = Annotated[
    Path | None, typer.Option("--dem", help="Elevation model (GeoTIFF) to use instead of fractal terrain.")
]
OutlinesOption = Annotated[
    Path | None,
    typer.Option("--outlines", help="Glacier outlines on it (.shp or .geojson); else ice is grown."),
]
Lakes = Annotated[
    float, typer.Option("--lakes", min=0, max=20, help="So many times the usual number of lakes.")
]
SingleFile = Annotated[
    bool, typer.Option("--single-file", help="One GeoTIFF a tile, not one file a band; sentinel2 always.")
]
Compare = Annotated[
    Path | None, typer.Option("--compare", metavar="DIR", help="Print statistics beside those of real tiles.")
]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Processes; 0: one a core.")]


@dataclass(frozen=True, slots=True)
class TileOrder:
    """One tile to make: seed, size in pixels, season, sensor, ground, lakes, and where to put it."""

    seed: int
    size: int
    season: Season
    sensor: Sensor
    folder: Path
    single_file: bool
    terrain: GivenTerrain | None = None
    lakes: float = 1.0


def simulate(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    out: Out,
    tiles: Tiles = 1,
    seed: Seed = 0,
    size: Size = 512,
    season: SeasonOption = "any",
    sensor: SensorOption = "landsat8",
    dem: Elevation = None,
    outlines: OutlinesOption = None,
    lakes: Lakes = 1.0,
    single_file: SingleFile = False,
    compare: Compare = None,
    workers: Workers = 0,
) -> None:
    """Write simulated tiles with their truth, in the layout of the reference data set."""
    if outlines and dem is None:
        raise TrainingError("Outlines were given without an elevation model. Add --dem, or leave them out.")
    if tiles < 1 and (tiles < 0 or compare is None):
        raise TrainingError(f"{tiles} tiles were asked for, so there is nothing to do. Ask for 1 or more.")
    for given, option in ((dem, "--dem"), (outlines, "--outlines")):
        if given and not given.is_file():
            raise TrainingError(f"There is no file {given}. Give {option} one that exists.")
    terrain = read_terrain(dem, outlines) if dem else None
    real = describe_folder(compare) if compare else None  # told before tiles are made
    if tiles:
        prepare_out(out)
    orders = [
        TileOrder(seed + n, size, season, sensor, out, single_file, terrain, lakes) for n in range(tiles)
    ]
    if orders:
        with room_in(out), ProcessPoolExecutor(min(workers or os.cpu_count() or 1, len(orders))) as pool:
            made = track(pool.map(make_tile, orders), total=len(orders), description="Simulating")
            typer.echo(_closing(list(made), out, outlines is not None))
    if real:
        typer.echo("\n".join(comparison_lines(describe_folder(out), real)))


def read_terrain(dem: Path, outlines: Path | None) -> GivenTerrain:
    """The elevation model, with the glaciers of the outlines where they are given.

    Raises:
        TrainingError: the outlines cannot be read, or none of them covers ground of the model.
        TileError: the model cannot be read.
    """
    heights, grid = read_elevation(dem)
    if outlines is None:
        return GivenTerrain(heights, grid)
    terrain = GivenTerrain(heights, grid, read_outlines(outlines))
    if not terrain.has_ice:
        raise TrainingError(
            f"No outline in {outlines.name} covers ground of the elevation model {dem.name}, which lies "
            f"around longitude {terrain.middle[0]:.2f}, latitude {terrain.middle[1]:.2f}. Give outlines of "
            "that ground (a shapefile with its .prj), or a model of theirs."
        )
    return terrain


def make_tile(order: TileOrder) -> bool:
    """Simulate one tile and write it; whether its labels hold ice.

    Raises:
        TrainingError: no place on the given terrain holds the tile.
        ExportError: a file cannot be written.
    """
    ground = place_ground(order.seed, order.size, order.terrain) if order.terrain else None
    tile = simulate_tile(
        order.seed,
        order.size,
        season=order.season,
        sensor=order.sensor,
        ground=ground,
        lakes=order.lakes,
    )
    name = f"img{order.seed:03d}"
    iced = bool(np.isin(tile.labels, (CLEAN_ICE, DEBRIS_ICE)).any())
    if order.sensor == "landsat8" and not order.single_file:
        write_reference_layout(order.folder, name, tile)
        return iced
    for folder in ("tiles", "labels"):
        (order.folder / folder).mkdir(parents=True, exist_ok=True)
    write_five_bands(order.folder / "tiles" / f"{name}.tif", tile)
    write_labels(order.folder / "labels" / f"{name}.tif", tile)
    return iced


def _closing(iced: list[bool], out: Path, outlined: bool) -> str:
    """What was written, and how many of the tiles teach that there is no ice."""
    bare = iced.count(False)
    remedy = " Larger tiles (--size) or other seeds meet more of the outlines." if outlined and bare else ""
    without = f"{bare or 'none'} without any ice"
    return f"Written: {len(iced)} {'tile' if len(iced) == 1 else 'tiles'} in {out}, {without}.{remedy}"
