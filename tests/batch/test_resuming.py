"""A batch that is started again does only what was not done, with a history and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batch.planning import plan_tiles
from core.types import BANDS
from db.history import open_history
from tests.batch.scenes import batch, runs_below, write_scenes
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from pathlib import Path

BINARY = ("--model", "binary")


@pytest.fixture(params=[(), ("--no-history",)], ids=["history", "files only"])
def keeping(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The options that choose where runs are kept."""
    options: tuple[str, ...] = request.param
    return options


def _ids(out: Path) -> dict[str, str]:
    return {place: run.id for place, run in runs_below(out).items()}


def test_only_new_tiles_are_mapped_the_second_time(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    scenes, out = write_scenes(tmp_path / "in", 2), tmp_path / "out"
    assert batch(scenes, *BINARY, "--out", out, *keeping).exit_code == 0
    first = _ids(out)
    write_scenes(scenes, 3)
    result = batch(scenes, *BINARY, "--out", out, *keeping)
    assert result.exit_code == 0, result.output
    assert "Tiles mapped: 1 (and 2 were done before). Failed: 0." in result.output
    assert _ids(out).items() > first.items()
    assert len(_ids(out)) == 3


def test_a_result_that_lacks_a_file_is_made_whole(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    batch(scenes, *BINARY, "--out", out, *keeping)
    folder = out / "scene0" / "binary"
    (folder / "classes.tif").unlink()
    result = batch(scenes, *BINARY, "--out", out, *keeping)
    assert result.exit_code == 0, result.output
    assert (folder / "classes.tif").exists()
    mapped = "0 (and 1 were done before)" if not keeping else "1"  # a history has it whole
    assert f"Tiles mapped: {mapped}. Failed: 0." in result.output
    (folder / "run.json").write_text("{")
    result = batch(scenes, *BINARY, "--out", out, *keeping)
    assert result.exit_code == 0, result.output
    assert set(_ids(out)) == {"scene0/binary"}


def test_what_is_no_result_is_not_replaced(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    (out / "scene0" / "binary").mkdir(parents=True)
    (out / "scene0" / "binary" / "diary.txt").write_text("seen on foot")
    refused = batch(scenes, *BINARY, "--out", out, *keeping)
    assert refused.exit_code == 1
    assert "already holds something without a run.json that can be read" in refused.output
    assert (out / "scene0" / "binary" / "diary.txt").read_text() == "seen on foot"


def test_a_damaged_table_is_told_and_ends_no_batch(tmp_path: Path) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    arguments = (scenes, *BINARY, "--out", out, "--no-history", "--site", "Drang")
    batch(*arguments)
    table = out / "scene0" / "binary" / "areas.csv"
    table.write_bytes(b"\xff" * table.stat().st_size)
    result = batch(*arguments)
    assert result.exit_code == 0, result.output
    assert "has a damaged areas.csv, which cannot be read. Add --overwrite" in result.output


def test_a_run_whose_folder_the_history_lost_is_told_and_stays(tmp_path: Path) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    batch(scenes, *BINARY, "--out", out)
    history = open_history()
    (record,) = history.list_runs()
    record.folder.rename(tmp_path / "moved away")
    lost = batch(scenes, *BINARY, "--out", tmp_path / "new")
    assert lost.exit_code == 1
    assert f"(id {record.id[:8]}), but its folder {record.folder} is gone or lacks files" in lost.output
    (tmp_path / "moved away").rename(record.folder)
    assert batch(scenes, *BINARY, "--out", tmp_path / "new").exit_code == 0
    assert _ids(tmp_path / "new") == _ids(out)
    history.close()


def test_other_content_under_the_same_name_is_another_tile(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    batch(scenes, *BINARY, "--out", out, *keeping)
    write_tile(scenes / "scene0.tif", level2_numbers(64, 64, seed=99), descriptions=BANDS)
    assert batch(scenes, *BINARY, "--out", out, *keeping).exit_code == 1


def test_the_same_content_in_other_units_is_another_tile(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    scenes = write_scenes(tmp_path / "in", 1)
    batch(scenes, *BINARY, "--out", tmp_path / "out", *keeping)
    units = ("--radiometry", "landsat-c2-l1")
    result = batch(scenes, *BINARY, "--out", tmp_path / "other", *keeping, *units)
    assert "Tiles mapped: 1. Failed: 0." in result.output


def test_what_the_history_has_is_copied_and_not_mapped_again(tmp_path: Path) -> None:
    scenes = write_scenes(tmp_path / "in", 1)
    batch(scenes, *BINARY, "--out", tmp_path / "out")
    result = batch(scenes, *BINARY, "--out", tmp_path / "elsewhere")
    assert "Tiles mapped: 0 (and 1 were done before). Failed: 0." in result.output
    assert _ids(tmp_path / "elsewhere") == _ids(tmp_path / "out")
    history = open_history()
    assert history.count_runs() == 1
    history.close()


def test_two_tiles_of_the_same_content_are_one_run_of_the_history_and_are_told(tmp_path: Path) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    (scenes / "copy.tif").write_bytes((scenes / "scene0.tif").read_bytes())
    result = batch(scenes, *BINARY, "--out", out)
    assert result.exit_code == 0
    assert len(_ids(out)) == 2
    assert len(set(_ids(out).values())) == 1
    assert "NOTE scene0: It has the same content as copy; one run of the history holds both." in result.output
    assert "Tiles mapped: 1 (and 1 have the content of another). Failed: 0." in result.output
    assert [line.rpartition("\t")[2] for line in result.stdout.splitlines() if "\t" in line] == [
        "mapped",
        "was there already",
    ]
    again = batch(scenes, *BINARY, "--out", out)
    assert "Tiles mapped: 0 (and 2 were done before). Failed: 0." in again.output


def test_two_tiles_of_the_same_content_are_two_runs_without_a_history(tmp_path: Path) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    (scenes / "copy.tif").write_bytes((scenes / "scene0.tif").read_bytes())
    result = batch(scenes, "--out", out, "--no-history")
    assert len(set(_ids(out).values())) == 4  # both models
    assert result.output.count("NOTE scene0: It has the same content as copy; without a history") == 1
    assert "Tiles mapped: 2. Failed: 0." in result.output


def test_a_file_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    scenes = write_scenes(tmp_path / "in", 2)
    named = [scenes, scenes / "scene0.tif", scenes, scenes / ".." / "in" / "scene1.tif"]
    assert [tile.files.name for tile in plan_tiles(named).tiles] == ["scene0", "scene1"]


def test_a_threshold_concerns_the_model_that_has_one(tmp_path: Path, keeping: tuple[str, ...]) -> None:
    arguments = (write_scenes(tmp_path / "in", 1), "--out", tmp_path / "out", *keeping)
    assert batch(*arguments, "--model", "multiclass").exit_code == 0
    (first,) = runs_below(tmp_path / "out").values()
    again = batch(*arguments, "--model", "both", "--threshold", "0.6")
    assert again.exit_code == 0, again.output
    runs = {run.model: run for run in runs_below(tmp_path / "out").values()}
    assert runs["multiclass"].id == first.id
    assert runs["multiclass"].options.threshold is None
    assert runs["binary"].options.threshold == 0.6
    assert batch(*arguments, "--model", "both", "--threshold", "0.6").stdout.count("done before") == 2
