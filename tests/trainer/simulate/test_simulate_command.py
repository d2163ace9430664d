"""The command writes tiles that can be compared with real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from core.errors import TrainingError
from core.models import MULTICLASS
from trainer.datasets import read_labelled_tiles
from trainer.simulate.command import TileOrder, make_tile, simulate
from trainer.simulate.comparison import comparison_lines, describe, describe_folder

if TYPE_CHECKING:
    from pathlib import Path

app = typer.Typer()
app.command()(simulate)


def test_tiles_are_numbered_by_seed_in_the_reference_layout(tmp_path: Path) -> None:
    options = ["--out", str(tmp_path), "--tiles", "2", "--seed", "7", "--size", "32", "--season", "winter"]
    result = CliRunner().invoke(app, [*options, "--workers", "1"])
    assert result.exit_code == 0, result.output
    assert sorted(p.name for p in (tmp_path / "labels").iterdir()) == ["img007.tif", "img008.tif"]
    assert len(list(tmp_path.glob("Band[1-5]/*.tif"))) == 10


def test_single_files_are_read_with_their_labels(tmp_path: Path) -> None:
    make_tile(TileOrder(4, 48, "summer", "landsat8", tmp_path, single_file=True))
    (tile,) = read_labelled_tiles(tmp_path, MULTICLASS)
    assert tile.pixels.values.shape == (5, 48, 48)


def test_outlines_without_an_elevation_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Add --dem"):
        simulate(tmp_path, outlines=tmp_path / "ice.shp")


@pytest.mark.parametrize(("tiles", "compare"), [(0, False), (-1, False), (-1, True)])
def test_no_tiles_are_refused(tmp_path: Path, tiles: int, compare: bool) -> None:
    with pytest.raises(TrainingError, match=r"tiles were asked for, so there is nothing to do\. Ask for 1"):
        simulate(tmp_path, tiles=tiles, compare=tmp_path if compare else None)


def test_an_elevation_model_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"^There is no file .*dem\.tif\. Give --dem one that exists"):
        simulate(tmp_path, dem=tmp_path / "dem.tif")


def test_a_folder_compared_with_itself_shows_the_same_numbers(tmp_path: Path) -> None:
    make_tile(TileOrder(4, 48, "winter", "landsat8", tmp_path, single_file=False))
    statistics = describe_folder(tmp_path)
    assert sum(statistics.classes.values()) == pytest.approx(1.0)
    report = comparison_lines(statistics, statistics)
    numbers = [line.split("|")[3:] for line in report if "| simulated |" in line and "share" not in line]
    assert numbers == [line.split("|")[3:] for line in report if "| real |" in line and "share" not in line]


def test_statistics_count_valid_pixels_only(tmp_path: Path) -> None:
    make_tile(TileOrder(4, 48, "winter", "landsat8", tmp_path, single_file=False))
    tiles = read_labelled_tiles(tmp_path, MULTICLASS)
    statistics = describe(tiles)
    assert statistics.valid == pytest.approx(tiles[0].pixels.valid.mean())
    assert statistics.percentiles["thermal"][0] > 200
