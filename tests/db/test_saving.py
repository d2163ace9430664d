"""A save that fails leaves the history and the staged folder as they were."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import HistoryError
from core.runs import Artifact
from db import files, saving
from db.history import History
from tests.db.runs import make_facts, make_run, open_tiny_tile, run_of_tile, save_run, stage_run


def _assert_empty(history: History) -> None:
    assert history.count_runs() == 0
    for place in (history.location.runs, history.location.tiles, history.location.pending):
        assert list(place.iterdir()) == []


def test_a_missing_file_is_named_and_nothing_is_saved(history: History, tmp_path: Path) -> None:
    run = make_run()
    with pytest.raises(HistoryError, match=r"'areas\.csv'"):
        history.save_run(run, tmp_path)
    _assert_empty(history)


def test_an_artifact_outside_the_folder_is_refused(history: History, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    run = make_run(artifacts=(Artifact("areas", "../secret", "0" * 64, 1),))
    staged = tmp_path / "staged"
    staged.mkdir()
    with pytest.raises(HistoryError, match="does not hold"):
        history.save_run(run, staged)


@pytest.mark.parametrize("run_id", ["", "../up", "a/b", "x" * 37])
def test_an_id_that_cannot_name_a_folder_is_refused(history: History, tmp_path: Path, run_id: str) -> None:
    run = make_run(id=run_id)
    with pytest.raises(HistoryError, match="cannot be the id"):
        history.save_run(run, stage_run(tmp_path / "staged", run))


def test_an_id_is_taken_once(history: History, tmp_path: Path) -> None:
    run = make_run()
    save_run(history, run)
    staged = stage_run(tmp_path / "again", run)
    with pytest.raises(HistoryError, match="already has a run"):
        history.save_run(run, staged)
    assert (staged / "areas.csv").is_file()
    assert history.count_runs() == 1


def test_a_database_that_refuses_gives_the_staged_folder_back(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tile = open_tiny_tile(tmp_path / "tile.tif")
    run = run_of_tile(tile)
    staged = stage_run(tmp_path / "staged", run)

    def refuse(*_args: object) -> None:
        raise HistoryError("no")

    monkeypatch.setattr(saving, "_insert", refuse)
    with tile, pytest.raises(HistoryError):
        history.save_run(run, staged, keep=tile)
    assert (staged / "areas.csv").is_file()
    _assert_empty(history)
    monkeypatch.undo()
    history.save_run(run, staged)
    assert history.get_run(run.id).run == run


def test_a_commit_that_only_seemed_to_fail_keeps_row_and_folder(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    database = history._database
    begin = type(database._writers).begin

    class Broken:
        def __init__(self, inner: object) -> None:
            self.inner = inner

        def __enter__(self) -> object:
            return self.inner.__enter__()

        def __exit__(self, *error: object) -> None:
            self.inner.__exit__(*error)
            raise HistoryError("the connection broke after the commit")

    monkeypatch.setattr(type(database._writers), "begin", lambda maker: Broken(begin(maker)))
    with pytest.raises(HistoryError, match="connection broke"):
        save_run(history, run)
    monkeypatch.undo()
    assert history.get_run(run.id).path("areas").is_file()
    history.sweep()
    assert history.get_run(run.id).path("areas").is_file()


def test_a_database_that_is_gone_leaves_a_note_so_that_a_sweep_settles_the_save(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        monkeypatch.setattr(saving, "has_run", refuse)
        raise HistoryError("gone")

    run = make_run()
    monkeypatch.setattr(saving, "_insert", refuse)
    with pytest.raises(HistoryError, match="gone"):
        save_run(history, run)
    monkeypatch.undo()
    assert [note.name for note in history.location.pending.iterdir()] == [run.id]
    history.sweep()
    _assert_empty(history)


def test_a_save_leaves_nothing_but_the_run(history: History) -> None:
    run = make_run()
    save_run(history, run)
    location = history.location
    assert [folder.name for folder in location.runs.iterdir()] == [run.id]
    for place in (location.pending, location.staging, location.trash, location.tiles):
        assert list(place.iterdir()) == []


def test_results_on_another_disk_are_copied_and_the_staged_folder_goes(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "same_disk", lambda *_places: False)
    run = make_run()
    staged = stage_run(tmp_path / "staged", run)
    history.save_run(run, staged)
    assert history.get_run(run.id).path("areas").is_file()
    assert not staged.exists()
    assert list(history.location.staging.iterdir()) == []


def test_a_full_disk_during_the_save_is_reported_in_words(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    staged = stage_run(tmp_path / "staged", run)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(HistoryError, match="is full"):
        history.save_run(run, staged)
    monkeypatch.undo()
    assert staged.is_dir()
    _assert_empty(history)


def test_an_unknown_model_is_refused_and_nothing_is_saved(history: History, tmp_path: Path) -> None:
    run = make_run()
    object.__setattr__(run, "model", "oracle")
    with pytest.raises(Exception, match="no model 'oracle'"):
        history.save_run(run, stage_run(tmp_path / "staged", run))
    _assert_empty(history)


def test_sites_of_one_name_in_any_case_are_one_site(history: History) -> None:
    for name in ("Ötztal", "ötztal ", " ÖTZTAL"):
        save_run(history, make_run(), site=name)
    assert [(site.name, site.runs) for site in history.sites()] == [("Ötztal", 3)]


@pytest.mark.parametrize("name", [None, "", "  \t"])
def test_a_blank_name_is_no_site(history: History, name: str | None) -> None:
    assert save_run(history, make_run(), site=name).site is None
    assert history.sites() == ()


def test_a_site_name_that_is_too_long_is_refused(history: History, tmp_path: Path) -> None:
    run = make_run()
    with pytest.raises(HistoryError, match="has 201 characters"):
        history.save_run(run, stage_run(tmp_path / "staged", run), site="x" * 201)
    _assert_empty(history)


def test_runs_of_one_tile_share_its_row_and_other_facts_make_another(history: History) -> None:
    for facts in (make_facts(), make_facts(), make_facts(sensor="Landsat 9")):
        save_run(history, make_run(tile=facts))
    with history._database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tile").scalar() == 2


SAVE = """
import sys
from pathlib import Path
from db.history import open_history
from tests.db.runs import make_run, save_run
history = open_history(Path(sys.argv[1]), sys.argv[2] or None)
for _ in range(5):
    save_run(history, make_run(), site="shared")
history.close()
"""


def test_four_processes_that_save_at_once_lose_nothing(history: History) -> None:
    url = history.location.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", SAVE, str(history.location.folder), url]
    root = Path(__file__).parents[2]
    started = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE) for _ in range(4)]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert (said, [process.returncode for process in started]) == ([b""] * 4, [0] * 4)
    assert history.count_runs() == 20
    assert [site.runs for site in history.sites()] == [20]
