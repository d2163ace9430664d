"""The ledger of a whole scene: wall time and memory, with areas alone and with errors."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import shapely
import typer
from affine import Affine
from pyproj import Transformer
from rasterio.crs import CRS

from benchmarks.compare import NORTH_M, STEP_M, ZONE_43, make_run
from benchmarks.figures import Figure, report
from benchmarks.fresh_process import time_apart
from benchmarks.options import Out, Seed
from core.measure.ledger import MappedTile, measure_ledger
from core.models import MULTICLASS
from core.outlines.outline import Outline, OutlineSet
from core.types import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_S, MOST_GB = 5.0, 2.0  # the bars
CORNERS = 200  # of an outline, as many as one of a kilometre has in an inventory
SPAN = 0.47  # of the outline's cell, so that neighbours nearly touch and never overlap

Side = Annotated[int, typer.Option("--side", min=64, help="Side of the scene in pixels.")]
Count = Annotated[int, typer.Option("--outlines", min=1, help="Number of outlines.")]


def measure(side: Side = 7700, outlines: Count = 1000, seed: Seed = 1, out: Out = None) -> None:
    """Time the ledger of one scene in a process of its own."""
    grid = Grid.of(CRS.from_epsg(ZONE_43[0]), Affine(STEP_M, 0, ZONE_43[1], 0, -STEP_M, NORTH_M), side, side)
    drawn = make_outlines(grid, outlines, seed)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        make_run(folder, MULTICLASS, grid, seed)
        areas = MappedTile(folder / "classes.tif", grid, MULTICLASS)
        errors = MappedTile(areas.classes, grid, MULTICLASS, folder / "probabilities.tif")
        figures += _figures("areas and buffer", areas, drawn)
        figures += _figures("with probabilities, too", errors, drawn)
    report(f"Ledger of {outlines} outlines on a scene of {side} px", figures, out)


def make_outlines(grid: Grid, count: int, seed: int) -> OutlineSet:
    """Lobed outlines that fill the grid in rows and columns."""
    rng = np.random.default_rng(seed)
    to_degrees = Transformer.from_crs(grid.crs_wkt, 4326, always_xy=True)
    across = int(np.ceil(np.sqrt(count)))
    angles = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
    found = []
    for number in range(count):
        row, col = divmod(number, across)
        lobes = 1 + 0.15 * np.sin(5 * angles + rng.uniform(0, 2 * np.pi))
        radius = SPAN / 1.15 * lobes * grid.width / across
        cols = (col + 0.5) * grid.width / across + radius * np.cos(angles)
        rows = (row + 0.5) * grid.height / across + radius * np.sin(angles)
        a, b, c, d, e, f = grid.transform
        x, y = a * cols + b * rows + c, d * cols + e * rows + f
        shape = shapely.Polygon(np.column_stack(to_degrees.transform(x, y)))
        found.append(Outline(number + 1, f"simulated-{number + 1}", None, shape))
    return OutlineSet(tuple(found), "simulated")


def _figures(words: str, mapped: MappedTile, outlines: OutlineSet) -> Iterator[Figure]:
    elapsed_s, memory_gb = time_apart(partial(measure_ledger, mapped, outlines))
    yield Figure(f"{words}: time", elapsed_s, "s", MOST_S, "at most", "once; measure_ledger")
    yield Figure(f"{words}: memory", memory_gb, "GB", MOST_GB, "at most", "once; peak of the process")
