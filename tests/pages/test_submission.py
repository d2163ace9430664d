"""With FIRNLINE_SCHEDULER set the app's worker sends tiles to a Dask cluster and follows them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from core.crews import connecting
from core.jobs import JobState, JobView
from core.runs import Options
from core.tiles.files import NOTHING_STATED
from core.tiles.grouping import group_files
from core.types import BANDS
from pages.parts import cached
from pages.parts.run_options import RunChoices
from pages.parts.submission import submit
from pages.parts.tile_choice import Candidate
from tests.core.crews.clusters import local_cluster
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 200.0
CHOICES = RunChoices(("binary",), Options(), "Drang", "from the cluster", keep_input=True)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with local_cluster(workers=1) as address:
        yield address


@pytest.fixture(autouse=True)
def empty_caches() -> Iterator[None]:
    st.cache_resource.clear()
    yield
    cached.job_queue().close(WAIT_S)
    cached.history().close()
    st.cache_resource.clear()


def _candidate(folder: Path, size: int = 48) -> Candidate:
    path = write_tile(folder / "tile.tif", level2_numbers(size, size), descriptions=BANDS)
    return Candidate(group_files([path]).tiles[0], NOTHING_STATED, None, None)


def _ended(job_id: str) -> JobView:
    view = cached.job_queue().wait(job_id, WAIT_S)
    assert view is not None
    assert view.state.finished
    return view


def test_a_tile_that_was_sent_is_in_the_history(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRNLINE_SCHEDULER", scheduler)
    tile = _candidate(tmp_path)
    first, second = [_ended(job) for job in submit([tile, tile], CHOICES)]
    assert (first.state, second.state) == (JobState.DONE, JobState.DONE), (first.error, second.error)
    assert first.result != second.result  # who presses Run again wants a run again
    stored = cached.history().get_run(first.result[0])
    assert (stored.site, stored.note, stored.input_kept) == ("Drang", "from the cluster", True)


def test_a_tile_that_was_sent_can_be_cancelled(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRNLINE_SCHEDULER", scheduler)
    (job,) = submit([_candidate(tmp_path, size=2200)], CHOICES)
    deadline = time.monotonic() + WAIT_S
    while cached.job_queue().view(job).progress == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert cached.job_queue().view(job).progress > 0  # the worker reported from its process
    cached.job_queue().cancel(job)
    assert _ended(job).state is JobState.CANCELLED
    (after,) = submit([_candidate(tmp_path / "after")], CHOICES)  # the cluster's only worker is free again
    assert _ended(after).state is JobState.DONE
    assert cached.history().count_runs() == 1


def test_a_scheduler_that_is_not_there_fails_the_job_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "CONNECT_S", 1.0)
    monkeypatch.setenv("FIRNLINE_SCHEDULER", "tcp://127.0.0.1:9")
    view = _ended(submit([_candidate(tmp_path)], CHOICES)[0])
    assert view.state is JobState.FAILED
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in (view.error or "")


def test_a_blank_address_is_none_and_a_malformed_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRNLINE_SCHEDULER", " ")
    blank = _ended(submit([_candidate(tmp_path)], CHOICES)[0])
    assert blank.state is JobState.DONE, blank.error
    monkeypatch.setenv("FIRNLINE_SCHEDULER", "tcp://scheduler")
    view = _ended(submit([_candidate(tmp_path / "second")], CHOICES)[0])
    assert view.state is JobState.FAILED
    assert (view.error or "").startswith("FIRNLINE_SCHEDULER is 'tcp://scheduler', which is no address")
