"""The command writes tiles that can be compared with real ones."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from affine import Affine
from typer.testing import CliRunner

from core.errors import TrainingError
from core.models import MULTICLASS
from tests.rasters import write_tile
from trainer.datasets import read_labelled_tiles
from trainer.simulate.command import TileOrder, make_tile, simulate
from trainer.simulate.comparison import CLASS_NAMES, Statistics, comparison_lines, describe, describe_folder

DOCS = Path(__file__).parents[3] / "docs" / "simulator.md"
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


def test_tiles_with_more_lakes_hold_more_water(tmp_path: Path) -> None:
    water = []
    for name, lakes in (("usual", 1.0), ("many", 15.0)):
        make_tile(TileOrder(4, 96, "summer", "landsat8", tmp_path / name, single_file=True, lakes=lakes))
        (tile,) = read_labelled_tiles(tmp_path / name, MULTICLASS)
        water.append(int((tile.labels == 3).sum()))
    assert water[0] < water[1]


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


def test_a_folder_to_compare_with_that_is_missing_is_told_before_tiles_are_made(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"^There is no folder .*typo"):
        simulate(tmp_path / "made", size=32, compare=tmp_path / "typo")
    assert not (tmp_path / "made").exists()


def square(lon: float, lat: float, side: float) -> dict[str, object]:
    corners = ((0, 0), (side, 0), (side, side), (0, side), (0, 0))
    return {"type": "Polygon", "coordinates": [[[lon + x, lat + y] for x, y in corners]]}


def write_terrain(folder: Path, outline: dict[str, object]) -> tuple[Path, Path]:
    """A slope in the Alps with a gap in its north-west, and an outline."""
    heights = np.add.outer(np.linspace(3200, 2400, 450), np.zeros(450)).astype(np.float32)
    heights[:60, :60] = -32768
    write_tile(folder / "dem.tif", heights, crs="EPSG:32632", transform=Affine(30, 0, 6.4e5, 0, -30, 5.19e6))
    (folder / "ice.geojson").write_text(json.dumps(outline))
    return folder / "dem.tif", folder / "ice.geojson"


@pytest.mark.parametrize(
    "outline", [square(77.2, 33.15, 0.1), square(99.1, -0.05, 0.1), square(10.835, 46.845, 0.005)]
)
def test_outlines_on_other_ground_than_the_elevation_model_are_refused(
    tmp_path: Path, outline: dict[str, object]
) -> None:
    dem, ice = write_terrain(tmp_path, outline)
    wanted = r"^No outline in ice\.geojson covers .* dem\.tif, .* longitude 10\.9\d, latitude 46\.79\."
    with pytest.raises(TrainingError, match=wanted):
        simulate(tmp_path / "made", dem=dem, outlines=ice)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(("outline", "bare"), [(square(10.84, 46.735, 1e-3), 2), (square(10.5, 46.5, 1), 0)])
def test_the_closing_line_counts_the_tiles_without_ice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], outline: dict[str, object], bare: int
) -> None:
    dem, ice = write_terrain(tmp_path, outline)
    simulate(tmp_path / "made", tiles=2, size=32, season="summer", dem=dem, outlines=ice, workers=1)
    remedy = " Larger tiles (--size) or other seeds meet more of the outlines." if bare else ""
    told = f"2 tiles in {tmp_path / 'made'}, {bare or 'none'} without any ice.{remedy}"
    assert capsys.readouterr().out.splitlines()[-1] == f"Written: {told}"


def test_a_folder_compared_with_itself_shows_the_same_numbers(tmp_path: Path) -> None:
    make_tile(TileOrder(4, 48, "winter", "landsat8", tmp_path, single_file=False))
    statistics = describe_folder(tmp_path)
    assert sum(statistics.classes.values()) == pytest.approx(1.0)
    report = comparison_lines(statistics, statistics)
    numbers = [line.split("|")[3:] for line in report if "| simulated |" in line and "share" not in line]
    assert numbers == [line.split("|")[3:] for line in report if "| real |" in line and "share" not in line]


def test_the_page_on_the_simulator_has_the_rows_that_the_command_prints() -> None:
    statistics = Statistics(
        1, {}, {name: share / 10 for share, name in enumerate(CLASS_NAMES.values())}, 1.0, 0.0, 0.0
    )
    report = comparison_lines(statistics, statistics)
    printed = [line.split("|")[1] for line in report[report.index("| share, % | simulated | real |") :]]
    page = DOCS.read_text("utf-8").splitlines()
    begin = page.index("| share, % | simulated | real |")
    assert [line.split("|")[1] for line in page[begin : begin + len(printed)]] == printed
    assert not page[begin + len(printed)]
    assert report[-1] == "| ice in all | 70.00 | 70.00 |"  # 0.1 clean, 0.2 debris, 0.4 of unknown kind


def test_statistics_count_valid_pixels_only(tmp_path: Path) -> None:
    make_tile(TileOrder(4, 48, "winter", "landsat8", tmp_path, single_file=False))
    tiles = read_labelled_tiles(tmp_path, MULTICLASS)
    statistics = describe(tiles)
    assert statistics.valid == pytest.approx(tiles[0].pixels.valid.mean())
    assert statistics.percentiles["thermal"][0] > 200
