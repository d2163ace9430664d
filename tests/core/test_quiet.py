"""The warning of rasters without a place stays away while any thread works with one."""

from __future__ import annotations

import threading
import warnings

import pytest
from rasterio.errors import NotGeoreferencedWarning

from core.quiet import may_lie_nowhere


def warn() -> None:
    warnings.warn("no place", NotGeoreferencedWarning, stacklevel=2)


def test_a_block_neither_waits_for_another_threads_nor_loses_its_quiet_to_it() -> None:
    entered, leave = threading.Event(), threading.Event()
    called: list[bool] = []

    def other() -> None:
        with may_lie_nowhere():
            entered.set()
            called.append(leave.wait(5))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        thread = threading.Thread(target=other)
        thread.start()
        assert entered.wait(30)
        with may_lie_nowhere():  # while the other is inside
            leave.set()
            thread.join(30)
            assert called == [True]
            warn()
        with pytest.raises(NotGeoreferencedWarning):
            warn()
