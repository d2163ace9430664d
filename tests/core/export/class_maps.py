"""Class maps on disk with the runs that they belong to, for tests of what is made from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from rasterio.crs import CRS

from core.export.rasters import classes_raster
from core.models import model_spec
from core.types import Grid
from tests.core.export.runs import example_run

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike

    from core.runs import Run

UTM_43N = CRS.from_epsg(32643)
UTM_TRANSFORM = Affine(30, 0, 567_945, 0, -30, 3_771_855)
BACKGROUND, CLEAN, DEBRIS, WATER, NO_DATA = 0, 1, 2, 3, 255


def utm_grid(height: int, width: int) -> Grid:
    """A grid of 30 m pixels in the western Himalaya."""
    return Grid.of(UTM_43N, UTM_TRANSFORM, height, width)


def write_classes(
    folder: Path, values: ArrayLike, grid: Grid | None = None, model: str = "multiclass"
) -> Run:
    """Write values (row, col) as `classes.tif` of a run; the run, without areas."""
    classes = np.asarray(values, np.uint8)
    grid = grid or utm_grid(*classes.shape)
    folder.mkdir(parents=True, exist_ok=True)
    with classes_raster(folder / "classes.tif", grid, model_spec(model), {}) as raster:
        raster.write(classes, grid.full_window)
    run = example_run()
    tile = replace(run.tile, grid=grid, name="LC09_L2SP_147037_20230915", acquired_on=date(2023, 9, 15))
    threshold = 0.5 if model == "binary" else None
    return replace(run, id="3f2a9b1c77", tile=tile, model=model, threshold=threshold)
