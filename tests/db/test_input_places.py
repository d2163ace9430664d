"""An input that was not copied is found again where it lies, and proved by its hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import HistoryError
from core.tiles.reading import open_tile
from core.types import BANDS, Window
from db.history import History
from tests.db.runs import open_tiny_tile, run_of_tile, save_run
from tests.rasters import level2_numbers, write_tile


def noted_run(history: History, path: Path) -> str:
    with open_tiny_tile(path) as tile:
        run = run_of_tile(tile)
        save_run(history, run)
        history.note_input(tile)
    return run.id


def test_a_noted_input_is_read_where_it_lies(history: History, tmp_path: Path) -> None:
    run_id = noted_run(history, tmp_path / "x.tif")
    stored = history.get_run(run_id)
    assert stored.input_place == tmp_path / "x.tif"
    assert stored.input_there
    assert not stored.input_kept
    with history.open_input(run_id) as tile:
        assert tile.facts() == stored.run.tile
        assert tile.read(Window(0, 0, 4, 4)).valid.all()


def test_an_input_that_was_moved_is_told_with_its_place(local_history: History, tmp_path: Path) -> None:
    run_id = noted_run(local_history, tmp_path / "x.tif")
    (tmp_path / "x.tif").unlink()
    assert not local_history.get_run(run_id).input_there
    with pytest.raises(HistoryError, match=r"lay in .* cannot be read"):
        local_history.open_input(run_id)


def test_an_input_that_was_altered_is_refused(local_history: History, tmp_path: Path) -> None:
    run_id = noted_run(local_history, tmp_path / "x.tif")
    write_tile(tmp_path / "x.tif", level2_numbers(16, 16, seed=9), descriptions=BANDS)
    with pytest.raises(HistoryError, match="was altered since"):
        local_history.open_input(run_id)


def test_a_newer_note_takes_the_place_of_the_older(history: History, tmp_path: Path) -> None:
    run_id = noted_run(history, tmp_path / "x.tif")
    moved = tmp_path / "elsewhere" / "y.tif"
    moved.parent.mkdir()
    (tmp_path / "x.tif").rename(moved)
    with open_tile(moved) as tile:
        history.note_input(tile)
    assert history.get_run(run_id).input_place == moved


def test_a_kept_copy_outweighs_the_place(local_history: History, tmp_path: Path) -> None:
    run_id = noted_run(local_history, tmp_path / "x.tif")
    with open_tiny_tile(tmp_path / "x.tif") as tile:
        local_history.keep_tile(tile)
    (tmp_path / "x.tif").unlink()
    local_history.open_input(run_id).close()
