"""Sweeping removes what killed processes left, and nothing else."""

from __future__ import annotations

import os
import time

from db.files import locked
from db.history import History
from tests.db.runs import make_run, save_run, stage_run


def test_the_staging_folder_of_a_living_process_is_left_alone(local_history: History) -> None:
    with local_history.staging() as folder:
        (folder / "half.tif").write_text("in the making")
        local_history.sweep()
        assert (folder / "half.tif").is_file()
    assert list(local_history.location.staging.iterdir()) == []


def test_a_staging_folder_without_an_owner_goes(local_history: History) -> None:
    left = local_history.location.staging / "left"
    left.mkdir()
    (left / "half.tif").write_text("never finished")
    local_history.sweep()
    assert list(local_history.location.staging.iterdir()) == []


def test_a_lock_that_no_living_process_holds_goes_without_its_folder(local_history: History) -> None:
    staging = local_history.location.staging
    (staging / "left.lock").write_text("")
    (staging / "mine.txt").write_text("no lock")
    with locked(staging / "held.lock"):
        local_history.sweep()
        assert {path.name for path in staging.iterdir()} == {"held.lock", "mine.txt"}


def test_a_noted_folder_without_a_row_goes(local_history: History) -> None:
    location = local_history.location
    run = make_run()
    stage_run(location.runs / run.id, run)
    (location.pending / run.id).write_text("")
    local_history.sweep()
    assert list(location.runs.iterdir()) == []
    assert list(location.pending.iterdir()) == []


def test_a_folder_without_a_row_and_without_a_note_stays_for_it_may_be_another_databases(
    local_history: History,
) -> None:
    run = make_run()
    folder = stage_run(local_history.location.runs / run.id, run)
    local_history.sweep()
    assert (folder / "areas.csv").is_file()


def test_a_folder_in_the_trash_comes_back_when_its_row_is_still_there(local_history: History) -> None:
    location = local_history.location
    run = make_run()
    save_run(local_history, run)
    (location.runs / run.id).rename(location.trash / run.id)
    stage_run(location.trash / "deleted-for-good", run)
    local_history.sweep()
    assert local_history.get_run(run.id).path("areas").is_file()
    assert list(location.trash.iterdir()) == []


def test_nothing_is_swept_while_another_process_saves(local_history: History) -> None:
    location = local_history.location
    run = make_run()
    stage_run(location.runs / run.id, run)
    (location.pending / run.id).write_text("")
    with locked(location.lock):
        local_history.sweep()
    assert (location.runs / run.id).is_dir()


def test_uploads_go_after_a_week(local_history: History) -> None:
    old, new = local_history.upload_folder(), local_history.upload_folder()
    (old / "B2.tif").write_text("x")
    week_ago = time.time() - 8 * 86_400
    os.utime(old, (week_ago, week_ago))
    local_history.sweep()
    assert not old.exists()
    assert new.exists()
