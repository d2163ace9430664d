"""Quiet: rasters that lie nowhere are opened without a warning, for one thread at a time."""

from __future__ import annotations

import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rasterio.errors import NotGeoreferencedWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

_TURN = threading.RLock()  # filters of warnings belong to the process, not to a thread


@contextmanager
def may_lie_nowhere() -> Iterator[None]:
    """A block that opens a raster which may have no georeference. Others wait for it: keep it short."""
    with _TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
