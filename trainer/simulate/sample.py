"""The sample tile that Firnline ships: one landscape and one clear day in early autumn."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from trainer.destination import prepare_out
from trainer.simulate.conditions import Conditions
from trainer.simulate.fractal_ground import make_ground
from trainer.simulate.scene import SimulatedTile, render
from trainer.simulate.writing import write_five_bands, write_labels

SEED = 24
SIZE_PX = 512
DAY = Conditions(
    season="summer",
    acquired_on=date(2023, 9, 15),
    sun_elevation=52.0,
    sun_azimuth=148.0,
    snow_above_line_m=10.0,
    bare_extra_m=260.0,
    fresh=0.35,
    air_k=275.0,
    haze=0.15,
    cloud_share=0.004,
    clouds_masked=True,
    glare_masked=0.0,
    beyond_swath=0.16,
)

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the sample and its truth.")]


def simulate_sample() -> SimulatedTile:
    """The sample tile; the same bytes every time."""
    return render(SEED, make_ground(SEED, SIZE_PX), DAY)


def sample(out: Out = Path("samples")) -> None:
    """Make the sample tile and its truth again."""
    prepare_out(out)
    tile = simulate_sample()
    write_five_bands(out / "simulated_tile.tif", tile)
    write_labels(out / "simulated_tile_labels.tif", tile)
