"""Rasters of bytes on disk, written and read window by window.

What is kept is a Cloud Optimized GeoTIFF (OGC 21-026): headers and overviews come before the full resolution,
so that a reader over a network fetches only what it shows. Such a file can only be written from a complete
one, so windows go to a plain file aside first, and what that file holds is published in the end.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from rasterio.io import DatasetWriter

    from core.types import Grid

BLOCK_PX = 256
LEVEL = 1  # of deflate: probabilities take 4 % more bytes than at 6, and 40 % of the time


class ByteRaster:
    """A raster of bytes that is open for writing and reading by windows."""

    def __init__(self, dataset: DatasetWriter) -> None:
        self.dataset = dataset

    def write(self, values: NDArray[np.uint8], window: Window) -> None:
        """Write a window's values, (h, w) of a single band or (bands, h, w)."""
        planes = values[None] if values.ndim == 2 else values
        self.dataset.write(planes, window=raster_window(window))

    def read(self, window: Window) -> NDArray[np.uint8]:
        """A window's values in the first band, (h, w)."""
        values: NDArray[np.uint8] = self.dataset.read(1, window=raster_window(window))
        return values

    def read_planes(self, window: Window) -> NDArray[np.uint8]:
        """A window's values in all bands, (bands, h, w)."""
        values: NDArray[np.uint8] = self.dataset.read(window=raster_window(window))
        return values

    def close(self) -> None:
        """Close the file, with everything written in it."""
        self.dataset.close()


class KeptRaster(ByteRaster):
    """A raster that becomes a Cloud Optimized GeoTIFF: at the end of its block, or when it is published."""

    def __init__(self, dataset: DatasetWriter, path: Path, overviews: Resampling) -> None:
        super().__init__(dataset)
        self._path, self._overviews = path, overviews
        # Classes are no quantities to take differences of.
        self._predictor = "no" if dataset.count == 1 else "yes"
        self._published = False

    def seal(self) -> None:
        """End the writing: reading goes on, and another thread may publish meanwhile.

        Raises:
            ExportError: what was written does not reach the disk.
        """
        with _told_errors(self._path), may_lie_nowhere():
            aside = self.dataset.name
            self.dataset.close()
            self.dataset = rasterio.open(aside, driver="GTiff")

    def publish(self) -> None:
        """Write the file that is kept, once; the raster must be sealed or closed.

        Raises:
            ExportError: the file cannot be written.
        """
        if self._published:
            return
        aside = Path(self.dataset.name)
        with _told_errors(self._path), may_lie_nowhere():
            _add_overviews(aside, self._overviews)
            copy_raster(
                aside,
                self._path,
                driver="COG",
                compress="deflate",
                level=LEVEL,
                predictor=self._predictor,
                blocksize=BLOCK_PX,
                overviews="force_use_existing",
                bigtiff="if_safer",
                num_threads=gdal_threads(),
            )
        self._published = True


@contextmanager
def scratch_raster(path: Path, grid: Grid) -> Iterator[ByteRaster]:
    """An uncompressed raster of one band that lives while the context does.

    Raises:
        ExportError: the file cannot be written.
    """
    try:
        with _told_errors(path), closing(ByteRaster(_open(path, grid, bands=1))) as raster:
            yield raster
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def cloud_optimized(path: Path, grid: Grid, bands: int, overviews: Resampling) -> Iterator[KeptRaster]:
    """A raster to fill; at the end of the block at the latest it is a Cloud Optimized GeoTIFF at `path`."""
    aside = path.with_name(f"{path.name}.aside")
    try:
        with _told_errors(path):
            with closing(KeptRaster(_open(aside, grid, bands), path, overviews)) as raster:
                yield raster
            raster.publish()
    finally:
        for left in (aside, _overviews_of(aside)):
            left.unlink(missing_ok=True)


def _add_overviews(aside: Path, resampling: Resampling) -> None:
    """Draw the overviews of a plain file beside it, plain, too: nothing is to be packed twice."""
    with rasterio.open(aside, driver="GTiff") as dataset:
        factors = [2**level for level in range(1, _overview_count(dataset.shape) + 1)]
    if factors:
        with (
            rasterio.Env(TIFF_USE_OVR=True, GDAL_NUM_THREADS=gdal_threads()),
            rasterio.open(aside, "r+", driver="GTiff") as dataset,
        ):
            dataset.build_overviews(factors, resampling)


def _overviews_of(path: Path) -> Path:
    """Where GDAL keeps overviews that are no part of a file."""
    return path.with_name(f"{path.name}.ovr")


@contextmanager
def _told_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise ExportError(
            f"{path.name} could not be written: the disk is full, or the folder cannot be written to. "
            "Free some space, check the rights of the folder, and run again."
        ) from error


def _open(path: Path, grid: Grid, bands: int) -> DatasetWriter:
    """A new raster without compression, which can be written and read in any order."""
    with may_lie_nowhere():
        return rasterio.open(
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


def raster_window(window: Window) -> RasterWindow:
    """A window as rasterio's own value."""
    return RasterWindow(window.col, window.row, window.width, window.height)


def _overview_count(shape: tuple[int, int]) -> int:
    """How often a map is halved until it fits in one block."""
    count = 0
    while max(shape) > BLOCK_PX << count:
        count += 1
    return count
