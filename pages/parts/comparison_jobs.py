"""Comparisons as jobs: found again by their pair of runs, whoever asked for them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import FirnlineError
from core.measure.area_errors import Trust
from core.networks.versions import asked_of
from core.runs import Options
from core.types import part_of
from pages.parts.cached import comparison_jobs, history, job_queue, model_card, run_imports, stored_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.jobs import JobView
    from core.runs import Run
    from core.types import OnProgress
    from db.records import StoredRun

PATIENCE_S = 1.0  # small comparisons are done by then, and the page needs not be drawn twice

Pair = tuple[str, str]


def comparison_job(pair: Pair, label: str) -> JobView:
    """The job that compares two runs, which is queued unless one is under way or just failed."""
    return _job(("compare", *pair), label, _comparing(pair))


def repetition_job(pair: tuple[StoredRun, StoredRun], like: Run, label: str) -> JobView:
    """The job that runs both archived tiles again with the present weights, then compares them."""
    key = ("repeat", *(stored.run.id for stored in pair), like.id)
    return _job(key, label, _repeating(pair, like))


def running_repetition(pair: tuple[StoredRun, StoredRun], like: Run) -> JobView | None:
    """The job of `repetition_job`, if it was asked for in this process."""
    job_id = comparison_jobs().get(("repeat", *(stored.run.id for stored in pair), like.id))
    return job_queue().view(job_id) if job_id else None


def forget_job(job_id: str) -> None:
    """Let a failed job be tried again."""
    for key, known in list(comparison_jobs().items()):
        if known == job_id:
            del comparison_jobs()[key]


def repeated_runs(pair: tuple[StoredRun, StoredRun], like: Run) -> Pair | None:
    """The runs of both tiles with the present weights and the parameters of `like`; None without both.

    Raises:
        WeightsError: the card of the present weights cannot be read.
    """
    card = model_card(like.model)
    found = [history().find_run(asked_of(card, stored.run.key, _options(stored, like))) for stored in pair]
    return (found[0], found[1]) if found[0] and found[1] else None


def _options(stored: StoredRun, like: Run) -> Options:
    """The parameters of `like`; a stated pixel size belongs to its own tile."""
    chosen = like.options
    return Options(chosen.threshold, chosen.min_area_km2, stored.run.options.pixel_m, chosen.symmetries)


def _job(key: tuple[str, ...], label: str, work: Callable[[OnProgress], Pair]) -> JobView:
    known = comparison_jobs().get(key)
    view = job_queue().view(known) if known else None
    if view is None:
        job_id = job_queue().submit(label, work)
        comparison_jobs()[key] = job_id
        view = job_queue().wait(job_id, PATIENCE_S)
    if view is None:  # more jobs were finished since than the queue remembers
        return _job(key, label, work)
    return view


def _comparing(pair: Pair) -> Callable[[OnProgress], Pair]:
    store = history()

    def work(on_progress: OnProgress) -> Pair:
        run_imports().join()
        from db.comparing import compare_and_keep  # late: it imports much that no page shall wait for

        compare_and_keep(store, *pair, _trust_of, on_progress)
        return pair

    return work


def _repeating(pair: tuple[StoredRun, StoredRun], like: Run) -> Callable[[OnProgress], Pair]:
    store = history()

    def work(on_progress: OnProgress) -> Pair:
        run_imports().join()
        from db.comparing import compare_and_keep
        from db.repeating import repeat_run

        model = stored_model(like.model)
        ids = []
        for number, stored in enumerate(pair):
            part = part_of(on_progress, number, len(pair))
            ids.append(repeat_run(store, stored, model, _options(stored, like), part))
        compare_and_keep(store, ids[0], ids[1], _trust_of)  # brief beside the runs
        return ids[0], ids[1]

    return work


def _trust_of(run: Run) -> Trust:
    """What the card says of the weights that are shipped now; nothing is known of older ones."""
    try:
        card = model_card(run.model)
    except FirnlineError:
        return Trust()
    return Trust.of(card) if card.sha256 == run.weights_sha256 else Trust()
