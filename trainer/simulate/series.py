"""A series of one place: the same terrain in several years, its glaciers losing a known share."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from trainer.simulate.conditions import draw_conditions, draw_melt_end
from trainer.simulate.fractal_ground import make_ground
from trainer.simulate.retreat import retreated
from trainer.simulate.scene import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from trainer.simulate.conditions import Conditions, Sensor
    from trainer.simulate.scene import SimulatedTile
DRAW_STEP = 1_000_000  # between the seeds of a year's draws, so that they meet no other landscape's


def simulate_series(  # noqa: PLR0913 - all but the first two by name
    seed: int,
    size: int = 512,
    *,
    years: Sequence[int],
    loss_per_year: float,
    per_year: int = 1,
    sensor: Sensor = "landsat8",
    any_weather: bool = False,
) -> Iterator[SimulatedTile]:
    """Tiles of one landscape by date; glaciers lose `loss_per_year` of their first area each year.

    Days are clear ones at the end of the melt season, as a researcher would choose them; with `any_weather`
    those of any summer, with clouds and snow. The truth of each tile is in its labels.
    """
    days = [
        day
        for year in years
        for day in sorted(_days(seed, year, per_year, any_weather), key=lambda each: each.acquired_on)
    ]
    return retreating(seed, size, days, loss_per_year, sensor)


def retreating(
    seed: int, size: int, days: Sequence[Conditions], loss_per_year: float, sensor: Sensor = "landsat8"
) -> Iterator[SimulatedTile]:
    """One landscape on the given days, the first of them in the year before any loss.

    The weather is each day's own, the ground each year's.
    """
    first = make_ground(seed, size)
    for day in days:
        lost = (day.acquired_on.year - days[0].acquired_on.year) * loss_per_year
        yield render(seed, retreated(first, lost), day, sensor)


def _days(seed: int, year: int, count: int, any_weather: bool) -> Iterator[Conditions]:
    """Several days of a year, no two of them the same."""
    taken: set[date] = set()
    for draw in itertools.count():
        drawn = (seed + draw * DRAW_STEP) * 10_000 + year
        day = _summer_day(drawn, year) if any_weather else draw_melt_end(drawn, year)
        if day.acquired_on not in taken:
            taken.add(day.acquired_on)
            yield day
        if len(taken) == count:
            return


def _summer_day(seed: int, year: int) -> Conditions:
    """A summer day in whatever weather, moved to the year."""
    drawn = draw_conditions(seed, "summer")
    day = drawn.acquired_on
    return replace(drawn, acquired_on=day.replace(year=year, day=min(day.day, 28)))
