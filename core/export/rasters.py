"""Result rasters on disk: the class map and the probabilities, written window by window."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError  # what closing and overviews raise; rasterio.errors lacks it
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window as RasterWindow

from core.errors import ExportError
from core.types import NO_DATA, Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from core.models import ModelSpec
    from core.types import Grid

BLOCK_PX = 256
PROBABILITY_SCALE = 250  # steps of 0.4 %: finer than any calibration, and one byte a pixel
PROBABILITY_TAG = "PROBABILITY_SCALE"
BACKGROUND_RGB = (255, 255, 255)  # TIFF palettes know no transparency
OVERVIEW_UNTIL_PX = 256


class ByteRaster:
    """A raster of bytes that is open for writing and reading by windows."""

    def __init__(self, dataset: DatasetWriter) -> None:
        self._dataset = dataset

    def write(self, values: NDArray[np.uint8], window: Window) -> None:
        """Write a window's values, (h, w) of a single band or (bands, h, w)."""
        planes = values[None] if values.ndim == 2 else values
        self._dataset.write(planes, window=_raster_window(window))

    def read(self, window: Window) -> NDArray[np.uint8]:
        """A window's values in the first band, (h, w)."""
        values: NDArray[np.uint8] = self._dataset.read(1, window=_raster_window(window))
        return values


@contextmanager
def scratch_raster(path: Path, grid: Grid) -> Iterator[ByteRaster]:
    """An uncompressed raster of one band that lives while the context does.

    Raises:
        ExportError: the file cannot be written.
    """
    try:
        with _opened(path, _Layout(grid, bands=1, compressed=False)) as dataset:
            yield ByteRaster(dataset)
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def classes_raster(path: Path, grid: Grid, spec: ModelSpec, tags: Mapping[str, str]) -> Iterator[ByteRaster]:
    """The class map: indices with colours, 255 where there is no data, overviews by majority.

    `tags` are kept in the file, beside the names of the classes.

    Raises:
        ExportError: the file cannot be written.
    """
    with _opened(path, _Layout(grid, bands=1, compressed=True)) as dataset:
        dataset.write_colormap(1, {info.index: (*_rgb(info.colour), 255) for info in spec.classes})
        dataset.set_band_description(1, "class")
        dataset.update_tags(**tags, **{f"CLASS_{info.index}": info.label for info in spec.classes})
        yield ByteRaster(dataset)
        dataset.build_overviews(_overview_factors(grid), Resampling.mode)


@contextmanager
def probabilities_raster(
    path: Path, grid: Grid, spec: ModelSpec, tags: Mapping[str, str]
) -> Iterator[ByteRaster]:
    """The probabilities of the foreground classes, one band each, as `quantise` makes them.

    Raises:
        ExportError: the file cannot be written.
    """
    with _opened(path, _Layout(grid, bands=len(spec.foreground), compressed=True)) as dataset:
        for band, info in enumerate(spec.foreground, start=1):
            dataset.set_band_description(band, info.key)
        dataset.scales = (1 / PROBABILITY_SCALE,) * len(spec.foreground)
        dataset.update_tags(**tags, **{PROBABILITY_TAG: str(PROBABILITY_SCALE)})
        yield ByteRaster(dataset)
        dataset.build_overviews(_overview_factors(grid), Resampling.average)


def quantise(
    probabilities: NDArray[np.float32], valid: NDArray[np.bool_], spec: ModelSpec
) -> NDArray[np.uint8]:
    """Probabilities of the foreground classes as bytes (bands, h, w): p * 250 rounded, 255 for no data."""
    foreground = probabilities[[info.index for info in spec.foreground]]
    scaled = np.rint(foreground * np.float32(PROBABILITY_SCALE))
    return np.where(valid, scaled, np.float32(NO_DATA)).astype(np.uint8)


class _Layout(NamedTuple):
    grid: Grid
    bands: int
    compressed: bool


@contextmanager
def _opened(path: Path, layout: _Layout) -> Iterator[DatasetWriter]:
    grid = layout.grid
    options = {"compress": "deflate", "interleave": "band"} if layout.compressed else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a tile may have no georeference
            dataset = rasterio.open(
                path,
                "w+",
                driver="GTiff",
                height=grid.height,
                width=grid.width,
                count=layout.bands,
                dtype="uint8",
                nodata=NO_DATA,
                crs=grid.crs,
                transform=grid.affine,
                tiled=True,
                blockxsize=BLOCK_PX,
                blockysize=BLOCK_PX,
                bigtiff="if_safer",
                **options,
            )
        with dataset:
            yield dataset
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise ExportError(
            f"{path.name} could not be written: the disk is full, or the folder cannot be written to. "
            "Free some space, check the rights of the folder, and run again."
        ) from error


def _raster_window(window: Window) -> RasterWindow:
    return RasterWindow(window.col, window.row, window.width, window.height)


def _overview_factors(grid: Grid) -> list[int]:
    factors, factor = [], 2
    while max(grid.shape) > OVERVIEW_UNTIL_PX * factor // 2:
        factors.append(factor)
        factor *= 2
    return factors


def _rgb(colour: str | None) -> tuple[int, int, int]:
    if colour is None:
        return BACKGROUND_RGB
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
