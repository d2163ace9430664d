"""A batch from its first tile to its last: who does the work, and what came of it so far."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from batch.doubles import with_doubles_told
from batch.planning import Failure, Plan
from batch.work import Product, Settings, TileOrder, finish, map_tile
from core.crews.cluster import work_on_cluster
from core.crews.here import work_here
from core.crews.processes import work_in_processes
from core.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from core.crews.work import Ended, Report

EXIT_SOME_FAILED = 1
EXIT_CLUSTER_GONE = 3
EXIT_INTERRUPTED = 130  # as shells say it


@dataclass(frozen=True, slots=True)
class Crew:
    """Who maps the tiles: this process, several on this machine, or the workers of a Dask scheduler."""

    workers: int = 1
    scheduler: str | None = None

    def work(self, orders: Sequence[TileOrder], report: Report) -> Iterator[Ended[tuple[Product, ...]]]:
        """Map every tile; how each ended.

        Raises:
            ClusterError: the Dask cluster cannot be used, or went away.
        """
        if self.scheduler:
            return work_on_cluster(map_tile, orders, self.scheduler, report)
        if self.workers > 1:
            return work_in_processes(map_tile, orders, self.workers, report)
        return work_here(map_tile, orders, report)


@dataclass(slots=True)
class Outcome:
    """What a batch came to.

    `stopped`: why it ended before its last tile, empty when it did not. `left`: tiles that it had not come to
    the end of.
    """

    products: list[Product] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    stopped: str = ""
    exit_status: int = 0
    left: int = 0


def run_batch(plan: Plan, settings: Settings, crew: Crew, console: Console) -> Outcome:
    """Map every tile of the plan, showing one bar over all of them."""
    outcome = Outcome(failures=list(plan.failures))
    orders = [TileOrder(planned, settings) for planned in plan.tiles]
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with _ending_politely(), Progress(*columns, console=console) as progress:
        board = _Board(progress, [planned.files.name for planned in plan.tiles])
        try:
            for ended in crew.work(orders, board.report):
                board.end(ended.number)
                if ended.result is None:
                    name = plan.tiles[ended.number].files.name
                    outcome.failures.append(Failure(name, ended.error or "no reason was given"))
                else:
                    outcome.products += ended.result
        except ClusterError as error:
            outcome.stopped, outcome.exit_status = str(error), EXIT_CLUSTER_GONE
        except KeyboardInterrupt:
            outcome.stopped = "Interrupted. Run the same command again to go on with the rest."
            outcome.exit_status = EXIT_INTERRUPTED
    finish(settings)
    outcome.products = with_doubles_told(outcome.products)
    outcome.left = len(orders) - board.done
    if outcome.failures and not outcome.stopped:
        outcome.exit_status = EXIT_SOME_FAILED
    return outcome


@contextmanager
def _ending_politely() -> Iterator[None]:
    """Let SIGTERM, which job schedulers and `timeout` send, end the batch as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Board:
    """The bar: how far all tiles together are, and which one was heard of last. `done`: tiles that ended."""

    def __init__(self, progress: Progress, names: Sequence[str]) -> None:
        self._progress = progress
        self._names = names
        self._fractions = dict.fromkeys(range(len(names)), 0.0)
        self.done = 0
        self._bar = progress.add_task("Tiles", total=max(1, len(names)))

    def report(self, number: int, fraction: float) -> None:
        """Take in how far a tile is."""
        self._fractions[number] = max(self._fractions[number], fraction)
        self._progress.update(
            self._bar,
            completed=sum(self._fractions.values()),
            description=f"{self.done}/{len(self._names)} {self._names[number]}",
        )

    def end(self, number: int) -> None:
        """Count a tile as done, well or badly."""
        self.done += 1
        self.report(number, 1.0)
