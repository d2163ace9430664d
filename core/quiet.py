"""Quiet: rasters that lie nowhere are opened without a warning, in any number of threads."""

from __future__ import annotations

import threading
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rasterio.errors import NotGeoreferencedWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

# Filters of warnings belong to the process, not to a thread: the first block in sets the filter for all, and
# the last one out takes it back. No block waits for another.
_TURN = threading.Lock()
_FILTER = ExitStack()
_INSIDE: list[int] = []  # the threads of the blocks under way


@contextmanager
def may_lie_nowhere() -> Iterator[None]:
    """A block that works with a raster which may have no georeference."""
    thread = threading.get_ident()
    with _TURN:
        _INSIDE.append(thread)
        if len(_INSIDE) == 1:
            _FILTER.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
    try:
        yield
    finally:
        with _TURN:
            _INSIDE.remove(thread)
            if not _INSIDE:
                _FILTER.close()
