"""A crew on a Dask cluster: sends items to its workers, follows their progress, stops them.

Every wait has an end: a scheduler that cannot be reached, goes away or falls silent, and a cluster without
workers, become a sentence. Dask gives an item whose worker died to another one. An item that was begun is
never begun twice at once if its work holds a claim, and no worker begins one once it was told to stop.
"""

from __future__ import annotations

import logging
import pickle
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic
from uuid import uuid4

from core.crews.connecting import LOST, connected
from core.crews.work import WORKER_GB, Ended, Item, Report, Result, Work, defect, lost_worker
from core.errors import Cancelled, ClusterError, FirnlineError

if TYPE_CHECKING:
    from distributed import Client, Future, Worker

LOG = logging.getLogger(__name__)
SCHEDULER_VARIABLE = "FIRNLINE_SCHEDULER"
TOPIC = "firnline-progress"  # one for all: Dask keeps the last events of a topic, and topics for ever
ANSWER_S = 30.0  # a scheduler that is busy with ten thousand items still answers within a second
WORKERLESS_S = 180.0  # time for a killed worker to be started again, on a busy machine too
POLL_S = 0.5  # how long nothing may happen before `report` gets its chance to stop all
PULSE_S = 2.0  # how often the scheduler is asked for its workers
REPORT_S = 0.5  # a worker reports no more often
AHEAD = 1  # items waiting at the scheduler for each one in work, so that no worker waits for us

_stopped: set[str] = set()  # in a worker: the batches that were told to stop


def work_on_cluster(
    work: Work[Item, Result], items: Sequence[Item], address: str, report: Report
) -> Iterator[Ended[Result]]:
    """Share out the items among the workers of a Dask scheduler; how each ended, in the order they end.

    `work` and items must mean the same on the workers: the same Firnline, the same paths. When `report`
    raises, or the iterator is closed, what waits is taken back and the workers stop at their next report.

    Raises:
        ClusterError: Dask is not installed, the scheduler cannot be reached or went away, or there was no
            worker for three minutes.
    """
    if not items:
        return
    with connected(address, lambda: report(0, 0.0)) as client:
        batch = _Batch(client, address, work, items)
        try:
            yield from batch.run(report)
        finally:
            batch.stop()


@dataclass(slots=True, eq=False)
class _Batch(Generic[Item, Result]):
    client: Client
    address: str
    work: Work[Item, Result]
    items: Sequence[Item]
    name: str = field(default_factory=lambda: uuid4().hex)
    begun: int = 0
    futures: dict[int, Future[Any]] = field(default_factory=dict)
    fractions: dict[int, float] = field(default_factory=dict)
    said: queue.SimpleQueue[tuple[int, float | None]] = field(default_factory=queue.SimpleQueue)
    asked_at: float = 0.0
    workers_seen_at: float = field(default_factory=time.monotonic)
    lost: bool = False

    def run(self, report: Report) -> Iterator[Ended[Result]]:
        """Keep the workers busy until every item has ended."""
        self.client.subscribe_topic(TOPIC, self._hear)
        while self.begun < len(self.items) or self.futures:
            self._feel_pulse()
            for number in self._ended_or_reported():
                yield self._take_in(number)
            for number in self.futures:
                if number in self.fractions:
                    report(number, self.fractions[number])
            if not self.fractions:
                report(0, 0.0)

    def _hear(self, event: tuple[float, Any]) -> None:
        _, message = event
        if isinstance(message, dict) and message.get("batch") == self.name:
            self.said.put((message["number"], message["fraction"]))

    def _ended_or_reported(self) -> list[int]:
        """Take in all that was said meanwhile; the items that ended."""
        ended = []
        with suppress(queue.Empty):
            number, fraction = self.said.get(timeout=POLL_S)
            while True:
                if fraction is None:
                    ended.append(number)
                else:
                    self.fractions[number] = fraction
                number, fraction = self.said.get_nowait()
        return ended

    def _feel_pulse(self) -> None:
        """Ask the scheduler for its workers, and hand out as much as keeps them busy."""
        now = time.monotonic()
        if now - self.asked_at < PULSE_S:
            return
        try:
            threads = self.client.nthreads(callback_timeout=ANSWER_S)
        except LOST as error:
            raise self._gone() from error
        if self.client.status != "running":
            raise self._gone()
        self.asked_at = time.monotonic()
        if threads:
            self.workers_seen_at = self.asked_at
        elif self.asked_at - self.workers_seen_at > WORKERLESS_S:
            raise ClusterError(
                f"The Dask scheduler at {self.address} has had no worker for {WORKERLESS_S:.0f} s. Start "
                f"workers with 'dask worker {self.address} --nthreads 1 --memory-limit {WORKER_GB}GB', then "
                "run the same again."
            )
        self._hand_out(sum(threads.values()) * (1 + AHEAD))

    def _hand_out(self, wanted: int) -> None:
        while self.begun < len(self.items) and len(self.futures) < wanted:
            number = self.begun
            self.begun += 1
            packed = pickle.dumps((_on_worker, self.work, self.items[number], self.name, number))
            future = self.client.submit(_unpacking(), packed, key=f"firnline-{self.name}-{number}")
            self.futures[number] = future
            future.add_done_callback(lambda _future, number=number: self.said.put((number, None)))

    def _take_in(self, number: int) -> Ended[Result]:
        """How an item ended; there is room for the next one."""
        future = self.futures[number]
        if future.status in ("cancelled", "lost"):
            raise self._gone()
        try:
            # A worker that died after its last item takes the result along; then the item is done again.
            error = future.exception(timeout=WORKERLESS_S)
            ended = self._failed(number, error) if error else future.result(timeout=ANSWER_S)
        except LOST as failure:
            raise self._gone() from failure
        del self.futures[number]
        self._hand_out(len(self.futures) + 1)
        return ended

    def _failed(self, number: int, error: BaseException) -> Ended[Result]:
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            return Ended(number, error=lost_worker(error.allowed_failures + 1))
        if isinstance(error, ModuleNotFoundError):
            return Ended(
                number,
                error=f"A worker of the cluster lacks a part of Firnline ({error}). Start the workers with "
                "this version of Firnline and its folder in PYTHONPATH.",
            )
        LOG.error("A worker met a defect", exc_info=error)
        return Ended(number, error=defect(error))

    def _gone(self) -> ClusterError:
        self.lost = True
        return ClusterError(
            f"The Dask scheduler at {self.address} went away or answers no more. What was finished is kept. "
            "Start the scheduler and its workers, then run the same again."
        )

    def stop(self) -> None:
        """Take back what waits, then tell the workers to stop what is in work."""
        if self.lost or not self.futures:
            return
        with suppress(*LOST):
            self.client.cancel(list(self.futures.values()))
            self.client.run(_stop_on_worker, self.name, on_error="ignore", callback_timeout=ANSWER_S)


def _unpacking() -> Callable[[bytes], object]:
    """A function that unpacks work and does it, for workers alone.

    The scheduler unpickles what it is sent. It must not need Firnline for that, nor stand still for the
    seconds that importing it takes; a function within a function travels as its code, and bytes as they are.
    """

    def unpack(packed: bytes) -> object:
        from pickle import loads

        function, *arguments = loads(packed)  # noqa: S301 - from the client, who may send any code anyway
        return function(*arguments)

    return unpack


def _stop_on_worker(batch: str) -> None:
    _stopped.add(batch)


def _on_worker(work: Work[Item, Result], item: Item, batch: str, number: int) -> Ended[Result]:
    """Work on one item; a worker that was told to stop begins none."""
    from distributed import get_worker

    tell = _Telling(get_worker(), batch, number)
    try:
        tell(0.0)
        return Ended(number, work(item, tell))
    except FirnlineError as error:
        return Ended(number, error=str(error))


@dataclass(slots=True, eq=False)
class _Telling:
    """Tells the batch how far a worker is, through the scheduler."""

    worker: Worker
    batch: str
    number: int
    told_at: float = 0.0

    def __call__(self, fraction: float) -> None:
        if self.batch in _stopped:
            raise Cancelled("The one who asked for this work has stopped it.")
        now = time.monotonic()
        if now - self.told_at >= REPORT_S:
            self.told_at = now
            message = {"batch": self.batch, "number": self.number, "fraction": float(fraction)}
            self.worker.log_event(TOPIC, message)
