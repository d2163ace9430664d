"""Forged runs: what was changed in files and record is found, or said not to be checked."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
import rasterio

from core.export.records import write_record
from core.networks.versions import current_version
from core.runs import ErrorKind, MapBounds, Options, OutlineCut
from core.tiles.files import Stated
from core.tiles.grouping import group_files
from core.tiles.searching import find_files
from core.types import BANDS, ignore_progress
from db.history import History, open_history
from db.orders import Order, fulfil
from tests.batch.forging import change_classes, forge, forge_record, pack, rehashed, verify
from tests.batch.scenes import batch as run_batch
from tests.batch.scenes import write_scene
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from pathlib import Path

    from core.tiles.files import TileFiles
    from db.records import StoredRun


@pytest.mark.parametrize(
    ("name", "column", "word"),
    [("areas.csv", "area_km2", "as area_km2 of glacier"), ("errors.csv", "sigma_km2", "as sigma_km2 of")],
)
def test_a_forged_table_is_caught_without_the_input(
    tmp_path: Path, stored: StoredRun, name: str, column: str, word: str
) -> None:
    path = stored.folder / name
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cell = rows[-1 if name == "areas.csv" else 1][column]
    forge(stored, name=name, old=f",{cell},", new=f",{float(cell) + 10},")
    result = verify(pack(stored, tmp_path / "run.zip"))
    assert f"ALTERED: {name} has" in result.output
    assert word in result.output
    assert result.exit_code == 1


def test_a_table_of_an_older_version_may_lack_columns(stored: StoredRun) -> None:
    path = stored.folder / "areas.csv"
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    path.write_text("".join(",".join(row[:12]) + "\r\n" for row in rows), "utf-8", newline="")
    write_record(rehashed(stored.run, stored.folder), stored.folder)
    result = verify(stored.folder)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("strange", ["run,site\r\n1,2\r\n", "", "class,class\r\na,b\r\n", 'class\r\n"a'])
def test_what_is_no_table_of_areas_is_told(stored: StoredRun, strange: str) -> None:
    (stored.folder / "areas.csv").write_text(strange, "utf-8", newline="")
    write_record(rehashed(stored.run, stored.folder), stored.folder)
    result = verify(stored.folder)
    assert "ALTERED: areas.csv" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize("kind", ["buffer", "probability"])
def test_a_forged_error_is_caught_though_the_tables_agree_with_it(stored: StoredRun, kind: str) -> None:
    errors = tuple(
        replace(e, sigma_km2=e.sigma_km2 / 10) if e.kind.value == kind else e for e in stored.run.errors
    )
    forge_record(stored, errors=errors)
    result = verify(stored.folder)
    assert "has another error than its rasters give" in result.output
    assert f"{kind} sigma_km2 of glacier" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("cut", "another cut of the outline"),
        ("checks", "another agreement with simple rules"),
        ("valid_area_km2", "other ground than the class map"),
    ],
)
def test_forged_checks_are_caught_without_the_input(stored: StoredRun, fact: str, words: str) -> None:
    run = stored.run
    assert run.checks is not None
    assert run.checks.rules
    rules = (replace(run.checks.rules[0], both_px=run.checks.rules[0].both_px + 7), *run.checks.rules[1:])
    forged = {
        "cut": OutlineCut(0.01, 0.0),
        "checks": replace(run.checks, rules=rules),
        "valid_area_km2": 2 * (run.valid_area_km2 or 0),
    }
    forge_record(stored, **{fact: forged[fact]})
    result = verify(stored.folder)
    assert words in result.output
    assert result.exit_code == 1


def test_forged_facts_of_the_input_are_caught_where_it_is_at_hand(
    tmp_path: Path, history: History, stored: StoredRun
) -> None:
    run = stored.run
    assert run.checks is not None
    fit = replace(run.checks.bands[0], below=0.5)
    forge_record(
        stored,
        checks=replace(run.checks, bands=(fit, *run.checks.bands[1:])),
        findings=(),
        areas=tuple(replace(area, removed_px=area.removed_px + 9) for area in run.areas),
        map_bounds=MapBounds(0, 0, 1, 1),
    )
    assert verify(stored.folder).exit_code == 0  # nothing at hand can tell
    result = verify(pack(stored, tmp_path / "run.zip", history.input_folder(run.tile.sha256)))
    for words in ("fit of the bands", "lacks a finding", "other pixels removed", "another place on the map"):
        assert "DIFFERS: run.json" in result.output
        assert words in result.output
    assert result.exit_code == 1


def test_a_forged_picture_is_caught_where_all_else_is_the_same(tmp_path: Path, stored: StoredRun) -> None:
    picture = next(a.name for a in stored.run.artifacts if a.name.endswith(".png"))
    (stored.folder / picture).write_bytes(b"another picture")
    write_record(rehashed(stored.run, stored.folder), stored.folder)
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert f"DIFFERS: {picture} is not what comes out anew" in result.output
    assert result.exit_code == 1


def test_probabilities_that_lie_far_off_are_outside_the_tolerance(tmp_path: Path, stored: StoredRun) -> None:
    path = stored.folder / "probabilities.tif"
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
        levels = raster.read()
        levels[:, :8] = 250 - levels[:, :8]
        raster.write(levels)
    change_classes(stored, pixels=0)  # the record says what its rasters say
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert "OUTSIDE the tolerance" in result.output
    assert result.exit_code == 1


def test_a_forged_spread_of_the_views_is_caught(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "in" / "glacier.tif")
    arguments = (scene, "--model", "binary", "--out", tmp_path / "out", "--symmetries")
    assert run_batch(*arguments).exit_code == 0
    (record,) = open_history().list_runs()
    stored = open_history().get_run(record.id)
    assert verify(stored.folder, "--input", scene).exit_code == 0
    spreads = {ErrorKind.SPREAD}
    errors = tuple(
        replace(e, sigma_km2=e.sigma_km2 + 0.5) if e.kind in spreads else e for e in stored.run.errors
    )
    forge_record(stored, errors=errors)
    result = verify(stored.folder, "--input", scene)
    assert "has another spread of the views" in result.output
    assert result.exit_code == 1


def assign(scene: Path) -> TileFiles:
    (files,) = group_files(find_files(scene)).tiles
    return files


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    return write_tile(
        tmp_path / "dated" / "tile.tif",
        level2_numbers(48, 48),
        descriptions=BANDS,
        tags={"ACQUIRED_ON": "2016-08-29", "SENSOR": "Landsat 8"},
    )


def map_stating(tmp_path: Path, scene: Path, stated: Stated) -> StoredRun:
    history = open_history()
    order = Order(assign(scene), (current_version("binary"),), Options(), stated)
    ((run_id, _),) = fulfil(order, history, ignore_progress)
    return history.get_run(run_id)


def test_a_forged_date_is_caught(tmp_path: Path, dated: Path) -> None:
    stored = map_stating(tmp_path, dated, Stated())
    found = verify(stored.folder, "--input", dated)
    assert found.exit_code == 0, found.output
    assert "acquisition date" not in found.output
    forge_record(stored, tile=replace(stored.run.tile, acquired_on=date(2021, 1, 1), sensor="Landsat 5"))
    result = verify(stored.folder, "--input", dated)
    assert (
        "has 2021-01-01 as acquisition date, and names or tags of the input tell 2016-08-29" in result.output
    )
    assert "has Landsat 5 as sensor" in result.output
    assert result.exit_code == 1
    unseen = verify(stored.folder)
    assert "Not checked:" in unseen.output
    assert "the acquisition date (2021-01-01)" in unseen.output


def test_a_date_that_the_user_stated_is_no_forgery_and_is_not_checked(tmp_path: Path, dated: Path) -> None:
    stored = map_stating(tmp_path, dated, Stated(acquired_on=date(2021, 1, 1)))
    result = verify(stored.folder, "--input", dated)
    assert "the acquisition date (2021-01-01 as stated; names or tags give 2016-08-29)" in result.output
    assert result.exit_code == 0, result.output


def test_a_date_that_the_input_does_not_tell_is_listed(tmp_path: Path) -> None:
    scene = write_tile(tmp_path / "undated" / "tile.tif", level2_numbers(48, 48), descriptions=BANDS)
    stored = map_stating(tmp_path, scene, Stated(acquired_on=date(2021, 1, 1)))
    result = verify(stored.folder, "--input", scene)
    assert "Not checked: the acquisition date (2021-01-01); the sensor (none)" in result.output
    assert result.exit_code == 0, result.output


def test_names_of_other_files_than_the_kept_ones_are_caught(
    tmp_path: Path, history: History, stored: StoredRun
) -> None:
    bands = {band: f"other.tif:{label.rpartition(':')[2]}" for band, label in stored.run.tile.bands.items()}
    forge_record(stored, tile=replace(stored.run.tile, bands=bands))
    path = pack(stored, tmp_path / "run.zip", history.input_folder(stored.run.tile.sha256))
    result = verify(path)
    assert "names other files than the list of the input" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize("threshold", [0.7, None])
def test_a_forged_threshold_is_caught(tmp_path: Path, stored: StoredRun, threshold: float | None) -> None:
    forge_record(stored, threshold=threshold, options=replace(stored.run.options, threshold=0.4))
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert "has another threshold" in result.output
    assert result.exit_code == 1
