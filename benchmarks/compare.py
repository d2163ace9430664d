"""The comparison of two whole scenes: wall time and memory, on equal grids and across two UTM zones."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from affine import Affine
from rasterio.crs import CRS
from scipy import ndimage

from benchmarks.figures import Figure, report
from benchmarks.fresh_process import time_apart
from benchmarks.options import Out, Seed
from core.comparison import ComparedRun, compare_runs
from core.export.rasters import classes_raster, probabilities_raster, quantise
from core.inference.decision import classify
from core.inference.postprocess import plan_strips
from core.models import BINARY, MULTICLASS
from core.runs import Artifact, Options, Radiometry, RadiometryKind, Run, TileFacts, utc_now
from core.types import NO_DATA, Grid, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.models import ModelSpec

MOST_S, MOST_GB = 10.0, 2.0  # the bars
ZONE_43, ZONE_44 = (32643, 600_000.0), (32644, 36_500.0)  # EPSG code and easting of about the same ground
NORTH_M, STEP_M = 3_700_000.0, 30.0
PATTERN_PX = 512  # the landscape repeats: its making shall not cost more than what is measured

Side = Annotated[int, typer.Option("--side", min=64, help="Side of both scenes in pixels.")]


def measure(side: Side = 7700, seed: Seed = 1, out: Out = None) -> None:
    """Time the comparison of two scenes, with everything that is written, in a process of its own."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for spec in (BINARY, MULTICLASS):
            first = make_run(folder / f"{spec.key}-1", spec, _grid(side, *ZONE_43), seed)
            for words, zone in (("one grid", ZONE_43), ("two UTM zones", ZONE_44)):
                second = make_run(folder / f"{spec.key}-{words}", spec, _grid(side, *zone), seed + 1)
                figures += _figures(f"{spec.key}, {words}", first, second, folder / f"out-{spec.key}-{words}")
    report(f"Comparison of two scenes of {side} px", figures, out)


def make_run(folder: Path, spec: ModelSpec, grid: Grid, seed: int) -> ComparedRun:
    """A run with smooth patches of every class, doubtful along their outlines and sure elsewhere, on disk."""
    folder.mkdir()
    pattern = _pattern(spec, seed)
    with (
        classes_raster(folder / "classes.tif", grid, spec, {}) as classes,
        probabilities_raster(folder / "probabilities.tif", grid, spec, {}) as probabilities,
    ):
        for strip in plan_strips(grid.shape):
            part = _tiled(pattern, strip)
            valid = np.ones(part.shape[1:], bool)
            valid[:, : grid.width // 20] = False  # scenes have an empty margin
            decided = np.where(valid, classify(part, spec), NO_DATA).astype(np.uint8)
            classes.write(decided, strip)
            probabilities.write(quantise(part, valid, spec), strip)
    return ComparedRun(_record(folder.name, spec, grid), folder)


def _figures(words: str, first: ComparedRun, second: ComparedRun, folder: Path) -> Iterator[Figure]:
    folder.mkdir()
    elapsed_s, memory_gb = time_apart(partial(compare_runs, first, second, folder))
    yield Figure(f"{words}: time", elapsed_s, "s", MOST_S, "at most", "once; compare_runs, files included")
    yield Figure(f"{words}: memory", memory_gb, "GB", MOST_GB, "at most", "once; peak of the process")


def _grid(side: int, epsg: int, east: float) -> Grid:
    return Grid.of(CRS.from_epsg(epsg), Affine(STEP_M, 0, east, 0, -STEP_M, NORTH_M), side, side)


def _pattern(spec: ModelSpec, seed: int) -> NDArray[np.float32]:
    """Probabilities (K, h, w) of a landscape that repeats without a seam."""
    rng = np.random.default_rng(seed)
    k = len(spec.classes)
    fields = np.stack(
        [
            ndimage.gaussian_filter(rng.standard_normal((PATTERN_PX, PATTERN_PX)), 40, mode="wrap")
            for _ in range(k)
        ]
    )
    logits = 40 * fields / fields.std()
    logits[0] += 30  # most ground is no glacier
    exponent = np.exp(logits - logits.max(axis=0))
    return np.asarray(exponent / exponent.sum(axis=0), np.float32)


def _tiled(pattern: NDArray[np.float32], strip: Window) -> NDArray[np.float32]:
    rows = np.arange(strip.row, strip.row + strip.height) % PATTERN_PX
    cols = np.arange(strip.col, strip.col + strip.width) % PATTERN_PX
    return pattern[:, rows[:, None], cols[None, :]]


def _record(name: str, spec: ModelSpec, grid: Grid) -> Run:
    now = utc_now()
    px = grid.height * grid.width
    facts = TileFacts(name, name, grid, {}, Radiometry(RadiometryKind.LANDSAT_L2, "simulated"), None, None)
    return Run(
        id=name,
        tile=facts,
        model=spec.key,
        weights_sha256="simulated",
        options=Options(),
        threshold=0.5 if spec.has_threshold else None,
        areas=(),
        valid_px=px,
        total_px=px,
        valid_area_km2=px * STEP_M**2 / 1e6,
        total_area_km2=px * STEP_M**2 / 1e6,
        map_bounds=None,
        findings=(),
        artifacts=tuple(Artifact(kind, f"{kind}.tif", "", 0) for kind in ("classes", "probabilities")),
        started_at=now,
        finished_at=now + timedelta(seconds=1),
    )
