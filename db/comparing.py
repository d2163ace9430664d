"""Comparing two runs of the history and keeping what came out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core.comparison import ComparedRun, compare_runs
from core.measure.area_errors import Trust
from core.runs import Run
from core.types import OnProgress, ignore_progress
from db.history import History

TrustOf = Callable[[Run], Trust]


def no_trust_known(_run: Run) -> Trust:
    """Stand in where no card tells how far probabilities can be trusted."""
    return Trust()


def compare_and_keep(
    history: History,
    before: str,
    after: str,
    trust_of: TrustOf = no_trust_known,
    on_progress: OnProgress = ignore_progress,
) -> Path:
    """The folder of the comparison of two runs, which is made unless it is kept already.

    Raises:
        HistoryError: the history has no such run, or the disk refuses.
        ComparisonError: the two cannot be compared.
        FirnlineError: a result cannot be read or written.
    """
    kept = history.find_comparison(before, after)
    if kept is not None:
        return kept
    pair = [history.get_run(run_id) for run_id in (before, after)]
    one, other = (ComparedRun(stored.run, stored.folder, trust_of(stored.run)) for stored in pair)
    with history.staging() as folder:
        staged = folder / "comparison"
        staged.mkdir()
        compare_runs(one, other, staged, on_progress)
        return history.keep_comparison(before, after, staged)
