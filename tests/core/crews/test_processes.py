"""A crew of processes does every item once, whoever dies meanwhile, and stops when it is told to."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import active_children
from typing import TYPE_CHECKING

import pytest

from core.crews.here import work_here
from core.crews.processes import MOST_TRIES, usable_cores, work_in_processes
from core.crews.work import Ended
from tests.core.crews.pieces import Piece, do, ending_of_a_start, ignore, threads_of

if TYPE_CHECKING:
    from pathlib import Path


def test_a_crew_does_what_one_process_does(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, error="bad tile" if n == 2 else "") for n in range(5)]
    alone = list(work_here(do, pieces, ignore))
    shared = sorted(work_in_processes(do, pieces, 2, ignore), key=lambda ended: ended.number)
    assert shared == alone
    assert alone[2] == Ended(2, error="bad tile")
    assert [ended.result for ended in alone if ended.error is None] == [0, 2, 6, 8]
    assert not active_children()


def test_the_items_are_shared_among_other_processes(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, steps=20) for n in range(4)]
    assert len(list(work_in_processes(do, pieces, 2, ignore))) == 4
    workers = {path.read_text() for piece in pieces for path in piece.begun}
    assert len(workers) == 2
    assert str(os.getpid()) not in workers


def test_an_item_whose_worker_is_killed_is_given_to_another(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, deaths=1 if n == 1 else 0) for n in range(4)]
    ended = sorted(work_in_processes(do, pieces, 2, ignore), key=lambda e: e.number)
    assert [e.result for e in ended] == [0, 2, 4, 6]
    assert [len(piece.begun) for piece in pieces] == [1, 2, 1, 1]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_leaves_the_decision_to_the_crew(
    tmp_path: Path, told: signal.Signals
) -> None:
    piece = Piece(tmp_path, 3, deaths=1, death=told)
    assert [ended.result for ended in work_in_processes(do, [piece], 1, ignore)] == [6]
    assert len(piece.begun) == 1


def test_what_a_worker_starts_ends_at_a_signal_to_all_processes() -> None:
    told = [signal.SIGINT, signal.SIGTERM]
    assert [ended.result for ended in work_in_processes(ending_of_a_start, told, 1, ignore)] == [-2, -15]


def test_an_item_that_kills_every_worker_is_given_up_and_the_others_are_done(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, deaths=99 if n == 0 else 0) for n in range(3)]
    ended = sorted(work_in_processes(do, pieces, 2, ignore), key=lambda e: e.number)
    assert len(pieces[0].begun) == MOST_TRIES
    assert ended[0].error is not None
    assert "out of memory" in ended[0].error
    assert [e.result for e in ended[1:]] == [2, 4]


def test_an_unexpected_error_is_told_as_a_defect_and_the_others_are_done(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, error="defect" if n == 0 else "") for n in range(3)]
    ended = sorted(work_in_processes(do, pieces, 1, ignore), key=lambda e: e.number)
    assert ended[0].error is not None
    assert "(ZeroDivisionError). This is a defect of Firnline" in ended[0].error
    assert len(pieces[0].begun) == 1
    assert [e.result for e in ended[1:]] == [2, 4]


def test_nothing_more_is_begun_once_the_report_raises(tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, steps=400) for n in range(6)]

    def stop(_number: int, fraction: float) -> None:
        if fraction > 0:
            raise KeyboardInterrupt

    began_at = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(work_in_processes(do, pieces, 2, stop))
    assert time.monotonic() - began_at < 15  # a piece takes 20 s
    assert not active_children()
    assert sum(len(piece.begun) for piece in pieces) == 2


def test_progress_is_reported_for_each_item(tmp_path: Path) -> None:
    seen: dict[int, list[float]] = {0: [], 1: []}
    pieces = [Piece(tmp_path, n, steps=20) for n in range(2)]
    list(work_in_processes(do, pieces, 2, lambda number, fraction: seen[number].append(fraction)))
    assert all(max(fractions) > 0.3 for fractions in seen.values())


def test_workers_share_the_cores() -> None:
    wanted = str(max(1, usable_cores() // 2))
    before = os.environ.get("OMP_NUM_THREADS")
    assert [e.result for e in work_in_processes(threads_of, [0, 1], 2, ignore)] == [wanted, wanted]
    assert os.environ.get("OMP_NUM_THREADS") == before
