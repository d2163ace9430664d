"""The history keeps runs and gives them back equal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.history import History, open_history
from tests.db.runs import make_run, stage_run


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    opened = open_history(tmp_path / "data")
    yield opened
    opened.close()


def test_a_saved_run_comes_back_equal(history: History, tmp_path: Path) -> None:
    run = make_run()
    record = history.save_run(run, stage_run(tmp_path / "staged", run), site="Lahaul", note="first")
    stored = history.get_run(run.id)
    assert stored.run == run
    assert (stored.site, stored.note) == ("Lahaul", "first")
    assert history.list_runs() == (record,)
    assert stored.path("areas").read_bytes()
