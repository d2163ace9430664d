"""Jobs run one after the other, report, stop on demand and never vanish."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import TileError
from core.jobs import JobQueue, JobState, JobView
from core.types import OnProgress

SOON_S = 10.0


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    opened = JobQueue(kept_jobs=5)
    yield opened
    opened.close(SOON_S)


class Gate:
    """Work that says when it started and goes on, reporting, until it is let through."""

    def __init__(self, result: object = None) -> None:
        self.started = threading.Event()
        self.open = threading.Event()
        self.result = result

    def __call__(self, on_progress: OnProgress) -> object:
        self.started.set()
        while not self.open.wait(0.001):
            on_progress(0.5)
        return self.result


def _finished(queue: JobQueue, job_id: str) -> JobView:
    view = queue.wait(job_id, SOON_S)
    assert view is not None
    assert view.state.finished
    return view


def test_a_job_is_done_and_keeps_its_result(queue: JobQueue) -> None:
    view = _finished(queue, queue.submit("Tile a", lambda _report: ("id",)))
    assert (view.state, view.result, view.error, view.progress) == (JobState.DONE, ("id",), None, 1.0)
    assert view.label == "Tile a"
    assert view.submitted_at <= view.started_at <= view.finished_at


def test_jobs_run_one_at_a_time_in_the_order_they_came(queue: JobQueue) -> None:
    order: list[int] = []
    first = Gate()
    ids = [queue.submit("first", first)]
    ids += [queue.submit(str(n), lambda _report, n=n: order.append(n)) for n in range(3)]
    assert first.started.wait(SOON_S)
    assert [queue.view(job_id).position for job_id in ids] == [0, 1, 2, 3]
    assert [queue.view(job_id).state for job_id in ids] == ["running", "queued", "queued", "queued"]
    first.open.set()
    _finished(queue, ids[-1])
    assert order == [0, 1, 2]


@given(reports=st.lists(st.floats(), min_size=1, max_size=30))
@settings(deadline=None, max_examples=30)
def test_progress_never_falls_and_stays_within_bounds(reports: list[float]) -> None:
    queue = JobQueue()
    seen: list[float] = []

    def work(report: OnProgress) -> None:
        for fraction in reports:
            report(fraction)
            seen.append(queue.views()[0].progress)

    _finished(queue, queue.submit("x", work))
    queue.close(SOON_S)
    assert seen == sorted(seen)
    assert all(0 <= fraction <= 1 for fraction in seen)
    assert len(seen) == len(reports)


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(queue: JobQueue) -> None:
    gate, ran = Gate(), []
    running = queue.submit("running", gate)
    waiting = queue.submit("waiting", lambda _report: ran.append(1))
    last = queue.submit("last", lambda _report: None)
    assert gate.started.wait(SOON_S)
    queue.cancel(waiting)
    assert queue.view(waiting).state is JobState.CANCELLED
    assert queue.view(last).position == 1
    gate.open.set()
    _finished(queue, last)
    assert ran == []
    assert queue.view(running).state is JobState.DONE


def test_a_running_job_stops_at_its_next_report(queue: JobQueue) -> None:
    gate = Gate()
    job_id = queue.submit("long", gate)
    assert gate.started.wait(SOON_S)
    queue.cancel(job_id)
    view = _finished(queue, job_id)
    assert (view.state, view.result, view.error) == (JobState.CANCELLED, None, None)
    assert _finished(queue, queue.submit("next", lambda _report: 1)).result == 1


def test_work_that_is_finished_before_it_hears_of_the_cancel_is_done(queue: JobQueue) -> None:
    started, cancelled = threading.Event(), threading.Event()

    def deaf(_report: OnProgress) -> str:
        started.set()
        cancelled.wait(SOON_S)
        return "saved"

    job_id = queue.submit("deaf", deaf)
    assert started.wait(SOON_S)
    queue.cancel(job_id)
    assert queue.view(job_id).cancelling
    cancelled.set()
    view = _finished(queue, job_id)
    assert (view.state, view.result, view.cancelling) == (JobState.DONE, "saved", False)


def test_cancelling_what_is_finished_or_unknown_changes_nothing(queue: JobQueue) -> None:
    job_id = queue.submit("x", lambda _report: 1)
    _finished(queue, job_id)
    queue.cancel(job_id)
    queue.cancel("unknown")
    assert queue.view(job_id).state is JobState.DONE


def test_an_expected_error_is_shown_in_its_own_words(queue: JobQueue) -> None:
    def fail(_report: OnProgress) -> None:
        raise TileError("The tile has 4 bands.")

    view = _finished(queue, queue.submit("x", fail))
    assert (view.state, view.error) == (JobState.FAILED, "The tile has 4 bands.")


@pytest.mark.parametrize("error", [ZeroDivisionError("1 / 0"), SystemExit(3)])
def test_a_defect_is_a_plain_sentence_its_traceback_is_logged_and_the_worker_lives_on(
    queue: JobQueue, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def broken(_report: OnProgress) -> None:
        raise error

    with caplog.at_level(logging.ERROR):
        view = _finished(queue, queue.submit("broken tile", broken))
    assert view.state is JobState.FAILED
    assert type(error).__name__ in view.error
    assert "Traceback" not in view.error
    assert "in broken" in caplog.text
    assert _finished(queue, queue.submit("next", lambda _report: 1)).result == 1


def test_an_unknown_job_has_no_view(queue: JobQueue) -> None:
    assert queue.view("unknown") is None
    assert queue.wait("unknown", 0) is None


def test_only_the_last_finished_jobs_are_kept(queue: JobQueue) -> None:
    gate = Gate()
    ids = [queue.submit(str(n), lambda _report: None) for n in range(8)]
    running = queue.submit("running", gate)
    assert gate.started.wait(SOON_S)
    assert [view.id for view in queue.views()] == [*ids[3:], running]
    assert queue.view(ids[0]) is None
    gate.open.set()


def test_a_finished_job_lets_go_of_what_its_work_held(queue: JobQueue) -> None:
    gate = Gate()
    job_id = queue.submit("x", gate)
    gate.open.set()
    _finished(queue, job_id)
    held = weakref.ref(gate)
    del gate
    assert held() is None


def test_waiting_gives_up_when_the_time_is_over(queue: JobQueue) -> None:
    gate = Gate()
    job_id = queue.submit("x", gate)
    assert not queue.wait(job_id, 0.01).state.finished
    gate.open.set()


def test_closing_stops_everything_and_takes_no_more() -> None:
    queue = JobQueue()
    gate = Gate()
    ids = [queue.submit("running", gate), queue.submit("waiting", lambda _report: None)]
    assert gate.started.wait(SOON_S)
    queue.close(SOON_S)
    assert [queue.view(job_id).state for job_id in ids] == ["cancelled", "cancelled"]
    with pytest.raises(RuntimeError, match="closed"):
        queue.submit("late", lambda _report: None)
    assert not [thread for thread in threading.enumerate() if thread.name == "firnline-jobs"]


def test_closing_a_queue_that_never_worked_is_fine() -> None:
    JobQueue().close()


def test_many_threads_may_use_a_queue_at_once() -> None:
    queue = JobQueue(kept_jobs=1000)
    ids: list[str] = []

    def use(number: int) -> None:
        for n in range(20):
            job_id = queue.submit(f"{number}-{n}", lambda report: report(0.5))
            ids.append(job_id)
            if n % 3 == 0:
                queue.cancel(job_id)
            queue.views()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON_S)
    states = {_finished(queue, job_id).state for job_id in ids}
    queue.close(SOON_S)
    assert len(ids) == 160
    assert states <= {JobState.DONE, JobState.CANCELLED}
