"""Inputs are kept once, and can be read again as they were read the first time."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import HistoryError
from core.runs import RadiometryKind
from core.tiles.grouping import group_files
from core.tiles.reading import open_tile
from core.types import Window
from db.history import History
from tests.db.runs import make_run, open_tiny_tile, run_of_tile, save_run
from tests.rasters import level2_numbers, write_reference_tile, write_tile

NAME = "LC09_L2SP_147037_20230915_20230917_02_T1_{}.TIF"
LANDSAT = {"blue": "SR_B2", "green": "SR_B3", "red": "SR_B4", "swir1": "SR_B6", "thermal": "ST_B10"}


def _landsat_files(folder: Path) -> dict[str, Path]:
    numbers = level2_numbers()
    names = [NAME.format(suffix) for suffix in LANDSAT.values()]
    return {name: write_tile(folder / name, numbers[i]) for i, name in enumerate(names)}


@pytest.mark.parametrize(
    "write", [_landsat_files, lambda folder: write_reference_tile(folder, level2_numbers())]
)
def test_a_kept_tile_of_single_bands_is_read_again_as_it_was(
    history: History, tmp_path: Path, write: object
) -> None:
    files = write(tmp_path / "in")
    with open_tile(group_files(files).tiles[0]) as tile:
        run = run_of_tile(tile)
        save_run(history, run, keep=tile)
        before = tile.read(Window(3, 4, 10, 12)).values
    for path in files.values():
        path.unlink()
    with history.open_input(run.id) as again:
        assert again.facts() == run.tile
        assert (again.read(Window(3, 4, 10, 12)).values == before).all()


def test_a_kept_tile_keeps_the_units_that_the_user_chose(history: History, tmp_path: Path) -> None:
    path = write_tile(tmp_path / "x.tif", level2_numbers())
    with open_tile(path, radiometry=RadiometryKind.LANDSAT_L1, sensor="Landsat 9") as tile:
        run = run_of_tile(tile)
        save_run(history, run, keep=tile)
    with history.open_input(run.id) as again:
        assert again.facts() == run.tile


def test_a_file_that_holds_all_bands_is_stored_once_under_a_safe_name(
    local_history: History, tmp_path: Path
) -> None:
    hostile = tmp_path / "<img src=x onerror=alert(1)> $`.tif"
    with open_tiny_tile(hostile) as tile:
        local_history.keep_tile(tile)
        local_history.keep_tile(tile)
    stored = sorted(path.name for path in (local_history.location.tiles / tile.sha256).iterdir())
    assert stored == ["blue.tif", "files.json"]
    assert local_history.archive_size().inputs == 1
    assert list(local_history.location.staging.iterdir()) == []


def test_without_keeping_only_the_hash_is_known(history: History, tmp_path: Path) -> None:
    with open_tiny_tile(tmp_path / "tile.tif") as tile:
        run = run_of_tile(tile)
        record = save_run(history, run)
    assert record.input_sha256 == tile.sha256
    assert not record.input_kept
    with pytest.raises(HistoryError, match="only its hash"):
        history.open_input(run.id)


def test_an_altered_input_is_refused(local_history: History, tmp_path: Path) -> None:
    with open_tiny_tile(tmp_path / "tile.tif") as tile:
        run = run_of_tile(tile)
        save_run(local_history, run, keep=tile)
    write_tile(local_history.location.tiles / tile.sha256 / "blue.tif", level2_numbers(16, 16, seed=5))
    with pytest.raises(HistoryError, match="altered on disk"):
        local_history.open_input(run.id)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"bands": {}}', '{"bands": {"blue": {}}}'])
def test_a_damaged_list_of_files_is_refused_in_words(
    local_history: History, tmp_path: Path, content: str
) -> None:
    with open_tiny_tile(tmp_path / "tile.tif") as tile:
        run = run_of_tile(tile)
        save_run(local_history, run, keep=tile)
    (local_history.location.tiles / tile.sha256 / "files.json").write_text(content)
    with pytest.raises(HistoryError, match="cannot be read"):
        local_history.open_input(run.id)


def test_a_damaged_input_is_replaced_when_the_tile_is_kept_again(
    local_history: History, tmp_path: Path
) -> None:
    with open_tiny_tile(tmp_path / "tile.tif") as tile:
        local_history.keep_tile(tile)
        (local_history.location.tiles / tile.sha256 / "files.json").unlink()
        run = run_of_tile(tile)
        assert save_run(local_history, run, keep=tile).input_kept
    with local_history.open_input(run.id) as again:
        assert again.facts() == run.tile


def test_a_run_is_not_saved_with_another_tile(local_history: History, tmp_path: Path) -> None:
    with (
        open_tiny_tile(tmp_path / "tile.tif") as tile,
        pytest.raises(HistoryError, match="hashes differ"),
    ):
        save_run(local_history, make_run(), keep=tile)


def test_a_tile_whose_file_vanished_is_not_kept(local_history: History, tmp_path: Path) -> None:
    with open_tiny_tile(tmp_path / "tile.tif") as tile:
        run = run_of_tile(tile)
        (tmp_path / "tile.tif").unlink()
        with pytest.raises(HistoryError, match=r"tile\.tif: No such file"):
            save_run(local_history, run, keep=tile)
    assert local_history.count_runs() == 0
    assert list(local_history.location.staging.iterdir()) == []
