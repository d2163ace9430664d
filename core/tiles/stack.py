"""The band files of a tile as one stack of raw numbers on one grid."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from core.errors import TileError
from core.tiles.alignment import Placement, finest, interpolate, place_on
from core.tiles.opening import SEALED, Header, open_raster
from core.types import BANDS, BandName, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.tiles.files import BandFile

    _ReadBand = Callable[[BandName], tuple[NDArray[np.float32], NDArray[np.bool_]]]

READERS = 4  # files that are decoded at once where a whole tile is looked through
_USUAL_FILL = -9999.0  # often left undeclared; neither a digital number nor reflectance nor kelvin


@dataclass(frozen=True, slots=True, eq=False)
class RawPixels:
    """Numbers as they stand in the files.

    `values`: float32 (5, h, w), NaN for a missing band. `carried`: bool (5, h, w), finite and neither the
    declared no-data value nor masked. A plain 0 counts as carried here; what it means, the radiometry says.
    """

    values: NDArray[np.float32]
    carried: NDArray[np.bool_]


class BandStack:
    """Open band files behind one lock; opened on the first read, reopened in a forked process.

    Raises:
        TileError: the bands do not lie on the same ground.
    """

    def __init__(self, bands: Mapping[BandName, BandFile], headers: Mapping[BandName, Header]) -> None:
        self._bands = dict(bands)
        self._headers = dict(headers)
        self.reference = finest(headers)
        self._placements = {band: place_on(self.reference, header) for band, header in headers.items()}
        self._lock = threading.Lock()
        self._datasets: dict[Path, Any] = {}
        self._process = os.getpid()
        weakref.finalize(self, _close_all, self._datasets)

    def __reduce__(self) -> tuple[type[BandStack], tuple[object, object]]:
        """Travel to another process as files to be opened there."""
        return BandStack, (self._bands, self._headers)

    @property
    def resampled(self) -> tuple[BandName, ...]:
        """The bands that are brought to the finest grid."""
        return tuple(band for band in BANDS if band in self._placements and not self._placements[band].exact)

    def read(self, window: Window) -> RawPixels:
        """The numbers of a window of the finest grid; coarser bands are interpolated bilinearly.

        Bilinear for thermal too: temperature is continuous, and steps would be edges that nobody measured.

        Raises:
            TileError: a file is damaged.
        """
        return self._gather((window.height, window.width), lambda band: self._read_band(band, window))

    def decimated(self, height: int, width: int) -> RawPixels:
        """The numbers of the whole tile at fewer pixels: nearest, for means would mix no data into data.

        Raises:
            TileError: a file is damaged.
        """
        shape = height, width
        return self._gather(shape, lambda band: self._fetch(band, None, shape), threads=READERS)

    def close(self) -> None:
        """Close the files; a later read opens them again."""
        with self._lock:
            _close_all(self._datasets)

    def _gather(self, shape: tuple[int, int], read: _ReadBand, threads: int = 1) -> RawPixels:
        """The bands in planes; `threads` files are decoded at once, each by one thread."""
        values = np.empty((len(BANDS), *shape), np.float32)
        carried = np.zeros((len(BANDS), *shape), np.bool_)

        def read_file(bands: list[BandName]) -> None:
            with rasterio.Env(**SEALED):
                for band in bands:
                    plane = BANDS.index(band)
                    values[plane], carried[plane] = read(band)

        values[[band not in self._bands for band in BANDS]] = np.nan
        by_file: dict[Path, list[BandName]] = {}
        for band, file in self._bands.items():
            by_file.setdefault(file.path, []).append(band)
        with self._lock:
            if threads == 1 or len(by_file) == 1:
                for bands in by_file.values():
                    read_file(bands)
            else:
                with ThreadPoolExecutor(threads, "firnline-reading") as pool:
                    deque(pool.map(read_file, by_file.values()), maxlen=0)  # an error of a file is raised
        return RawPixels(values, carried)

    def _read_band(self, band: BandName, window: Window) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        placement: Placement = self._placements[band]
        if placement.exact:
            return self._fetch(band, window, None)
        rows, cols = placement.sources(window)
        (row, height), (col, width) = rows.extent, cols.extent
        values, carried = self._fetch(band, Window(row, col, height, width), None)
        # A 0 is fill or deep shadow: it must not be averaged into its neighbours.
        mixed, measured = interpolate(values, carried & (values != 0), rows.since(row), cols.since(col))
        _, kept = interpolate(values, carried, rows.since(row), cols.since(col))
        return mixed, measured | (kept & (mixed == 0))

    def _fetch(
        self, band: BandName, window: Window | None, shape: tuple[int, int] | None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        file, header = self._bands[band], self._headers[band]
        part = RasterWindow(window.col, window.row, window.width, window.height) if window else None
        try:
            dataset = self._dataset(file)
            numbers = dataset.read(file.index, window=part, out_shape=shape)
            mask = dataset.dataset_mask(window=part, out_shape=shape) if header.masked else None
        except (RasterioError, OSError) as error:
            raise TileError(
                f"{file.label} is damaged or incomplete: its pixels cannot be read. Copy or download it "
                "again."
            ) from error
        carried = _carried(numbers, header.nodatas[file.index - 1])
        if mask is not None:
            carried &= mask > 0
        with np.errstate(over="ignore"):  # float64 fill values become infinite, and are no data already
            return numbers.astype(np.float32, copy=False), carried

    def _dataset(self, file: BandFile) -> Any:  # noqa: ANN401
        if self._process != os.getpid():  # a forked process shares the file position: never read through it
            self._datasets.clear()
            self._process = os.getpid()
        dataset = self._datasets.get(file.path)
        if dataset is None:
            dataset = self._datasets[file.path] = open_raster(file.path, file.label)
        return dataset


def _close_all(datasets: dict[Path, Any]) -> None:
    while datasets:
        datasets.popitem()[1].close()


def _carried(numbers: NDArray[Any], no_data: float | None) -> NDArray[np.bool_]:
    """Which numbers are finite and no fill."""
    if numbers.dtype.kind == "f":
        carried: NDArray[np.bool_] = np.abs(numbers) <= np.finfo(np.float32).max  # false for NaN too
    else:
        carried = np.ones(numbers.shape, np.bool_)
    for fill in (no_data, _USUAL_FILL):
        if fill is not None and _fits(fill, numbers.dtype):
            carried &= numbers != numbers.dtype.type(fill)
    return carried


def _fits(no_data: float, dtype: np.dtype[Any]) -> bool:
    """Whether a declared no-data value can occur in a type at all."""
    if dtype.kind == "f":
        return bool(np.isfinite(no_data))
    return float(no_data).is_integer() and np.iinfo(dtype).min <= no_data <= np.iinfo(dtype).max
