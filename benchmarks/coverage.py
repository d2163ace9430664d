"""Coverage: how often the errors of areas hold the truth, on simulated tiles whose true areas are known."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.progress import track

from benchmarks.correlation import Correlogram, ice_residuals
from benchmarks.figures import Figure, report
from benchmarks.options import Model, Out
from core.inference.decision import deciding_threshold
from core.inference.torch_engine import torch_engine
from core.mapping import PROBABILITIES_FILE, Mapped, Work, measure_classes, predicted_classes
from core.measure.areas import Counts
from core.measure.conformal import conformal_factor, miss
from core.measure.expectations import BLOCK_PX
from core.measure.ground import area_field
from core.measure.groups import class_groups
from core.models import MODELS
from core.networks.cards import write_card
from core.networks.error_tests import ErrorTest, SpreadTest
from core.networks.weights import WEIGHTS_DIR, load_model
from core.runs import ErrorKind, Options
from core.tiles.opening import open_raster
from core.tiles.reading import open_tile
from core.types import ignore_progress
from trainer.labels import training_labels
from trainer.simulate.scene import simulate_tile
from trainer.simulate.writing import write_five_bands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.measure.groups import ClassGroup
    from core.networks.weights import LoadedModel
    from core.runs import AreaError
    from trainer.simulate.scene import SimulatedTile

LEAST, MOST = 0.90, 0.99  # the bars of a 95 % interval, told from this many tiles
M2_PER_KM2 = 1e6
Tiles = Annotated[int, typer.Option("--tiles", min=2, help="Tiles that the intervals are tested on.")]
Calibration = Annotated[
    int, typer.Option("--calibration", min=0, help="Other tiles, to find by how much intervals are widened.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the first tile; no training may have seen it.")]
Size = Annotated[int, typer.Option("--size", min=64, help="Side of a tile, pixels of 30 m.")]
Views = Annotated[bool, typer.Option("--symmetries/--no-symmetries", help="Test the spread of eight views.")]
Write = Annotated[bool, typer.Option("--write", help="Write factors and coverage into the weights' cards.")]
SpreadAlone = Annotated[
    bool, typer.Option("--spread-alone", help="Write the spread's coverage alone; leave the card's rest.")
]


@dataclass(frozen=True, slots=True)
class Case:
    """One area of one tile: its errors, the true area, and whether there is anything of the class at all."""

    group: str
    truth_km2: float
    errors: tuple[AreaError, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Which tiles to test on."""

    seed: int
    size: int
    calibration: int
    tiles: int
    symmetries: bool

    @property
    def command(self) -> str:
        """What repeats the test."""
        views = "" if self.symmetries else " --no-symmetries"
        return (
            f"python -m benchmarks coverage --tiles {self.tiles} --calibration {self.calibration} "
            f"--seed {self.seed} --size {self.size}{views}"
        )


def measure(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    tiles: Tiles = 60,
    calibration: Calibration = 60,
    seed: Seed = 900_000,
    size: Size = 256,
    symmetries: Views = True,
    model: Model = None,
    write: Write = False,
    spread_alone: SpreadAlone = False,
    out: Out = None,
) -> None:
    """Share of simulated tiles whose 95 % interval holds the true area, for each class and kind of error."""
    order = Order(seed, size, calibration, tiles, symmetries)
    models = [load_model(key) for key in ([model] if model else MODELS)]
    figures: list[Figure] = []
    for loaded, (test, correlation) in zip(models, run_tests(models, order), strict=True):
        figures += list(_figures(loaded, test, correlation))
        if write:
            written = with_kept(loaded.card.error_test, test, spread_alone=spread_alone)
            write_card(replace(loaded.card, error_test=written), WEIGHTS_DIR / f"{loaded.spec.key}.json")
    report(f"Coverage on {tiles} tiles of {size} px", figures, out)


def with_kept(kept: ErrorTest | None, test: ErrorTest, *, spread_alone: bool) -> ErrorTest:
    """A new test with the card's test of trends, made apart; or the card's with the new spread alone.

    A card that has no test of areas takes the new one whole.
    """
    if kept is None or not spread_alone or not kept.test_tiles:
        return replace(test, trend=kept.trend if kept else None)
    spread = SpreadTest(test.test_tiles, test.coverage.get(ErrorKind.SPREAD.value, {}), test.command)
    others = {kind: shares for kind, shares in kept.coverage.items() if kind != ErrorKind.SPREAD.value}
    return replace(kept, coverage=others, spread=spread)


def run_tests(models: list[LoadedModel], order: Order) -> Iterator[tuple[ErrorTest, Correlogram]]:
    """The test of each model, and how far its mistakes on the calibration tiles are correlated."""
    plain = [replace(model, card=replace(model.card, error_test=None)) for model in models]
    cases: list[list[list[Case]]] = [[] for _ in models]
    correlations = [Correlogram() for _ in models]
    seeds = range(order.seed, order.seed + order.calibration + order.tiles)
    with ProcessPoolExecutor(min(len(seeds), os.cpu_count() or 1)) as pool:
        simulated = pool.map(partial(simulate_tile, size=order.size), seeds)
        for number, tile in enumerate(track(simulated, "Tiles", len(seeds))):
            calibrating = number < order.calibration
            options = Options(symmetries=order.symmetries and not calibrating)
            for model, found, correlation in zip(plain, cases, correlations, strict=True):
                found.append(_cases(tile, model, options, correlation if calibrating else None))
    for found, correlation in zip(cases, correlations, strict=True):
        yield _test(found, order), correlation


def _cases(
    tile: SimulatedTile, model: LoadedModel, options: Options, correlation: Correlogram | None
) -> list[Case]:
    """Map one tile as a run does, and set its errors beside the truth."""
    spec = model.spec
    with TemporaryDirectory() as place:
        write_five_bands(Path(place) / "tile.tif", tile)
        with open_tile(Path(place) / "tile.tif") as opened:
            ground = area_field(opened.grid)
            threshold = deciding_threshold(spec, model.card, None)
            work = Work(opened, model, options, Path(place), threshold, ground)
            with predicted_classes(work, torch_engine(model), ignore_progress) as predicted:
                mapped = measure_classes(work, predicted, ignore_progress)
            labels = training_labels(spec, None, tile.labels)
            if labels is None or ground is None:
                raise ValueError("a simulated tile has labels and a grid")
            whole = opened.grid.full_window
            true = Counts.of(labels, spec, ground.read(whole))
            if correlation is not None:
                with open_raster(Path(place) / PROBABILITIES_FILE, PROBABILITIES_FILE) as levels:
                    correlation.add(ice_residuals(levels.read(), labels, spec))
    return [
        Case(group.key, group.total(true.areas_m2 or ()) / M2_PER_KM2, _errors_of(mapped, group))
        for group in class_groups(spec)
        if group.total(true.areas_m2 or ()) or group.total(mapped.counts.areas_m2 or ())
    ]


def _errors_of(mapped: Mapped, group: ClassGroup) -> tuple[AreaError, ...]:
    return tuple(error for error in mapped.errors if error.class_key == group.key)


def _test(found: list[list[Case]], order: Order) -> ErrorTest:
    """Factors from the first tiles, coverage on the others."""
    misses: dict[str, list[float]] = defaultdict(list)
    for case in (case for tile in found[: order.calibration] for case in tile):
        misses[case.group] += [
            miss(error, case.truth_km2) for error in case.errors if error.kind is ErrorKind.PROBABILITY
        ]
    factors = {
        group: factor for group, values in misses.items() if (factor := conformal_factor(values)) is not None
    }
    held: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for case in (case for tile in found[order.calibration :] for case in tile):
        for error in case.errors:
            factor = factors.get(case.group, 1.0) if error.kind is ErrorKind.PROBABILITY else 1.0
            held[error.kind.value, case.group].append(miss(error, case.truth_km2) <= factor)
    coverage: dict[str, dict[str, float]] = defaultdict(dict)
    for (kind, group), each in held.items():
        coverage[kind][group] = float(np.mean(each))
    return ErrorTest(order.calibration, order.tiles, factors, dict(coverage), order.command)


def _figures(model: LoadedModel, test: ErrorTest, correlation: Correlogram) -> Iterator[Figure]:
    key = model.spec.key
    for kind, groups in test.coverage.items():
        for group, share in groups.items():
            yield Figure(f"{key}: {group}, {kind}", share, bar=LEAST, how=f"at most {MOST:.0%} is meant")
    for group, factor in test.factors.items():
        yield Figure(f"{key}: {group}, factor of the probability interval", factor)
    yield Figure(
        f"{key}: distance at which mistakes are no longer alike",
        correlation.length_px,
        "px",
        bar=BLOCK_PX,
        sense="at most",
        how="first lag with a correlation below 0.1",
    )
