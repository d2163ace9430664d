"""A crew of processes on this machine, each with its share of the cores.

A worker that is killed is replaced, and what it had in hand is given out again.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Generic

from core.crews.work import Ended, Item, Report, Result, Work, defect, lost_worker
from core.errors import Cancelled, FirnlineError
from core.threads import threads_limited

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from types import FrameType, TracebackType

LOG = logging.getLogger(__name__)
MOST_TRIES = 3  # an item that ends its worker this often is to blame itself
POLL_S = 0.5  # how long the crew may be silent before `report` gets its chance to stop all
REPORT_S = 0.2  # a worker reports no more often
LEAVE_S = 10.0  # a worker that was told to stop does so at its next report; then it is ended


def usable_cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def work_in_processes(
    work: Work[Item, Result], items: Sequence[Item], workers: int, report: Report
) -> Iterator[Ended[Result]]:
    """Share out the items among `workers` processes; how each ended, in the order they end.

    Every worker computes with the cores divided by the workers. When `report` raises, or the iterator is
    closed, the workers stop at their next report and nothing more is begun.
    """
    crew = _Crew(work, items, max(1, usable_cores() // workers))
    try:
        crew.hire(min(workers, len(items)))
        while crew.busy:
            yield from crew.step(report)
    finally:
        crew.dismiss()


@dataclass(slots=True, eq=False)
class _Hand:
    """One worker: its process, this end of its pipe, and the item that it has (None: none)."""

    process: SpawnProcess
    pipe: Connection
    number: int | None = None


@dataclass(slots=True, eq=False)
class _Crew(Generic[Item, Result]):
    work: Work[Item, Result]
    items: Sequence[Item]
    threads: int
    waiting: deque[int] = field(default_factory=deque)
    tries: dict[int, int] = field(default_factory=dict)
    fractions: dict[int, float] = field(default_factory=dict)
    hands: list[_Hand] = field(default_factory=list)

    def hire(self, workers: int) -> None:
        """Start the processes and give each an item."""
        self.waiting.extend(range(len(self.items)))
        self.hands += [_start(self.work, self.threads) for _ in range(workers)]
        for hand in self.hands:
            self._hand_out(hand)

    @property
    def busy(self) -> bool:
        """Whether any item is in work."""
        return any(hand.number is not None for hand in self.hands)

    def step(self, report: Report) -> Iterator[Ended[Result]]:
        """Take in what the workers said meanwhile; how items ended."""
        working = {hand.pipe: hand for hand in self.hands if hand.number is not None}
        ready = wait(list(working), POLL_S)
        for hand in (working[pipe] for pipe in ready):  # type: ignore[index]
            ended = self._listen(hand)
            if ended is not None:
                yield ended
        for number in [hand.number for hand in self.hands if hand.number is not None]:
            report(number, self.fractions.get(number, 0.0))

    def _listen(self, hand: _Hand) -> Ended[Result] | None:
        """What one worker said; when its item ended it gets the next one."""
        number = hand.number
        if number is None:
            return None
        try:
            said = hand.pipe.recv()
        except (EOFError, OSError):  # the other end is closed: the process is gone
            return self._replace(hand, number)
        if isinstance(said, float):
            self.fractions[number] = said
            return None
        hand.number = None
        self._hand_out(hand)
        result, error = said
        return Ended(number, result, error)

    def _hand_out(self, hand: _Hand) -> None:
        if not self.waiting:
            return
        number = self.waiting.popleft()
        hand.number = number
        self.tries[number] = self.tries.get(number, 0) + 1
        with suppress(OSError):  # a dead worker is noticed when it is listened to
            hand.pipe.send(self.items[number])

    def _replace(self, hand: _Hand, number: int) -> Ended[Result] | None:
        """A new worker in the place of a dead one; its item goes out again, or ends."""
        hand.pipe.close()
        hand.process.join()
        new = _start(self.work, self.threads)
        hand.process, hand.pipe, hand.number = new.process, new.pipe, None
        given_up = self.tries[number] >= MOST_TRIES
        if not given_up:
            self.waiting.appendleft(number)
        self._hand_out(hand)
        return Ended(number, error=lost_worker(MOST_TRIES)) if given_up else None

    def dismiss(self) -> None:
        """End all workers: those at work at their next report, or by force when that takes too long."""
        for hand in self.hands:
            hand.pipe.close()
        deadline = time.monotonic() + LEAVE_S
        for hand in self.hands:
            hand.process.join(max(0.0, deadline - time.monotonic()))
            if hand.process.is_alive():
                hand.process.kill()
                hand.process.join()
            hand.process.close()


def _start(work: Work[Any, Any], threads: int) -> _Hand:
    context = get_context("spawn")  # a fork of a process with threads may hang
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, work), name="firnline-worker", daemon=True)
    with threads_limited(threads):
        process.start()
    there.close()  # so that the death of the worker closes the last one
    return _Hand(process, here)


def _serve(pipe: Connection, work: Work[Any, Any]) -> None:
    """What a worker does all its life: take an item, work on it, say how it ended."""
    for told in (signal.SIGINT, signal.SIGTERM):  # they reach all processes of a group; the crew decides
        signal.signal(told, _leave_it_to_the_crew)  # SIG_IGN would be inherited by what the work starts
    with suppress(EOFError, OSError):  # the crew is gone
        while True:
            item = pipe.recv()
            pipe.send(_result_or_error(work, item, pipe))


def _leave_it_to_the_crew(_told: int, _frame: FrameType | None) -> None:
    """Go on."""


def _result_or_error(
    work: Work[Item, Result], item: Item, pipe: Connection
) -> tuple[Result | None, str | None]:
    """What came of an item; without it, why."""
    unexpected: list[Exception] = []
    failing: ExitStack[bool] = ExitStack()  # one that may hold an error back
    with failing:
        failing.push(partial(_keep, unexpected))
        try:
            return work(item, _Telling(pipe)), None
        except FirnlineError as error:
            return None, str(error)
    LOG.error("A worker met a defect", exc_info=unexpected[0])
    return None, defect(unexpected[0])


def _keep(
    unexpected: list[Exception],
    _kind: type[BaseException] | None,
    error: BaseException | None,
    _trace: TracebackType | None,
) -> bool:
    """Take in what nobody expected; a lack of memory ends the worker, and is told as such."""
    if not isinstance(error, Exception) or isinstance(error, MemoryError):
        return False
    unexpected.append(error)
    return True


@dataclass(slots=True, eq=False)
class _Telling:
    """Tells the crew how far the work is."""

    pipe: Connection
    told_at: float = 0.0

    def __call__(self, fraction: float) -> None:
        now = time.monotonic()
        if now - self.told_at < REPORT_S:
            return
        self.told_at = now
        try:
            self.pipe.send(float(fraction))
        except OSError:
            raise Cancelled("The command that this worker belongs to has ended.") from None
