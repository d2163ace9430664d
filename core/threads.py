"""Threads: how many the numerical libraries of a process may start, as its environment says."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATED = "OMP_NUM_THREADS"  # the variable that nearly all of them, and Firnline's own engine, go by
GDAL = "GDAL_NUM_THREADS"
VARIABLES = (STATED, "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", GDAL)
COUNT = re.compile("[0-9]{1,6}")  # `isdigit` also takes superscripts, which are no number to `int`


def stated_threads() -> int | None:
    """The threads that this process was given; None where nobody said."""
    given = os.environ.get(STATED, "")
    return int(given) or None if COUNT.fullmatch(given) else None


def gdal_threads() -> str:
    """The threads that GDAL may start, in its words: its own variable, else those stated, else all cores."""
    return os.environ.get(GDAL) or str(stated_threads() or "all_cpus")


@contextmanager
def threads_limited(threads: int) -> Iterator[None]:
    """An environment for a new process in which numerical libraries start no more threads than its share."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    os.environ.update(dict.fromkeys(VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
