"""The command line of the batch, from files to files."""

from __future__ import annotations

import csv
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from core import destination
from core.export.records import file_sha256, run_from_json
from db.history import open_history
from tests.batch.scenes import batch, write_scene

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_of_tiles_becomes_rasters_tables_and_records(tmp_path: Path) -> None:
    write_scene(tmp_path / "in" / "first.tif")
    write_scene(tmp_path / "in" / "second.tif", size=50)
    result = batch(tmp_path / "in", "--model", "both", "--out", tmp_path / "out", "--no-history")
    assert result.exit_code == 0, result.output
    for tile in ("first", "second"):
        for model in ("binary", "multiclass"):
            folder = tmp_path / "out" / tile / model
            assert {"classes.tif", "probabilities.tif", "areas.csv", "run.json"} <= {
                p.name for p in folder.iterdir()
            }
            assert json.loads((folder / "run.json").read_text("utf-8"))["model"] == model
    with (tmp_path / "out" / "first" / "binary" / "areas.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert sum(float(row["area_km2"]) for row in rows) == pytest.approx(64 * 64 * 900 / 1e6, rel=2e-3)


def test_the_command_may_be_named(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    result = batch("map", scene, "--model", "binary", "--out", tmp_path / "out", "--no-history")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "glacier" / "binary" / "run.json").exists()


def test_a_bad_tile_does_not_stop_the_others(tmp_path: Path) -> None:
    write_scene(tmp_path / "in" / "good.tif")
    (tmp_path / "in" / "bad.tif").write_bytes(b"this is no TIFF")
    result = batch(tmp_path / "in", "--model", "binary", "--out", tmp_path / "out", "--no-history")
    assert result.exit_code == 1
    assert (tmp_path / "out" / "good" / "binary" / "run.json").exists()
    assert "FAILED bad" in result.output
    assert not (tmp_path / "out" / "bad").exists() or not any((tmp_path / "out" / "bad").iterdir())


def test_the_history_holds_what_the_batch_did(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    result = batch(
        scene,
        "--model",
        "binary",
        "--out",
        tmp_path / "out",
        "--site",
        "Test glacier",
        "--date",
        "2023-09-15",
    )
    assert result.exit_code == 0, result.output
    history = open_history()
    (record,) = history.list_runs()
    stored = history.get_run(record.id)
    assert stored.site == "Test glacier"
    assert stored.acquired_on is not None
    assert stored.acquired_on.isoformat() == "2023-09-15"
    assert (stored.folder / "classes.tif").read_bytes() == (
        tmp_path / "out" / "glacier" / "binary" / "classes.tif"
    ).read_bytes()


@pytest.mark.parametrize("extra", [(), ("--no-history",)], ids=["history", "files only"])
def test_a_result_is_replaced_only_when_asked(tmp_path: Path, extra: tuple[str, ...]) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    arguments = (scene, "--model", "binary", "--out", tmp_path / "out", *extra)
    assert batch(*arguments).exit_code == 0
    record = tmp_path / "out" / "glacier" / "binary" / "run.json"
    first = record.read_text("utf-8")
    refused = batch(*arguments, "--min-area-km2", "0")
    assert refused.exit_code == 1
    assert "--overwrite" in refused.output
    assert record.read_text("utf-8") == first
    assert batch(*arguments, "--min-area-km2", "0", "--overwrite").exit_code == 0
    assert json.loads(record.read_text("utf-8"))["id"] != json.loads(first)["id"]


def test_tiles_of_one_name_in_two_folders_both_get_a_result(tmp_path: Path) -> None:
    write_scene(tmp_path / "a" / "img001.tif")
    write_scene(tmp_path / "b" / "img001.tif")
    result = batch(
        tmp_path / "a", tmp_path / "b", "--model", "binary", "--out", tmp_path / "out", "--no-history"
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "img001" / "binary" / "run.json").exists()
    assert (tmp_path / "out" / "img001-2" / "binary" / "run.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "binary"),
        ("--model", "everything", "--out", "out"),
        ("--out", "out", "--date", "15.9.2023"),
        ("--out", "out", "--min-area-km2", "-1"),
        ("--out", "out", "--threshold", "1.5"),
        ("--out", "out", "--scheduler", ""),
        ("--out", ""),
        ("--out", "out", "--site", "x" * 5000),
        ("--out", "out", "--min-area-km2", "inf"),
        ("--out", "out", "--min-area-km2", "nan"),
        ("--out", "out", "--threshold", "nan"),
        ("--out", "out", "--pixel-m", "inf"),
        ("--out", "out", "--pixel-m", "nan"),
        ("--out", "out", "--pixel-m", "1e200"),
        ("--out", "out", "--no-history", "--keep-input"),
        ("--out", "out", "--model", "multiclass", "--threshold", "0.6"),
    ],
    ids=[
        "no --out",
        "unknown model",
        "date in another order",
        "negative area",
        "threshold above one",
        "no address",
        "no folder",
        "site without end",
        "endless area",
        "area that is none",
        "threshold that is none",
        "endless pixel",
        "pixel that is none",
        "pixel larger than the Earth",
        "copies without a history",
        "threshold without a model",
    ],
)
def test_wrong_use_ends_with_2_and_computes_nothing(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    monkeypatch.chdir(tmp_path)
    assert batch(scene, *arguments).exit_code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["glacier.tif"]


def test_a_folder_without_rasters_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = batch(tmp_path / "empty", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "No GeoTIFF" in result.output


def test_the_site_stands_in_the_table_with_and_without_history(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    arguments = (scene, "--model", "binary", "--site", "Drang", "--out", tmp_path / "out", "--overwrite")
    for extra in ((), ("--no-history",)):
        assert batch(*arguments, *extra).exit_code == 0
        folder = tmp_path / "out" / "glacier" / "binary"
        with (folder / "areas.csv").open(encoding="utf-8", newline="") as table:
            assert {row["site"] for row in csv.DictReader(table)} == {"Drang"}
        run = run_from_json((folder / "run.json").read_text("utf-8"))
        table_artifact = run.artifact("areas")
        assert table_artifact is not None
        assert table_artifact.sha256 == file_sha256(folder / "areas.csv")


def test_a_folder_that_cannot_be_made_is_wrong_use(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    (tmp_path / "taken").touch()
    result = batch(scene, "--model", "binary", "--out", tmp_path / "taken" / "out", "--no-history")
    assert result.exit_code == 2
    assert "Name another --out folder" in " ".join(result.output.split())


def test_a_folder_of_links_is_mapped_and_what_cannot_be_read_counts_as_failed(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "store" / "0815.tif")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "glacier.tif").symlink_to(scene)
    (tmp_path / "in" / "gone.tif").symlink_to(tmp_path / "nowhere.tif")
    result = batch(tmp_path / "in", "--model", "binary", "--out", tmp_path / "out", "--keep-input")
    assert result.exit_code == 1
    assert (tmp_path / "out" / "glacier" / "binary" / "run.json").exists()
    assert "FAILED gone.tif: Left out: a link that leads to no file" in result.output
    assert "Tiles mapped: 1. Failed: 1." in result.output
    history = open_history()
    kept = [path for path in history.location.tiles.rglob("*.tif") if not path.is_symlink()]
    assert [path.read_bytes() for path in kept] == [scene.read_bytes()]


def test_a_folder_that_cannot_be_written_is_wrong_use_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes = [write_scene(tmp_path / f"glacier{n}.tif") for n in range(2)]

    def refuse(**_options: object) -> None:  # root, who runs some of these tests, may write everywhere
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(destination, "TemporaryFile", refuse)
    result = batch(*scenes, "--out", tmp_path / "out", "--no-history")
    assert result.exit_code == 2
    assert result.output.count("cannot be written (Permission denied). Name another --out folder.") == 1


def test_a_history_that_may_not_be_written_is_wrong_use_and_nothing_is_computed(
    tmp_path: Path, private_data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_history().close()
    connect = sqlite3.dbapi2.connect

    def connect_to_read(path: str, **options: Any) -> sqlite3.Connection:  # root may write to any file
        return connect(f"file:{path}?mode=ro", uri=True, **options)

    monkeypatch.setattr(sqlite3.dbapi2, "connect", connect_to_read)
    scene = write_scene(tmp_path / "glacier.tif")
    result = batch(scene, "--model", "binary", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert f"{private_data_folder / 'firnline.sqlite3'} may not be written. Allow writing" in result.output
    assert not (tmp_path / "out").exists()


def test_an_address_without_a_port_is_the_options_fault(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "glacier.tif")
    result = batch(scene, "--out", tmp_path / "out", "--scheduler", "tcp://elsewhere")
    assert result.exit_code == 2
    assert "no address of a Dask" in result.output
    assert "SQLite" not in result.output


def test_an_empty_folder_of_the_users_stays_though_a_result_cannot_be_written(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "empty.tif", fill=0)
    (tmp_path / "out" / "empty").mkdir(parents=True)
    result = batch(scene, "--model", "binary", "--out", tmp_path / "out", "--no-history")
    assert result.exit_code == 1
    assert (tmp_path / "out" / "empty").is_dir()


def test_the_help_names_the_other_command_and_the_environment() -> None:
    said = batch("--help").output
    for word in ("batch verify", "FIRNLINE_DATA ", "FIRNLINE_DATABASE_URL", "FIRNLINE_SCHEDULER", "tcp://"):
        assert word in said


def test_a_tile_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "empty.tif", fill=0)
    result = batch(scene, "--model", "binary", "--out", tmp_path / "out", "--no-history")
    assert result.exit_code == 1
    assert list((tmp_path / "out").iterdir()) == []
