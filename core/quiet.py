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
    """A block that opens a raster which may have no georeference, be it one that rasterio makes of an array.

    Others wait for it: keep it short. A block of rasterio's own that ignores the warning needs this one, too:
    its filter is undone when another thread leaves a block that it had entered before.
    """
    with _TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield
