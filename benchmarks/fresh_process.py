"""Work in a process of its own, whose peak memory is nobody else's."""

from __future__ import annotations

import multiprocessing
import resource
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from benchmarks.figures import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
STATUS = Path("/proc/self/status")


def run_apart(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives in a fresh Python, and the peak resident memory of that process in GB.

    `work` and its result must be picklable. The modules that `work` imports count: keep them few.

    Raises:
        BrokenProcessPool: the process was killed, for want of memory for instance.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_watched, work).result()


def time_apart(work: Callable[[], object]) -> tuple[float, float]:
    """Wall time of `work` in seconds and peak memory in GB, in a fresh Python."""
    return run_apart(_Timed(work))


def peak_memory_gb() -> float:
    """The most resident memory that this process has had, GB (1e9 bytes)."""
    if STATUS.exists():
        # Not ru_maxrss: on Linux a child begins with the peak of the process that started it.
        line = next(line for line in STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e9
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e9


class _Timed:
    """`work` as one that gives its wall time; a class, because pickle takes no closures."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work

    def __call__(self) -> float:
        return seconds_of(self.work)


def _watched(work: Callable[[], T]) -> tuple[T, float]:
    result = work()
    return result, peak_memory_gb()
