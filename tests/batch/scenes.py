"""Scenes of noise for the batch, and what is needed to look at its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio.transform import from_origin
from typer.testing import CliRunner

from batch.command import app
from core.export.records import run_from_json
from core.types import BANDS
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from core.runs import Run


def write_scenes(folder: Path, count: int, size: int = 64) -> Path:
    """A folder of tiles, each of other content."""
    for seed in range(count):
        write_tile(folder / f"scene{seed}.tif", level2_numbers(size, size, seed), descriptions=BANDS)
    return folder


def write_scene(path: Path, size: int = 64, fill: int | None = None) -> Path:
    """A Level-2 tile of noise around plausible digital numbers, or of one number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    means = {"blue": 20_000, "green": 19_000, "red": 18_000, "swir1": 9_000, "thermal": 34_000}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=size,
        height=size,
        count=len(BANDS),
        dtype="uint16",
        nodata=0,
        crs="EPSG:32643",
        transform=from_origin(700_000, 3_600_000, 30, 30),
    ) as raster:
        for number, band in enumerate(BANDS, start=1):
            values = (
                rng.normal(means[band], 800, (size, size)) if fill is None else np.full((size, size), fill)
            )
            raster.write(values.astype("uint16"), number)
            raster.set_band_description(number, band)
    return path


def batch(*arguments: object) -> Result:
    """The command as a user types it."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def runs_below(out: Path) -> dict[str, Run]:
    """The runs that a batch wrote, by tile and model."""
    records = sorted(out.rglob("run.json"))
    return {
        record.parent.relative_to(out).as_posix(): run_from_json(record.read_bytes()) for record in records
    }
