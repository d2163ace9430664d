"""Retreat: whether the trend that Follow finds holds the known loss of a simulated place."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.progress import track

from benchmarks.figures import Figure, report
from benchmarks.options import Model as ModelKey
from benchmarks.options import Out
from core.errors import WeightsError
from core.mapping import CLASSES_FILE
from core.measure.dated import DatedArea
from core.measure.guards import Guards
from core.measure.observations import main_method
from core.measure.seasons import usual_season
from core.measure.series import build_series
from core.measure.trends import fit_trend, trend_of
from core.models import MODELS, MULTICLASS
from core.networks.cards import read_card, write_card
from core.networks.error_tests import ErrorTest, TrendTest
from core.networks.stored import WEIGHTS_DIR, find_model
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
    from core.networks.stored import Model

SITE = "Simulated retreat"
UNIT = "km²/year"
HELD = "interval holds the true slope"
LEAST = 0.90  # the least share of places that a 95 % interval may hold, as in `benchmarks.coverage`
LEAST_PLACES = 2  # that a card tells a share of

Years = Annotated[int, typer.Option("--years", min=2, help="How many years.")]
PerYear = Annotated[int, typer.Option("--per-year", min=1, max=30, help="Tiles of each year.")]
Loss = Annotated[
    float, typer.Option("--loss-per-year", min=0, max=1, help="Share of the first ice lost a year.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the landscape; no training may have seen it.")]
Size = Annotated[int, typer.Option("--size", min=64, help="Side of a tile, pixels of 30 m.")]
Places = Annotated[int, typer.Option("--places", min=1, help="How many places, of this seed and the next.")]
Write = Annotated[bool, typer.Option("--write", help="Write how often it held into the weights' cards.")]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A date's true ice: its area, and where it lies, bool (h, w)."""

    on: date
    km2: float
    ice: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Order:
    """Which place to follow: the seed of its landscape, and what happens there."""

    seed: int
    size: int
    years: int
    per_year: int
    loss_per_year: float

    def command(self, places: int) -> str:
        """What repeats the test on so many places, this one the first."""
        return (
            f"python -m benchmarks retreat --places {places} --seed {self.seed} --size {self.size} "
            f"--years {self.years} --per-year {self.per_year} --loss-per-year {self.loss_per_year:g}"
        )


def measure(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    years: Years = 6,
    per_year: PerYear = 2,
    loss_per_year: Loss = 0.03,
    seed: Seed = 19_000,
    size: Size = 256,
    places: Places = 1,
    model: ModelKey = None,
    write: Write = False,
    out: Out = None,
) -> None:
    """Map places of known retreat on every date, follow them with the default guards, compare the slopes."""
    if write and places < LEAST_PLACES:
        raise typer.BadParameter(
            f"{places} place tells no share of places. Add --places with {LEAST_PLACES} or more to --write."
        )
    models = [find_model(key) for key in ([model] if model else MODELS)]
    first = Order(seed, size, years, per_year, loss_per_year)
    figures: list[Figure] = []
    for number in range(places):
        order = replace(first, seed=seed + number)
        label = f"seed {order.seed}, " if places > 1 else ""
        figures += [replace(each, name=f"{label}{each.name}") for each in place_figures(models, order)]
    tests = [(each, _trend_test(each.spec.key, figures, first.command(places))) for each in models]
    for each, test in tests:
        if test is not None and places > 1:
            how = f"of {test.places} places"
            name = f"{each.spec.key}: share of places whose interval holds the true slope"
            figures.append(Figure(name, test.held / test.places, bar=LEAST, how=how))
    report(f"Retreat on {years * per_year} dates, tiles of {size} px, from seed {seed}", figures, out)
    if write:
        for each, test in tests:
            write_test(each, test, WEIGHTS_DIR)


def _trend_test(key: str, figures: Sequence[Figure], command: str) -> TrendTest | None:
    """How many of a model's intervals held the truth; None where no place gave one."""
    held = [each.value for each in figures if each.name.endswith(f"{key}: {HELD}")]
    return TrendTest(len(held), int(sum(held)), command) if held else None


def write_test(model: Model, test: TrendTest | None, folder: Path) -> None:
    """Write a model's test of trends into the card of its weights, beside the tests that stand there.

    Raises:
        WeightsError: the card has become that of other weights since.
    """
    path = folder / f"{model.spec.key}.json"
    card = read_card(path)
    if card.sha256 != model.weights_sha256:
        raise WeightsError(
            f"The card {path.name} is of other weights than those that were measured. Measure these anew."
        )
    kept = card.error_test or ErrorTest(0, 0, {}, {}, "")
    write_card(replace(card, error_test=replace(kept, trend=test)), path)


def place_figures(models: Sequence[Model], order: Order) -> list[Figure]:
    """Map one place on every date, follow it, and set the slopes beside the truth."""
    years, size = range(2015, 2015 + order.years), order.size
    tiles = simulate_series(
        order.seed, size, years=years, loss_per_year=order.loss_per_year, per_year=order.per_year
    )
    truths: list[Truth] = []
    with TemporaryDirectory() as place, closing(open_history(Path(place) / "history")) as history:
        for tile in track(tiles, "Dates", order.years * order.per_year):
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
    return figures


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
    yield Figure(f"{key}: {HELD}", float(held), bar=1.0, how="1 yes, 0 no")
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
