"""From a simulated retreat to a trend, with a network that maps every date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.inference.engines import NamedEngine
from core.measure.dated import DatedArea
from core.measure.guards import Guards, LeftOut
from core.measure.observations import Observation, main_method
from core.measure.seasons import END_OF_MELT_NORTH
from core.measure.series import Series, build_series
from core.measure.trends import Interval, Trend, fit_trend, trend_of
from core.models import BINARY
from core.networks.stored import StoredModel
from core.pipeline import analyse
from core.runs import ALL_ICE, Options
from core.tiles.reading import open_tile
from db.history import History, open_history
from tests.core.inference.sources import card_of
from tests.core.measure.observed import TODAY
from trainer.simulate.dated import true_ice_km2
from trainer.simulate.series import simulate_series
from trainer.simulate.writing import write_five_bands

YEARS, LOSS, SIZE_PX, SEED = range(2015, 2021), 0.08, 96, 4
FIRST_RETRAINED = 4  # of the dates, from 0
SITE = "Simulated valley"
MEANS, STDS = (0.4, 0.4, 0.4, 0.2, 255.0), (0.3, 0.3, 0.3, 0.1, 10.0)
GUARDS = Guards(season=END_OF_MELT_NORTH)
TRAINED, RETRAINED = 0.4, -0.35  # least NDSI that the two weights call ice: the second finds much more


def network(least_ndsi: float) -> NamedEngine:
    """What a network is to a run, but with one rule: ice has an NDSI of at least this."""

    def run(x: NDArray[np.float32]) -> NDArray[np.float32]:
        values = x * np.array(STDS, np.float32)[:, None, None] + np.array(MEANS, np.float32)[:, None, None]
        green, swir1 = values[:, 1], values[:, 3]
        ndsi = (green - swir1) / np.maximum(green + swir1, 1e-3)
        ice = np.clip(0.5 + 5 * (ndsi - least_ndsi), 0, 1)
        return np.stack([1 - ice, ice], axis=1).astype(np.float32)

    return NamedEngine(f"NDSI of {least_ndsi}", run)


@dataclass(frozen=True)
class Followed:
    """The true area of each date, and the runs of each network by date."""

    truth_km2: dict[date, float]
    trained: tuple[Observation, ...]
    retrained: tuple[Observation, ...]

    @property
    def true_slope(self) -> float:
        line = fit_trend([DatedArea(day, km2, None) for day, km2 in self.truth_km2.items()])
        assert line is not None
        return line.per_year_km2


@pytest.fixture(scope="module")
def followed(small_landscapes: None, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """A retreating place mapped on every date, and on its last dates by other weights too."""
    folder = tmp_path_factory.mktemp("followed")
    history = open_history(folder / "history")
    tiles = list(simulate_series(SEED, SIZE_PX, years=YEARS, loss_per_year=LOSS))
    for number, tile in enumerate(tiles):
        path = folder / f"simulated_{tile.conditions.acquired_on:%Y%m%d}.tif"
        write_five_bands(path, tile)
        map_tile(history, path, "a", TRAINED)
        if number >= FIRST_RETRAINED:
            map_tile(history, path, "b", RETRAINED)
    runs = sorted(history.observations(SITE), key=lambda run: run.acquired_on or TODAY)
    history.close()
    trained, retrained = (
        tuple(run for run in runs if run.method.weights_sha256 == name * 64) for name in "ab"
    )
    truth = {tile.conditions.acquired_on: true_ice_km2(tile) for tile in tiles}
    return Followed(truth, trained, retrained)


def map_tile(history: History, path: Path, name: str, least_ndsi: float) -> None:
    """Map a tile with the weights of a name, into the history."""
    card = card_of(BINARY, means=MEANS, stds=STDS, sha256=name * 64)
    model = StoredModel(BINARY, card, path.with_name("no weights"))
    with open_tile(path) as tile, history.staging() as staged:
        run = analyse(tile, model, Options(), staged / "run", engine=network(least_ndsi))
        history.save_run(run, staged / "run", site=SITE)


def series_of(runs: Sequence[Observation], guards: Guards = GUARDS) -> Series:
    return build_series(runs, ALL_ICE, guards, method=main_method(runs), today=TODAY)


def trend(series: Series) -> tuple[Trend, Interval]:
    found = trend_of(series)
    assert found is not None
    assert found.interval is not None
    return found, found.interval


def test_the_trend_of_mapped_dates_holds_the_true_loss(followed: Followed) -> None:
    series = series_of(followed.trained)
    found, interval = trend(series)
    assert len(series.counted) == len(YEARS)
    assert found.detected
    assert interval.low_km2 <= followed.true_slope <= interval.high_km2
    assert found.per_year_km2 == pytest.approx(followed.true_slope, rel=0.25)


def test_runs_of_other_weights_are_left_out_and_do_not_move_the_trend(followed: Followed) -> None:
    series = series_of([*followed.trained, *followed.retrained])
    left_out = [point for point in series.points if not point.counts]
    assert {point.observation.run_id for point in left_out} == {run.run_id for run in followed.retrained}
    assert {point.left_out for point in left_out} == {LeftOut.WEIGHTS}
    assert all("the model's and not the glacier's" in point.reason for point in left_out)
    assert trend_of(series) == trend_of(series_of(followed.trained))


def test_a_step_made_by_other_weights_is_the_models_and_the_trend_still_holds_the_loss(
    followed: Followed,
) -> None:
    runs = [*followed.trained[:FIRST_RETRAINED], *followed.retrained]
    found, interval = trend(series_of(runs, replace(GUARDS, one_method=False)))
    made = followed.retrained[0].areas_km2[ALL_ICE] - followed.trained[FIRST_RETRAINED].areas_km2[ALL_ICE]
    assert [step.km2 for step in found.steps] == [pytest.approx(made, rel=0.3)]
    assert interval.low_km2 <= followed.true_slope <= interval.high_km2
    mixed = fit_trend(
        [DatedArea(run.acquired_on, run.areas_km2[ALL_ICE], None) for run in runs if run.acquired_on]
    )
    assert mixed is not None
    assert mixed.per_year_km2 > 0  # the step would have passed for growth
