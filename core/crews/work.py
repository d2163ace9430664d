"""Work that travels to other processes: what it is, how its progress is reported, how each piece ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.types import OnProgress

Item = TypeVar("Item")
Result = TypeVar("Result")

Work = Callable[[Item, OnProgress], Result]  # a function of a module: it is found by its name elsewhere
Report = Callable[[int, float], object]  # called with an item's number and 0..1; may raise to stop all

WORKER_GB = 3  # a scene takes about 2 GB at its peak, and Dask pauses a worker at 80 % of its limit


@dataclass(frozen=True, slots=True)
class Ended(Generic[Result]):
    """How the work on one item ended: with a result, or with an error as a sentence for the user."""

    number: int
    result: Result | None = None
    error: str | None = None


def lost_worker(tries: int) -> str:
    """The sentence for an item whose workers were ended under it as often as is tried."""
    return (
        f"The worker was ended {tries} times while it had this tile: killed, or out of memory. Give each "
        f"worker {WORKER_GB} GB or start fewer of them, then run the same command again. Dask ends a worker "
        f"at 95 % of its limit, so start 'dask worker' with --memory-limit {WORKER_GB}GB."
    )


def defect(error: BaseException) -> str:
    """The sentence for an error that nobody expected."""
    return (
        f"Something unexpected went wrong ({type(error).__name__}). This is a defect of Firnline: the "
        "details are in the worker's log; please report them."
    )
