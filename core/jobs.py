"""The background worker: one thread that takes jobs in the order they came, with progress and cancel.

One worker with all cores is as fast as several, and the queue keeps memory bounded. A job outlives the
browser tab that asked for it; its view is found again by its id.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Any
from uuid import uuid4

from core.errors import Cancelled, FirnlineError
from core.runs import utc_now
from core.types import OnProgress

LOG = logging.getLogger(__name__)
KEPT_JOBS = 200  # finished jobs whose result can still be asked for; a result is a few run ids


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it stood when asked for.

    `position`: jobs to be finished before this one starts, 0 once it runs. `progress`: 0..1, never falling.
    `result`: what the work returned, once done. `error`: a sentence for the user, once failed.
    `cancelling`: it was asked to stop and will at its next step.
    """

    id: str
    label: str
    state: JobState
    position: int
    progress: float
    result: Any
    error: str | None
    cancelling: bool
    submitted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobQueue:
    """A queue with one worker thread, started by the first job. Safe to use from any thread."""

    def __init__(self, kept_jobs: int = KEPT_JOBS) -> None:
        self._kept_jobs = kept_jobs
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._waiting: deque[_Job] = deque()
        self._running: _Job | None = None
        self._worker: threading.Thread | None = None
        self._closed = False

    def submit(self, label: str, work: Callable[[OnProgress], object]) -> str:
        """Queue work; the job's id. `label` tells the user what it is.

        `work` gets a function to report its progress to (0..1), which raises `Cancelled` once the user
        stopped the job.

        Raises:
            RuntimeError: the queue was closed.
        """
        with self._changed:
            if self._closed:
                raise RuntimeError("the queue was closed; no job can be added")
            job = _Job(label, work)
            self._jobs[job.id] = job
            self._waiting.append(job)
            if self._worker is None:
                self._worker = threading.Thread(target=self._serve, name="firnline-jobs", daemon=True)
                self._worker.start()
            self._changed.notify_all()
        return job.id

    def view(self, job_id: str) -> JobView | None:
        """The job as it stands now; None for an unknown id or one that was finished long ago."""
        with self._changed:
            job = self._jobs.get(job_id)
            return self._view(job) if job else None

    def views(self) -> tuple[JobView, ...]:
        """All known jobs in the order they came."""
        with self._changed:
            return tuple(map(self._view, self._jobs.values()))

    def wait(self, job_id: str, timeout_s: float | None = None) -> JobView | None:
        """The job once it is finished, or as it stands when the time is up."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            self._changed.wait_for(lambda: job.state.finished, timeout_s)
            return self._view(job)

    def cancel(self, job_id: str) -> None:
        """Stop a job: one that waits at once, one that runs at its next report of progress.

        A job that is finished or unknown is left alone.
        """
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None or job.state.finished:
                return
            job.cancelling = True
            if job.state is JobState.QUEUED:
                self._waiting.remove(job)
                self._finish(job, JobState.CANCELLED)

    def close(self, timeout_s: float | None = None) -> None:
        """Cancel everything and wait for the worker to end."""
        with self._changed:
            self._closed = True
            for job in list(self._jobs.values()):
                self.cancel(job.id)
            self._changed.notify_all()
        if self._worker is not None:
            self._worker.join(timeout_s)

    def _serve(self) -> None:
        while (job := self._next()) is not None:
            ending = _Ending(job)
            with ending:
                job.result = job.work(job.report)
            with self._changed:
                self._running = None
                self._finish(job, ending.state)

    def _next(self) -> _Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return None
            job = self._running = self._waiting.popleft()
            job.state, job.started_at = JobState.RUNNING, utc_now()
            return job

    def _finish(self, job: _Job, state: JobState) -> None:
        if state is JobState.DONE:
            job.progress = 1.0
        job.finished_at, job.work, job.state = utc_now(), _no_work, state
        finished = [known for known in self._jobs.values() if known.state.finished]
        for known in finished[: max(0, len(finished) - self._kept_jobs)]:
            del self._jobs[known.id]
        self._changed.notify_all()

    def _view(self, job: _Job) -> JobView:
        position = 0
        if job.state is JobState.QUEUED:
            position = self._waiting.index(job) + (self._running is not None)
        return JobView(
            id=job.id,
            label=job.label,
            state=job.state,
            position=position,
            progress=job.progress,
            result=job.result,
            error=job.error,
            cancelling=job.cancelling and not job.state.finished,
            submitted_at=job.submitted_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


@dataclass(slots=True, eq=False)
class _Job:
    label: str
    work: Callable[[OnProgress], object]
    id: str = field(default_factory=lambda: uuid4().hex)
    state: JobState = JobState.QUEUED
    progress: float = 0.0
    cancelling: bool = False
    result: Any = None
    error: str | None = None
    submitted_at: datetime = field(default_factory=utc_now)
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def report(self, fraction: float) -> None:
        """Note the progress; called often, so it takes no lock."""
        if self.cancelling:
            raise Cancelled(f"'{self.label}' was stopped by the user.")
        if fraction > self.progress:
            self.progress = min(float(fraction), 1.0)


class _Ending:
    """How the work in the block ended; nothing leaves the block, for the worker must live on."""

    def __init__(self, job: _Job) -> None:
        self.job = job
        self.state = JobState.DONE

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None or kind is None:
            return True
        if isinstance(error, Cancelled):
            self.state = JobState.CANCELLED
            return True
        self.state = JobState.FAILED
        if isinstance(error, FirnlineError):
            self.job.error = str(error)
            LOG.info("Job '%s' failed: %s", self.job.label, error)
        else:
            self.job.error = (
                f"Something unexpected went wrong ({kind.__name__}). This is a defect of Firnline: the "
                "details are in its log; please report them."
            )
            LOG.error("Job '%s' met a defect", self.job.label, exc_info=(kind, error, trace))
        return True


def _no_work(_on_progress: OnProgress) -> None:
    """Stand in for finished work, so that what it held is freed."""
