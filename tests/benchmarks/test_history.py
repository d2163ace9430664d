"""The history that is timed holds what it says, and every run of it is in the CSV."""

from __future__ import annotations

from pathlib import Path

from benchmarks.history import fill, store_figures
from db.filters import RunFilter
from db.history import open_history


def test_a_filled_history_lists_its_runs_and_writes_them_all(tmp_path: Path) -> None:
    fill(tmp_path / "data", 60, seed=1)
    store = open_history(tmp_path / "data")
    assert store.count_runs() == 60
    assert store.count_runs(RunFilter(site="Simulated site 0")) == 2  # the first and the fifty-first
    assert len(store.get_run(store.list_runs(limit=1)[0].id).run.artifacts) == 12
    queries, table = store_figures(store, repeats=1)
    store.close()
    assert table.how.startswith("121 lines")
    assert (queries.verdict, table.verdict) == ("", "met")
