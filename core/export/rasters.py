"""Result rasters on disk: class map, probabilities, spread and votes, written window by window.

What is kept is a Cloud Optimized GeoTIFF (OGC 21-026): headers and overviews come before the full resolution,
so that a reader over a network fetches only what it shows. Such a file can only be written from a complete
one, so windows go to a plain file aside first.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError  # what closing and overviews raise; rasterio.errors lacks it
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window as RasterWindow

from core.errors import ExportError
from core.quiet import may_lie_nowhere
from core.threads import gdal_threads
from core.types import NO_DATA, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from core.models import ModelSpec
    from core.types import Grid

BLOCK_PX = 256
LEVEL = 1  # of deflate: probabilities take 4 % more bytes than at 6, and 40 % of the time
PROBABILITY_SCALE = 250  # steps of 0.4 %: finer than any calibration, and one byte a pixel
PROBABILITY_TAG = "PROBABILITY_SCALE"
SPREAD_SCALE = 500  # a standard deviation of probabilities is 0.5 at most
BACKGROUND_RGB = (255, 255, 255)  # TIFF palettes know no transparency


class ByteRaster:
    """A raster of bytes that is open for writing and reading by windows."""

    def __init__(self, dataset: DatasetWriter) -> None:
        self._dataset = dataset

    def write(self, values: NDArray[np.uint8], window: Window) -> None:
        """Write a window's values, (h, w) of a single band or (bands, h, w)."""
        planes = values[None] if values.ndim == 2 else values
        self._dataset.write(planes, window=raster_window(window))

    def read(self, window: Window) -> NDArray[np.uint8]:
        """A window's values in the first band, (h, w)."""
        values: NDArray[np.uint8] = self._dataset.read(1, window=raster_window(window))
        return values

    def read_planes(self, window: Window) -> NDArray[np.uint8]:
        """A window's values in all bands, (bands, h, w)."""
        values: NDArray[np.uint8] = self._dataset.read(window=raster_window(window))
        return values


@contextmanager
def scratch_raster(path: Path, grid: Grid) -> Iterator[ByteRaster]:
    """An uncompressed raster of one band that lives while the context does.

    Raises:
        ExportError: the file cannot be written.
    """
    try:
        with _told_errors(path), _opened(path, grid, bands=1) as dataset:
            yield ByteRaster(dataset)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def classes_raster(path: Path, grid: Grid, spec: ModelSpec, tags: Mapping[str, str]) -> Iterator[ByteRaster]:
    """The class map: indices with colours, 255 where there is no data, overviews by majority.

    `tags` are kept in the file, beside the names of the classes. The file is there when the block ends well.

    Raises:
        ExportError: the file cannot be written.
    """
    with _cloud_optimized(path, grid, 1, Resampling.mode) as dataset:
        dataset.write_colormap(1, {info.index: (*_rgb(info.colour), 255) for info in spec.classes})
        dataset.set_band_description(1, "class")
        dataset.update_tags(**tags, **{f"CLASS_{info.index}": info.label for info in spec.classes})
        yield ByteRaster(dataset)


@contextmanager
def palette_raster(
    path: Path, grid: Grid, colours: Mapping[int, str | None], tags: Mapping[str, str]
) -> Iterator[ByteRaster]:
    """A raster of indices with colours (None: white), 255 for no data, overviews by majority.

    Raises:
        ExportError: the file cannot be written.
    """
    with _cloud_optimized(path, grid, 1, Resampling.mode) as dataset:
        dataset.write_colormap(1, {index: (*_rgb(colour), 255) for index, colour in colours.items()})
        dataset.update_tags(**tags)
        yield ByteRaster(dataset)


@contextmanager
def probabilities_raster(
    path: Path, grid: Grid, spec: ModelSpec, tags: Mapping[str, str]
) -> Iterator[ByteRaster]:
    """The probabilities of the foreground classes, one band each, as `quantise` makes them.

    The file is there when the block ends well.

    Raises:
        ExportError: the file cannot be written.
    """
    with _cloud_optimized(path, grid, len(spec.foreground), Resampling.average) as dataset:
        for band, info in enumerate(spec.foreground, start=1):
            dataset.set_band_description(band, info.key)
        dataset.scales = (1 / PROBABILITY_SCALE,) * len(spec.foreground)
        dataset.update_tags(**tags, **{PROBABILITY_TAG: str(PROBABILITY_SCALE)})
        yield ByteRaster(dataset)


@contextmanager
def spread_raster(path: Path, grid: Grid, tags: Mapping[str, str]) -> Iterator[ByteRaster]:
    """How much the eight orientations differ, in one band, as `quantise_spread` makes it.

    Raises:
        ExportError: the file cannot be written.
    """
    with _cloud_optimized(path, grid, 1, Resampling.average) as dataset:
        dataset.set_band_description(1, "spread")
        dataset.scales = (1 / SPREAD_SCALE,)
        dataset.update_tags(**tags, SPREAD_SCALE=str(SPREAD_SCALE))
        yield ByteRaster(dataset)


@contextmanager
def votes_raster(path: Path, grid: Grid, tags: Mapping[str, str]) -> Iterator[ByteRaster]:
    """What network and rules say of every pixel, bit by bit, as `core.measure.votes` makes it.

    Raises:
        ExportError: the file cannot be written.
    """
    with _cloud_optimized(path, grid, 1, Resampling.mode) as dataset:
        dataset.set_band_description(1, "votes")
        dataset.update_tags(**tags)
        yield ByteRaster(dataset)


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


@contextmanager
def _cloud_optimized(path: Path, grid: Grid, bands: int, overviews: Resampling) -> Iterator[DatasetWriter]:
    """A dataset to fill; at the end of the block it becomes a Cloud Optimized GeoTIFF at `path`."""
    aside = path.with_name(f"{path.name}.aside")
    try:
        with _told_errors(path):
            with _opened(aside, grid, bands) as dataset:
                yield dataset
            with may_lie_nowhere():
                copy_raster(
                    aside,
                    path,
                    driver="COG",
                    compress="deflate",
                    level=LEVEL,
                    predictor="no"
                    if bands == 1
                    else "yes",  # classes are no quantities to take differences of
                    blocksize=BLOCK_PX,
                    overviews="ignore_existing",
                    overview_count=_overview_count(grid),
                    overview_resampling=overviews.name,
                    bigtiff="if_safer",
                    num_threads=gdal_threads(),
                )
    finally:
        for left in (aside, path.with_name(f"{path.name}.ovr.tmp")):
            left.unlink(missing_ok=True)


@contextmanager
def _told_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise ExportError(
            f"{path.name} could not be written: the disk is full, or the folder cannot be written to. "
            "Free some space, check the rights of the folder, and run again."
        ) from error


@contextmanager
def _opened(path: Path, grid: Grid, bands: int) -> Iterator[DatasetWriter]:
    """A new raster without compression, which can be written and read in any order."""
    with may_lie_nowhere():
        dataset = rasterio.open(
            path,
            "w+",
            driver="GTiff",
            height=grid.height,
            width=grid.width,
            count=bands,
            dtype="uint8",
            nodata=NO_DATA,
            crs=grid.crs,
            transform=grid.affine,
            tiled=True,
            blockxsize=BLOCK_PX,
            blockysize=BLOCK_PX,
            interleave="band",
            bigtiff="if_safer",
        )
    with dataset:
        yield dataset


def raster_window(window: Window) -> RasterWindow:
    """A window as rasterio's own value."""
    return RasterWindow(window.col, window.row, window.width, window.height)


def _overview_count(grid: Grid) -> int:
    """How often the map is halved until it fits in one block."""
    count = 0
    while max(grid.shape) > BLOCK_PX << count:
        count += 1
    return count


def _rgb(colour: str | None) -> tuple[int, int, int]:
    if colour is None:
        return BACKGROUND_RGB
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
