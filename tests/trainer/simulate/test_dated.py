"""A simulated place with a known loss: the followed trend recovers it."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.measure.guards import Guards, LeftOut
from core.measure.seasons import END_OF_MELT_NORTH
from core.measure.series import Series, build_series
from core.measure.trends import trend_of
from core.runs import ALL_ICE
from core.tiles.reading import open_tile
from tests.core.measure.observed import METHOD, OTHER_WEIGHTS, TODAY, seen
from trainer.simulate import dated
from trainer.simulate.conditions import draw_melt_end
from trainer.simulate.scene import SimulatedTile
from trainer.simulate.series import simulate_series

YEARS, LOSS, SIZE_PX, SEED = range(2015, 2021), 0.03, 96, 4


@pytest.fixture(scope="module")
def tiles(small_landscapes: None) -> list[SimulatedTile]:
    return list(simulate_series(SEED, SIZE_PX, years=YEARS, loss_per_year=LOSS))


def followed(tiles: list[SimulatedTile], areas_km2: list[float], **changes: object) -> Series:
    runs = [
        seen(tile.conditions.acquired_on, km2, sigma=0.02 * km2, **changes)
        for tile, km2 in zip(tiles, areas_km2, strict=True)
    ]
    return build_series(runs, ALL_ICE, Guards(), method=runs[0].method, today=TODAY)


def test_the_followed_trend_recovers_the_true_loss_within_its_interval(tiles: list[SimulatedTile]) -> None:
    areas = [dated.true_ice_km2(tile) for tile in tiles]
    trend = trend_of(followed(tiles, areas))
    assert trend is not None
    assert trend.interval is not None
    assert trend.detected
    assert trend.interval.low_km2 <= -LOSS * areas[0] <= trend.interval.high_km2
    assert trend.percent(trend.per_year_km2) == pytest.approx(-100 * LOSS, rel=0.25)


@pytest.mark.parametrize("seed", range(5))
def test_it_does_so_for_areas_with_errors_of_mapping(tiles: list[SimulatedTile], seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.array([dated.true_ice_km2(tile) for tile in tiles])
    mapped = truth * rng.normal(1, 0.02, truth.size)
    trend = trend_of(followed(tiles, list(mapped)))
    assert trend is not None
    assert trend.interval is not None
    assert trend.interval.low_km2 <= -LOSS * truth[0] <= trend.interval.high_km2


def test_a_step_made_by_other_weights_is_not_taken_for_the_loss(tiles: list[SimulatedTile]) -> None:
    same = dated.true_ice_km2(tiles[0])
    areas = [same, same * 1.01, same * 0.99, same * 0.8, same * 0.81, same * 0.79]
    runs = [seen(tile.conditions.acquired_on, km2) for tile, km2 in zip(tiles, areas, strict=True)]
    runs[3:] = [replace(run, method=OTHER_WEIGHTS) for run in runs[3:]]
    series = build_series(runs, ALL_ICE, Guards(), method=METHOD, today=TODAY)
    assert [p.left_out for p in series.points[3:]] == [LeftOut.WEIGHTS] * 3
    mixed = build_series(runs, ALL_ICE, Guards(one_method=False), method=METHOD, today=TODAY)
    trend = trend_of(mixed)
    assert trend is not None
    assert not trend.detected
    assert trend.steps[0].km2 == pytest.approx(-0.2 * same, rel=0.2)


@pytest.mark.parametrize("seed", range(20))
def test_days_are_those_a_researcher_would_choose(seed: int) -> None:
    day = draw_melt_end(seed, 2019)
    assert day.acquired_on.year == 2019
    assert day.acquired_on in END_OF_MELT_NORTH
    assert day.cloud_share == day.beyond_swath == day.glare_masked == 0
    assert day.snow_above_line_m >= 0


def test_every_pixel_is_seen_unless_any_weather_is_asked_for(tiles: list[SimulatedTile]) -> None:
    assert all(tile.valid.all() for tile in tiles)
    weather = simulate_series(SEED, 32, years=YEARS, loss_per_year=LOSS, any_weather=True)
    assert not all(tile.valid.all() for tile in weather)


def test_the_command_writes_dated_tiles_and_their_true_areas(tmp_path: Path) -> None:
    dated.series(tmp_path, years=2, per_year=2, first_year=2018, loss_per_year=0.1, seed=SEED, size=48)
    rows = list(csv.DictReader((tmp_path / dated.TRUTH_FILE).read_text("utf-8").splitlines()))
    files = sorted((tmp_path / "tiles").iterdir())
    assert [row["tile"] for row in rows] == [path.stem for path in files]
    assert len(list((tmp_path / "labels").iterdir())) == 4
    for path, row, year in zip(files, rows, (2018, 2018, 2019, 2019), strict=True):
        with open_tile(path) as tile:
            assert tile.acquired_on == date.fromisoformat(row["acquired_on"])
        assert tile.acquired_on.year == year
        parts = float(row["clean_ice_km2"]) + float(row["debris_km2"])
        assert float(row["ice_km2"]) == pytest.approx(parts, abs=1e-3)
