"""Files have the bytes that this version wrote before: `python -m batch verify` takes its runs byte for byte.

Where a test here fails for one and the same version, files have changed. Then raise `core.__version__`, say
so in the changelog and record the new hashes, which the failure shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import features
from rasterio.crs import CRS

import core
from core.export.rasters import classes_raster, probabilities_raster
from core.export.tile_pictures import draw_tile
from core.models import MULTICLASS
from core.types import Grid, Pixels, Window

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "0.2.0"
LIBRARIES = {"GDAL": "3.10.3", "WebP": "1.6.0"}
RECORDED = {
    "classes.tif": "617feda84289cf8c",
    "probabilities.tif": "41a62c7d09aebeb7",
    "composite-natural.webp": "4e8612b1ca738cd4",
    "composite-swir.webp": "1a7555480728c322",
    "composite-thermal.webp": "ac5fb17b8f29c208",
}
FOUND = {"GDAL": rasterio.__gdal_version__, "WebP": features.version("webp")}
SHAPE = (321, 515)  # odd sides: overviews round them
UTM = Grid.of(CRS.from_epsg(32643), Affine(30, 0, 567_945, 0, -30, 3_771_855), *SHAPE)
NOWHERE = Grid.of(None, Affine.identity(), *SHAPE)

pytestmark = pytest.mark.skipif(FOUND != LIBRARIES, reason=f"{FOUND} may pack files otherwise")


@dataclass
class FiveBands:
    """As much of a tile as its pictures need."""

    name: str = "tile"
    present: tuple[bool, ...] = (True,) * 5
    sensor: str | None = None


def hashes(folder: Path) -> dict[str, str]:
    """The beginning of every file's SHA-256, by its name."""
    return {path.name: sha256(path.read_bytes()).hexdigest()[:16] for path in sorted(folder.iterdir())}


def test_the_hashes_are_of_this_version() -> None:
    assert core.__version__ == VERSION, "record the hashes of this version"


def recorded(suffix: str) -> dict[str, str]:
    """The files of a kind that are known."""
    return {name: found for name, found in RECORDED.items() if name.endswith(suffix)}


def test_rasters_are_written_as_before(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    whole = Window(0, 0, *SHAPE)
    tags = {"TIFFTAG_SOFTWARE": "Firnline"}
    with classes_raster(tmp_path / "classes.tif", UTM, MULTICLASS, tags) as raster:
        raster.write(random.integers(0, 4, SHAPE, np.uint8), whole)
    with probabilities_raster(tmp_path / "probabilities.tif", UTM, MULTICLASS, tags) as raster:
        raster.write(random.integers(0, 251, (3, *SHAPE), np.uint8), whole)
    assert hashes(tmp_path) == recorded(".tif")


def test_composites_are_packed_as_before(tmp_path: Path) -> None:
    rows, columns = np.indices(SHAPE, np.float32)
    values = np.stack([(rows * (band + 1) + columns) % 256 / 256 for band in range(5)])
    draw_tile(tmp_path, FiveBands(), Pixels(values, np.ones(SHAPE, bool)), NOWHERE)  # type: ignore[arg-type]
    assert hashes(tmp_path) == recorded(".webp")
