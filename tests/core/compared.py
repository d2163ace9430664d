"""Runs on disk to compare: `write_run` makes one from classes, with its rasters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike

from core.comparison import ComparedRun
from core.export.rasters import classes_raster, probabilities_raster
from core.export.records import artifact_of
from core.measure.areas import Counts, class_areas, pixel_areas_m2
from core.models import BINARY, ModelSpec
from core.types import NO_DATA, Grid
from tests.db.runs import make_facts, make_run


def write_run(
    folder: Path, classes: ArrayLike, grid: Grid, spec: ModelSpec = BINARY, *, sure: float = 0.9
) -> ComparedRun:
    """A run with these classes; each mapped class has the probability `sure` where it is, none elsewhere."""
    folder.mkdir(parents=True)
    decided = np.asarray(classes, np.uint8)
    levels = np.stack([np.where(decided == info.index, round(250 * sure), 0) for info in spec.foreground])
    levels = np.where(decided == NO_DATA, NO_DATA, levels).astype(np.uint8)
    with classes_raster(folder / "classes.tif", grid, spec, {}) as raster:
        raster.write(decided, grid.full_window)
    with probabilities_raster(folder / "probabilities.tif", grid, spec, {}) as raster:
        raster.write(levels, grid.full_window)
    counts = Counts.of(decided, spec, pixel_areas_m2(grid, grid.full_window))
    run = make_run(
        id=uuid4().hex,
        model=spec.key,
        tile=replace(make_facts(), grid=grid),
        areas=class_areas(counts, spec),
        valid_px=counts.valid_px,
        total_px=decided.size,
        valid_area_km2=counts.valid_km2,
        total_area_km2=counts.total_km2,
        artifacts=tuple(artifact_of(kind, folder / f"{kind}.tif") for kind in ("classes", "probabilities")),
    )
    return ComparedRun(run, folder)
