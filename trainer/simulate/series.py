"""A series of one place: the same terrain in several years, its glaciers losing a known share."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from trainer.simulate.conditions import Conditions, Sensor, draw_conditions
from trainer.simulate.fractal_ground import make_ground
from trainer.simulate.retreat import retreated
from trainer.simulate.scene import SimulatedTile, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

DRAW_STEP = 1_000_000  # between the seeds of a year's draws, so that they meet no other landscape's


def simulate_series(
    seed: int,
    size: int = 512,
    *,
    years: Sequence[int],
    loss_per_year: float,
    per_year: int = 1,
    sensor: Sensor = "landsat8",
) -> Iterator[SimulatedTile]:
    """Tiles of one landscape by date; glaciers lose `loss_per_year` of their first area each year.

    The weather is each tile's own, the ground each year's. The truth of each tile is in its labels.
    """
    first = make_ground(seed, size)
    for year in years:
        ground = retreated(first, (year - years[0]) * loss_per_year)
        for weather in sorted(_weathers(seed, year, per_year), key=lambda each: each.acquired_on):
            yield render(seed, ground, weather, sensor)


def _weathers(seed: int, year: int, count: int) -> Iterator[Conditions]:
    """The conditions of several summer days of a year, no two of them the same day."""
    taken: set[date] = set()
    for draw in itertools.count():
        weather = draw_conditions((seed + draw * DRAW_STEP) * 10_000 + year, "summer")
        day = weather.acquired_on.replace(year=year, day=min(weather.acquired_on.day, 28))
        if day not in taken:
            taken.add(day)
            yield replace(weather, acquired_on=day)
        if len(taken) == count:
            return
