"""Retreat: whether the trend that Follow finds holds the known loss of a simulated place."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.progress import track

from benchmarks.figures import Figure, report
from benchmarks.options import Model, Out
from core.mapping import CLASSES_FILE
from core.measure.dated import DatedArea
from core.measure.guards import Guards
from core.measure.observations import main_method
from core.measure.seasons import usual_season
from core.measure.series import build_series
from core.measure.trends import fit_trend, trend_of
from core.models import MODELS, MULTICLASS
from core.networks.stored import find_model
from core.runs import ALL_ICE, Options, utc_now
from core.tiles.reading import open_tile
from core.tiles.results import ResultPlanes
from core.types import Window
from db.history import open_history
from db.recording import analyse_and_save
from trainer.simulate.dated import true_ice_km2
from trainer.simulate.series import simulate_series
from trainer.simulate.writing import write_five_bands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from core.measure.observations import Observation
    from core.models import ModelSpec

SITE = "Simulated retreat"
UNIT = "km²/year"

Years = Annotated[int, typer.Option("--years", min=2, help="How many years.")]
PerYear = Annotated[int, typer.Option("--per-year", min=1, max=30, help="Tiles of each year.")]
Loss = Annotated[
    float, typer.Option("--loss-per-year", min=0, max=1, help="Share of the first ice lost a year.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the landscape; no training may have seen it.")]
Size = Annotated[int, typer.Option("--size", min=64, help="Side of a tile, pixels of 30 m.")]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A date's true ice: its area, and where it lies, bool (h, w)."""

    on: date
    km2: float
    ice: NDArray[np.bool_]


def measure(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    years: Years = 6,
    per_year: PerYear = 2,
    loss_per_year: Loss = 0.03,
    seed: Seed = 19_000,
    size: Size = 256,
    model: Model = None,
    out: Out = None,
) -> None:
    """Map a place of known retreat on every date, follow it with the default guards, compare the slopes."""
    models = [find_model(key) for key in ([model] if model else MODELS)]
    tiles = simulate_series(
        seed, size, years=range(2015, 2015 + years), loss_per_year=loss_per_year, per_year=per_year
    )
    truths: list[Truth] = []
    with TemporaryDirectory() as place, closing(open_history(Path(place) / "history")) as history:
        for tile in track(tiles, "Dates", years * per_year):
            truths.append(
                Truth(tile.conditions.acquired_on, true_ice_km2(tile), _ice(tile.truth, MULTICLASS))
            )
            path = Path(place) / f"simulated_{truths[-1].on:%Y%m%d}.tif"
            write_five_bands(path, tile)
            with open_tile(path) as opened:
                analyse_and_save(history, opened, models, Options(), site=SITE, keep_input=False)
        observed = history.observations(SITE)
        figures = list(_truth_figures(truths))
        for spec in (each.spec for each in models):
            runs = [run for run in observed if run.method.model == spec.key]
            first = next(run for run in runs if run.acquired_on == truths[0].on)
            with ResultPlanes(history.get_run(first.run_id).folder / CLASSES_FILE) as planes:
                mapped = _ice(planes.read(Window(0, 0, size, size))[0], spec)
            figures += [*_trend_figures(spec.key, runs, truths), *_found_figures(spec.key, mapped, truths)]
    report(f"Retreat on {len(truths)} dates, tiles of {size} px, seed {seed}", figures, out)


def _ice(classes: NDArray[np.uint8], spec: ModelSpec) -> NDArray[np.bool_]:
    return np.isin(classes, [info.index for info in spec.classes if info.is_ice])


def _truth_figures(truths: Sequence[Truth]) -> Iterator[Figure]:
    """The true areas' first and their slope."""
    yield Figure("truth: ice on the first date", truths[0].km2, "km²")
    yield Figure("truth: slope", _true_slope(truths), UNIT, how="Theil and Sen's slope of the true areas")


def _true_slope(truths: Sequence[Truth]) -> float:
    line = fit_trend([DatedArea(truth.on, truth.km2, None) for truth in truths])
    if line is None:
        raise ValueError("two years have a slope")
    return line.per_year_km2


def _trend_figures(key: str, runs: Sequence[Observation], truths: Sequence[Truth]) -> Iterator[Figure]:
    """What Follow finds of one model's runs, with the guards that its page begins with."""
    bounds = runs[0].bounds
    guards = Guards(season=usual_season(bounds.north if bounds else None))
    series = build_series(runs, ALL_ICE, guards, method=main_method(runs), today=utc_now().date())
    left_out = sorted({point.left_out.value for point in series.points if point.left_out})
    yield Figure(f"{key}: points that count", len(series.counted), how=", ".join(left_out))
    trend = trend_of(series)
    if trend is None:
        return
    yield Figure(f"{key}: slope", trend.per_year_km2, UNIT)
    if trend.interval is None or trend.test is None:
        return
    low, high = trend.interval.low_km2, trend.interval.high_km2
    yield Figure(f"{key}: 95 % interval, from", low, UNIT)
    yield Figure(f"{key}: 95 % interval, to", high, UNIT)
    held = low <= _true_slope(truths) <= high
    yield Figure(f"{key}: interval holds the true slope", float(held), bar=1.0, how="1 yes, 0 no")
    yield Figure(f"{key}: p of no trend", trend.test.p_value, how="Mann and Kendall, two-sided")


def _found_figures(key: str, mapped: NDArray[np.bool_], truths: Sequence[Truth]) -> Iterator[Figure]:
    """On the first date: ice mapped of what will go and of what will stay; unlike shares bend a slope."""
    first, last = truths[0].ice, truths[-1].ice
    for name, where in (("goes", first & ~last), ("stays", first & last)):
        if where.any():
            yield Figure(
                f"{key}: mapped of the ice that {name}", float(mapped[where].mean()), how="first date"
            )
    if first.any():
        off = float((mapped & ~first).sum() / first.sum())
        yield Figure(f"{key}: mapped where no ice is", off, how="first date, share of the true ice")
