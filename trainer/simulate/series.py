"""A series of one place: the same terrain in several years, its glaciers losing a known share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from trainer.simulate.conditions import Season, Sensor, draw_conditions
from trainer.simulate.fractal_ground import make_ground
from trainer.simulate.retreat import retreated
from trainer.simulate.scene import SimulatedTile, render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def simulate_series(
    seed: int,
    size: int = 512,
    *,
    years: Sequence[int],
    loss_per_year: float,
    season: Season = "summer",
    sensor: Sensor = "landsat8",
) -> Iterator[SimulatedTile]:
    """One tile a year over one landscape; glaciers lose `loss_per_year` of their first area each year.

    The weather is each year's own. The truth of each year is in its labels.
    """
    first = make_ground(seed, size)
    for year in years:
        ground = retreated(first, (year - years[0]) * loss_per_year)
        weather = draw_conditions(seed * 10_000 + year, season)
        day = weather.acquired_on
        yield render(
            seed, ground, replace(weather, acquired_on=day.replace(year=year, day=min(day.day, 28))), sensor
        )
