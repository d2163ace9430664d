"""A comparison is kept for its pair of runs, and goes with either of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import HistoryError
from core.export.comparisons import RECORD_FILE
from db.history import History
from tests.db.runs import make_run, save_run


def keep(history: History, before: str, after: str, text: str = "{}") -> Path:
    with history.staging() as folder:
        staged = folder / "comparison"
        staged.mkdir()
        (staged / RECORD_FILE).write_text(text)
        return history.keep_comparison(before, after, staged)


def test_a_kept_comparison_is_found_by_its_pair_in_this_order(local_history: History) -> None:
    one, other = (save_run(local_history, make_run()).id for _ in range(2))
    assert local_history.find_comparison(one, other) is None
    folder = keep(local_history, one, other)
    assert local_history.find_comparison(one, other) == folder
    assert local_history.find_comparison(other, one) is None


def test_a_newer_comparison_takes_the_place_of_the_older(local_history: History) -> None:
    one, other = (save_run(local_history, make_run()).id for _ in range(2))
    keep(local_history, one, other)
    assert (keep(local_history, one, other, "new") / RECORD_FILE).read_text() == "new"


def test_a_comparison_goes_with_either_of_its_runs(local_history: History) -> None:
    one, other, third = (save_run(local_history, make_run()).id for _ in range(3))
    keep(local_history, one, other)
    keep(local_history, third, one)
    keep(local_history, other, third)
    local_history.delete_runs([one])
    assert local_history.find_comparison(one, other) is None
    assert local_history.find_comparison(third, one) is None
    assert local_history.find_comparison(other, third) is not None


def test_a_run_that_was_deleted_meanwhile_keeps_no_comparison(local_history: History) -> None:
    one, other = (save_run(local_history, make_run()).id for _ in range(2))
    local_history.delete_runs([other])
    with pytest.raises(HistoryError, match="deleted meanwhile"):
        keep(local_history, one, other)


@pytest.mark.parametrize("bad", ["../x", "a_b", "", "a/b"])
def test_what_is_no_id_never_becomes_a_path(local_history: History, bad: str) -> None:
    with pytest.raises(HistoryError, match="no id of a run"):
        local_history.find_comparison(bad, "a")
