"""A run's result rasters, read window by window: the classes and the probabilities behind them."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from core.errors import TileError
from core.tiles.opening import SEALED, open_raster
from core.types import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ResultPlanes:
    """The planes of some result rasters on one grid, in the order of the files.

    May be read from several threads, each of which opens the files for itself.
    """

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._local = threading.local()
        self._opened: list[Any] = []
        self._lock = threading.Lock()

    def read(self, window: Window) -> NDArray[np.uint8]:
        """The bytes of a window, uint8 (bands, h, w).

        Raises:
            TileError: a file is gone or damaged.
        """
        part = RasterWindow(window.col, window.row, window.width, window.height)
        try:
            with rasterio.Env(**SEALED):
                read = [dataset.read(window=part) for dataset in self._datasets()]
        except RasterioError as error:
            names = " or ".join(path.name for path in self._paths)
            raise TileError(f"{names} of a run cannot be read back. Run its tile again.") from error
        planes: NDArray[np.uint8] = np.concatenate(read) if len(read) > 1 else read[0]
        return planes

    def close(self) -> None:
        """Close the files of all threads."""
        with self._lock:
            while self._opened:
                self._opened.pop().close()
        self._local = threading.local()

    def __enter__(self) -> ResultPlanes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _datasets(self) -> list[Any]:
        if not hasattr(self._local, "datasets"):
            gone = next((path for path in self._paths if not path.is_file()), None)
            if gone is not None:
                raise TileError(
                    f"{gone.name} of a run is no longer in the data folder. Put the folder "
                    f"{gone.parent.name} back from a backup, or run its tile again."
                )
            opened = [open_raster(path, path.name) for path in self._paths]
            with self._lock:
                self._opened += opened
            self._local.datasets = opened
        datasets: list[Any] = self._local.datasets
        return datasets
