"""A comparison leaves a raster, a picture, a table and a record that agree with each other."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from core.comparison import ComparedRun, compare_runs
from core.errors import ComparisonError, HistoryError
from core.export.comparisons import (
    MAP_FILE,
    RASTER_FILE,
    RECORD_FILE,
    TABLE_FILE,
    read_comparison,
)
from core.models import BINARY, MULTICLASS
from core.present.change_kinds import (
    BARE,
    CLEARED,
    COVERED,
    DROWNED,
    GAIN,
    KEPT,
    KINDS,
    LOSS,
    kind_areas_km2,
)
from core.types import NO_DATA
from tests.core.compared import write_run
from tests.core.measure.surfaces import utm

BEFORE = [[1, 1, 2, 0, 1, 2, 0, 255]]
AFTER = [[1, 2, 1, 1, 0, 3, 3, 1]]
KINDS_OF = [KEPT, COVERED, CLEARED, GAIN, LOSS, DROWNED, BARE]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[ComparedRun, ComparedRun]:
    grid = utm(1, 8)
    return (
        write_run(tmp_path / "one", BEFORE, grid, MULTICLASS),
        write_run(tmp_path / "other", AFTER, grid, MULTICLASS),
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "compared"
    folder.mkdir()
    return folder


def test_the_raster_shows_each_kind_of_change_in_its_colour(
    runs: tuple[ComparedRun, ComparedRun], place: Path
) -> None:
    comparison = compare_runs(*runs, place)
    with rasterio.open(place / RASTER_FILE) as raster:
        assert raster.read(1).tolist() == [[*(kind.index for kind in KINDS_OF), NO_DATA]]
        colours = raster.colormap(1)
        tags = raster.tags()
        assert raster.crs.to_epsg() == 32643
        assert raster.transform == runs[0].run.tile.grid.affine
    for kind in KINDS:
        assert tags[f"KIND_{kind.index}"] == kind.label
        if kind.colour:
            assert "#{:02X}{:02X}{:02X}".format(*colours[kind.index][:3]) == kind.colour
    assert tags["BEFORE_RUN"] == comparison.before
    areas = kind_areas_km2(comparison.change)
    assert list(areas) == list(KINDS)
    assert all(area == pytest.approx(0.0009, rel=2e-3) for area in areas.values())


def test_the_picture_has_the_kinds_of_the_raster(runs: tuple[ComparedRun, ComparedRun], place: Path) -> None:
    comparison = compare_runs(*runs, place)
    with Image.open(place / MAP_FILE) as picture:
        assert set(np.unique(np.asarray(picture))) <= {*(kind.index for kind in KINDS), NO_DATA, 254}
    assert comparison.map_bounds is not None
    assert 32.5 < comparison.map_bounds.south < comparison.map_bounds.north < 32.6


def test_the_table_holds_every_number_of_the_record(
    runs: tuple[ComparedRun, ComparedRun], place: Path
) -> None:
    change = compare_runs(*runs, place).change
    with (place / TABLE_FILE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    transitions = [row for row in rows if row["quantity"] == "transition"]
    assert len(transitions) == 16
    assert sum(float(row["area_km2"]) for row in transitions) == pytest.approx(change.seen_km2)
    told = {row["quantity"]: row for row in rows}
    assert float(told["net_change"]["area_km2"]) == pytest.approx(change.net_km2)
    assert float(told["net_change"]["low_km2"]) == pytest.approx(change.interval.low_km2)
    assert float(told["loss"]["area_km2"]) == pytest.approx(change.loss_km2)
    unseen = [float(row["area_km2"]) for row in rows if row["quantity"] == "unseen"]
    assert sum(unseen) == pytest.approx(change.unseen.only_after_km2)


def test_the_record_is_read_back_as_it_was(runs: tuple[ComparedRun, ComparedRun], place: Path) -> None:
    assert compare_runs(*runs, place) == read_comparison(place)
    (place / RECORD_FILE).write_text("{}")
    with pytest.raises(HistoryError, match="Compare the two runs again"):
        read_comparison(place)


def test_the_same_run_twice_is_told(runs: tuple[ComparedRun, ComparedRun], place: Path) -> None:
    with pytest.raises(ComparisonError, match="the same run twice"):
        compare_runs(runs[0], runs[0], place)


def test_a_run_whose_class_map_is_gone_is_told(runs: tuple[ComparedRun, ComparedRun], place: Path) -> None:
    (runs[0].folder / "classes.tif").unlink()
    with pytest.raises(
        ComparisonError, match=r"classes\.tif of the run of .* is no longer in the data folder"
    ):
        compare_runs(*runs, place)
    assert not (place / RECORD_FILE).exists()


def test_scenes_of_two_utm_zones_are_compared_from_their_files(tmp_path: Path, place: Path) -> None:
    one, other = utm(300, 300, east=770_000), utm(300, 300, zone=32644, east=205_000)
    disc = np.hypot(*np.meshgrid(np.arange(300) - 150, np.arange(300) - 150)) < 60
    told: list[float] = []
    comparison = compare_runs(
        write_run(tmp_path / "one", disc, one, BINARY),
        write_run(tmp_path / "other", disc, other, BINARY),
        place,
        told.append,
    )
    assert comparison.change.resampled
    assert comparison.change.seen_km2 > 0
    assert told == sorted(told)
    assert told[-1] == 1
