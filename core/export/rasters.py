"""The rasters of a run: class map, probabilities, spread and votes, and how they hold their values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from rasterio.enums import Resampling

from core.export.byte_rasters import KeptRaster, cloud_optimized
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.types import Grid

PROBABILITY_SCALE = 250  # steps of 0.4 %: finer than any calibration, and one byte a pixel
PROBABILITY_TAG = "PROBABILITY_SCALE"
SPREAD_SCALE = 500  # a standard deviation of probabilities is 0.5 at most
BACKGROUND_RGB = (255, 255, 255)  # TIFF palettes know no transparency


@contextmanager
def classes_raster(path: Path, grid: Grid, spec: ModelSpec, tags: Mapping[str, str]) -> Iterator[KeptRaster]:
    """The class map: indices with colours, 255 where there is no data, overviews by majority.

    `tags` are kept in the file, beside the names of the classes. The file is there when the block ends well.

    Raises:
        ExportError: the file cannot be written.
    """
    with cloud_optimized(path, grid, 1, Resampling.mode) as raster:
        raster.dataset.write_colormap(1, {info.index: (*_rgb(info.colour), 255) for info in spec.classes})
        raster.dataset.set_band_description(1, "class")
        raster.dataset.update_tags(**tags, **{f"CLASS_{info.index}": info.label for info in spec.classes})
        yield raster


@contextmanager
def palette_raster(
    path: Path, grid: Grid, colours: Mapping[int, str | None], tags: Mapping[str, str]
) -> Iterator[KeptRaster]:
    """A raster of indices with colours (None: white), 255 for no data, overviews by majority.

    Raises:
        ExportError: the file cannot be written.
    """
    with cloud_optimized(path, grid, 1, Resampling.mode) as raster:
        raster.dataset.write_colormap(1, {index: (*_rgb(colour), 255) for index, colour in colours.items()})
        raster.dataset.update_tags(**tags)
        yield raster


@contextmanager
def probabilities_raster(
    path: Path, grid: Grid, spec: ModelSpec, tags: Mapping[str, str]
) -> Iterator[KeptRaster]:
    """The probabilities of the foreground classes, one band each, as `quantise` makes them.

    The file is there when the block ends well.

    Raises:
        ExportError: the file cannot be written.
    """
    with cloud_optimized(path, grid, len(spec.foreground), Resampling.average) as raster:
        for band, info in enumerate(spec.foreground, start=1):
            raster.dataset.set_band_description(band, info.key)
        raster.dataset.scales = (1 / PROBABILITY_SCALE,) * len(spec.foreground)
        raster.dataset.update_tags(**tags, **{PROBABILITY_TAG: str(PROBABILITY_SCALE)})
        yield raster


@contextmanager
def spread_raster(path: Path, grid: Grid, tags: Mapping[str, str]) -> Iterator[KeptRaster]:
    """How much the eight orientations differ, in one band, as `quantise_spread` makes it.

    Raises:
        ExportError: the file cannot be written.
    """
    with cloud_optimized(path, grid, 1, Resampling.average) as raster:
        raster.dataset.set_band_description(1, "spread")
        raster.dataset.scales = (1 / SPREAD_SCALE,)
        raster.dataset.update_tags(**tags, SPREAD_SCALE=str(SPREAD_SCALE))
        yield raster


@contextmanager
def votes_raster(path: Path, grid: Grid, tags: Mapping[str, str]) -> Iterator[KeptRaster]:
    """What network and rules say of every pixel, bit by bit, as `core.measure.votes` makes it.

    Raises:
        ExportError: the file cannot be written.
    """
    with cloud_optimized(path, grid, 1, Resampling.mode) as raster:
        raster.dataset.set_band_description(1, "votes")
        raster.dataset.update_tags(**tags)
        yield raster


def quantise_spread(spread: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Standard deviations 0..0.5 as bytes (h, w): rounded to steps of 1 / 500, 255 for no data."""
    scaled = np.rint(spread * np.float32(SPREAD_SCALE))
    return np.where(valid, scaled, np.float32(NO_DATA)).astype(np.uint8)


def quantise(
    probabilities: NDArray[np.float32], valid: NDArray[np.bool_], spec: ModelSpec
) -> NDArray[np.uint8]:
    """Probabilities of the foreground classes as bytes (bands, h, w): p * 250 rounded, 255 for no data."""
    foreground = probabilities[[info.index for info in spec.foreground]]
    scaled = np.rint(foreground * np.float32(PROBABILITY_SCALE))
    return np.where(valid, scaled, np.float32(NO_DATA)).astype(np.uint8)


def _rgb(colour: str | None) -> tuple[int, int, int]:
    if colour is None:
        return BACKGROUND_RGB
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
