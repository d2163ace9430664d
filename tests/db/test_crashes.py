"""A process killed at any step of a save or a deletion leaves a history that is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import make_database
from db.history import History, open_history
from db.location import find_location

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")


def _crash(action: str, folder: Path) -> list[Path]:
    """Data folders, one a step that the process was killed at; in the last one it came through."""
    command = [sys.executable, "-m", "tests.db.crashing", action, str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=200)
    return sorted(folder.iterdir(), key=lambda place: int(place.name))


@pytest.fixture(scope="module")
def killed_saves(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return _crash("save", tmp_path_factory.mktemp("saves"))


@pytest.fixture(scope="module")
def killed_deletions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return _crash("delete", tmp_path_factory.mktemp("deletions"))


def _histories(places: list[Path]) -> Iterator[History]:
    for place in places:
        history = open_history(place)
        yield history
        history.close()


def _assert_whole(history: History) -> set[str]:
    """Each row has its folder and files, each folder its row, nothing is left over; the runs' words."""
    location = history.location
    ids = {record.id for record in history.list_runs()}
    assert {folder.name for folder in location.runs.iterdir()} == ids
    runs = [history.get_run(run_id) for run_id in ids]
    for stored in runs:
        for artifact in stored.run.artifacts:
            assert (stored.folder / artifact.name).stat().st_size == artifact.size_bytes
        if stored.input_kept:
            with history.open_input(stored.run.id) as tile:
                assert tile.sha256 == stored.run.tile.sha256
    assert list(location.pending.iterdir()) == []
    assert list(location.trash.iterdir()) == []
    assert [folder for folder in location.staging.iterdir() if folder.is_dir()] == []
    return {stored.run.versions.get("word", "before") for stored in runs}


def test_a_killed_save_never_leaves_a_row_that_points_at_nothing(killed_saves: list[Path]) -> None:
    for place in killed_saves:
        unswept = History(make_database(find_location(place)))
        for record in unswept.list_runs():
            assert (record.folder / "areas.csv").is_file(), place
        unswept.close()


def test_after_a_killed_save_the_run_is_there_as_a_whole_or_not_at_all(killed_saves: list[Path]) -> None:
    words = [_assert_whole(history) for history in _histories(killed_saves)]
    assert all({"before", "kept"} <= found for found in words)
    saved = ["crashed" in found for found in words]
    assert saved == sorted(saved)  # not saved up to some step, saved from there on
    assert not saved[0]
    assert saved[-1]


def test_after_a_killed_save_the_archive_has_no_input_without_a_run(killed_saves: list[Path]) -> None:
    assert {history.archive_size().unused_inputs for history in _histories(killed_saves)} == {0}


def test_after_a_killed_deletion_the_run_is_there_as_a_whole_or_not_at_all(
    killed_deletions: list[Path],
) -> None:
    words = [_assert_whole(history) for history in _histories(killed_deletions)]
    assert all("before" in found for found in words)
    left = ["kept" in found for found in words]
    assert left == sorted(left, reverse=True)
    assert left[0]
    assert not left[-1]
