"""Deleting takes rows and folders, both or neither."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.errors import HistoryError
from db import deleting
from db.history import History
from tests.db.runs import make_run, open_tiny_tile, run_of_tile, save_run


def _table_sizes(history: History) -> dict[str, int | None]:
    with history._database.engine.connect() as connection:
        return {
            table: connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()  # noqa: S608
            for table in ("run", "tile", "class_area", "artifact")
        }


def test_a_deleted_run_leaves_no_row_and_no_file(history: History) -> None:
    run, other = make_run(), make_run(model="multiclass")
    save_run(history, run)
    save_run(history, other)
    assert history.delete_runs([run.id]).runs == 1
    assert [record.id for record in history.list_runs()] == [other.id]
    assert [folder.name for folder in history.location.runs.iterdir()] == [other.id]
    assert list(history.location.trash.iterdir()) == []
    history.delete_runs([other.id])
    assert set(_table_sizes(history).values()) == {0}


def test_deleting_what_is_gone_already_counts_for_nothing(history: History) -> None:
    run = make_run()
    save_run(history, run)
    history.delete_runs([run.id])
    assert history.delete_runs([run.id, "never-there"]).runs == 0


def test_many_runs_go_at_once(local_history: History) -> None:
    runs = [make_run() for _ in range(12)]
    for run in runs:
        save_run(local_history, run)
    ids = [run.id for run in runs] + [f"gone-{n}" for n in range(1200)]
    assert local_history.delete_runs(ids).runs == 12
    assert list(local_history.location.runs.iterdir()) == []


def test_a_run_whose_folder_was_lost_can_be_deleted(history: History) -> None:
    run = make_run()
    save_run(history, run)
    shutil.rmtree(history.location.runs / run.id)
    assert history.delete_runs([run.id]).runs == 1
    assert history.count_runs() == 0


def test_a_folder_that_cannot_be_moved_keeps_all_rows_and_folders(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [make_run(), make_run()]
    for run in runs:
        save_run(history, run)
    move, moved = deleting.move_folder, []

    def move_one(source: Path, target: Path) -> None:
        if target.parent == history.location.trash and moved:
            raise PermissionError(13, "in use")
        moved.append(source)
        move(source, target)

    monkeypatch.setattr(deleting, "move_folder", move_one)
    with pytest.raises(HistoryError, match="may not write"):
        history.delete_runs([run.id for run in runs])
    for run in runs:
        assert history.get_run(run.id).path("areas").is_file()


def test_a_kept_input_stays_until_its_last_run_goes_and_the_user_drops_it(
    history: History, tmp_path: Path
) -> None:
    with open_tiny_tile(tmp_path / "tile.tif") as tile:
        first, second = run_of_tile(tile), run_of_tile(tile)
        save_run(history, first, keep=tile)
        save_run(history, second, keep=tile)
    assert history.delete_runs([first.id], drop_unused_inputs=True).inputs == 0
    assert history.get_run(second.id).input_kept
    assert history.delete_runs([second.id]).inputs == 0
    size = history.archive_size()
    assert (size.inputs, size.unused_inputs) == (1, 1)
    assert size.unused_bytes == size.size_bytes > 0
    assert history.drop_unused_inputs() == 1
    assert history.archive_size().inputs == 0


def test_the_last_run_takes_its_input_along_on_demand(history: History, tmp_path: Path) -> None:
    with (
        open_tiny_tile(tmp_path / "a.tif", seed=1) as tile,
        open_tiny_tile(tmp_path / "b.tif", seed=2) as idle,
    ):
        run = run_of_tile(tile)
        save_run(history, run, keep=tile)
        history.keep_tile(idle)  # another input without runs is not touched
    assert history.delete_runs([run.id], drop_unused_inputs=True).inputs == 1
    assert history.archive_size().inputs == 1
