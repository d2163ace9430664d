"""Clouds: how much unmasked cloud the rule finds, and how much clear ground it takes for cloud."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, get_args

import numpy as np
import typer
from rich.progress import track

from benchmarks.figures import Figure, report
from benchmarks.options import Out
from core.measure.clouds import MUCH, find_cloud
from core.tiles.reading import open_tile
from trainer.simulate.atmosphere import make_sky
from trainer.simulate.conditions import Season, Sensor, draw_conditions
from trainer.simulate.fractal_ground import make_ground
from trainer.simulate.scene import OPAQUE, render
from trainer.simulate.writing import write_five_bands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from trainer.simulate.conditions import Conditions

THICK = 0.8  # opacity; what is less leaves the ground to be guessed
CLOUDY_SHARES = (0.1, 0.5)  # of the tile, drawn evenly
LEAST_FOUND = 0.8
SEASONS: tuple[Season, ...] = ("summer", "winter")

Tiles = Annotated[int, typer.Option("--tiles", min=1, help="Landscapes of each season.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the first landscape; each further one adds 1.")]
Size = Annotated[int, typer.Option("--size", min=64, help="Side of a tile, pixels of 30 m.")]


@dataclass(frozen=True, slots=True)
class Order:
    """One landscape to look at, under a clear and under a cloudy sky."""

    seed: int
    size: int
    season: Season
    sensor: Sensor


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rule says of one landscape, pixels and shares 0..1.

    `thick_px` and `found_thick_px`: cloud of `THICK` opacity, and what is found of it; `cloud_px` and
    `found_px` likewise from `OPAQUE` on. `true_share`: of the cloudy tile under cloud, `told_share` what the
    rule says of it, `false_share` what it says of the clear one.
    """

    thick_px: int
    found_thick_px: int
    cloud_px: int
    found_px: int
    true_share: float
    told_share: float
    false_share: float


def measure(tiles: Tiles = 24, seed: Seed = 930_000, size: Size = 192, out: Out = None) -> None:
    """Share of simulated cloud that is found, and of clear ground that is taken for cloud."""
    groups = list(product(SEASONS, get_args(Sensor)))
    orders = [Order(seed + n, size, season, sensor) for season, sensor in groups for n in range(tiles)]
    with ProcessPoolExecutor(min(len(orders), os.cpu_count() or 1)) as pool:
        seen = list(track(pool.map(look, orders), "Tiles", len(orders)))
    figures: list[Figure] = []
    for number, (season, sensor) in enumerate(groups):
        figures += _figures(f"{season}, {sensor}", seen[number * tiles : (number + 1) * tiles])
    report(f"Unmasked cloud on {tiles} landscapes of {size} px a season", figures, out)


def look(order: Order) -> Seen:
    """Simulate a landscape twice and try the rule on both tiles."""
    drawn = draw_conditions(order.seed, order.season)
    day = replace(drawn, cloud_share=0.0, clouds_masked=False, glare_masked=0.0, beyond_swath=0.0)
    rng = np.random.default_rng(order.seed)
    cloudy, opacity = _look(order, replace(day, cloud_share=float(rng.uniform(*CLOUDY_SHARES))))
    clear, _ = _look(order, day)
    thick, cloud = opacity >= THICK, opacity > OPAQUE
    return Seen(
        thick_px=int(thick.sum()),
        found_thick_px=int((cloudy & thick).sum()),
        cloud_px=int(cloud.sum()),
        found_px=int((cloudy & cloud).sum()),
        true_share=float(cloud.mean()),
        told_share=float(cloudy.mean()),
        false_share=float(clear.mean()),
    )


def _look(order: Order, conditions: Conditions) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """What looks like cloud on a tile as it is read from its file, and the true opacity; both (h, w)."""
    ground = make_ground(order.seed, order.size)
    tile = render(order.seed, ground, conditions, order.sensor)
    inner = slice(ground.margin_px, ground.bed.shape[0] - ground.margin_px)
    opacity = make_sky(order.seed, ground.bed.shape, conditions).opacity[inner, inner]
    with TemporaryDirectory() as place:
        path = Path(place) / "tile.tif"
        write_five_bands(path, tile)
        with open_tile(path) as opened:
            cloud, _ = find_cloud(opened.read(opened.grid.full_window).values)
    return cloud, opacity


def _figures(name: str, seen: Sequence[Seen]) -> Iterator[Figure]:
    thick, cloud = sum(each.thick_px for each in seen), sum(each.cloud_px for each in seen)
    yield Figure(
        f"{name}: thick cloud found",
        sum(each.found_thick_px for each in seen) / thick,
        bar=LEAST_FOUND,
        how=f"opacity of {THICK} or more",
    )
    yield Figure(
        f"{name}: cloud found",
        sum(each.found_px for each in seen) / cloud,
        how=f"opacity above {OPAQUE}",
    )
    false = [each.false_share for each in seen]
    yield Figure(f"{name}: clear ground taken for cloud, mean", float(np.mean(false)))
    yield Figure(f"{name}: clear ground taken for cloud, worst tile", max(false), bar=MUCH, sense="at most")
    cloudy = [each for each in seen if each.true_share > MUCH]
    yield Figure(
        f"{name}: cloudy tiles that the guard leaves out",
        float(np.mean([each.told_share > MUCH for each in cloudy])),
        bar=LEAST_FOUND,
        how=f"{len(cloudy)} tiles with more than {MUCH:.0%} under cloud",
    )
