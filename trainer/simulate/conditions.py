"""The day of a scene: date, sun, snow, air and sky, drawn for a season."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from trainer.simulate.noise import generator

if TYPE_CHECKING:
    import numpy as np

Season = Literal["winter", "summer", "any"]
Sensor = Literal["landsat8", "sentinel2"]

WINTER_START, WINTER_DAYS = (11, 10), 105  # the reference scene lies in this time of low sun
SUMMER_START, SUMMER_DAYS = (6, 20), 100
MELT_END_START, MELT_END_DAYS = (8, 20), 32  # seasonal snow has gone, new snow has not come


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything about a scene that is not ground.

    Angles are degrees, azimuth clockwise from north. `snow_above_line_m`: height of the seasonal snow line
    relative to the equilibrium line; `bare_extra_m`: how much higher it lies on rock. `fresh`: 0 old wet
    snow .. 1 new snow. `air_k`: air temperature at the equilibrium line. `haze`: added path reflectance
    scale. `cloud_share`: of the tile under cloud. `clouds_masked`: the product has no data where clouds and
    their shadows were found. `glare_masked`: share of the tile zero-filled because glaring snow was taken for
    cloud, as in the reference tiles. `beyond_swath`: share of the tile's width that the sensor did not see.
    """

    season: Season
    acquired_on: date
    sun_elevation: float
    sun_azimuth: float
    snow_above_line_m: float
    bare_extra_m: float
    fresh: float
    air_k: float
    haze: float
    cloud_share: float
    clouds_masked: bool
    glare_masked: float
    beyond_swath: float


def draw_conditions(seed: int, season: Season) -> Conditions:
    """Draw the day of a scene; season `any` tosses a coin first."""
    rng = generator(seed, "conditions")
    chosen: Season = season
    if season == "any":
        chosen = "winter" if rng.random() < 0.5 else "summer"
    return _winter(rng) if chosen == "winter" else _summer(rng)


def draw_melt_end(seed: int, year: int) -> Conditions:
    """Draw a day that suits the mapping of glaciers: clear, late in a year's melt season, all ground seen."""
    rng = generator(seed, "melt end")
    day = date(year, *MELT_END_START) + timedelta(days=int(rng.integers(0, MELT_END_DAYS)))
    return Conditions(
        season="summer",
        acquired_on=day,
        sun_elevation=rng.uniform(50.0, 57.0),
        sun_azimuth=rng.uniform(140.0, 152.0),
        snow_above_line_m=rng.uniform(0.0, 60.0),
        bare_extra_m=rng.uniform(200.0, 320.0),
        fresh=rng.uniform(0.2, 0.4),
        air_k=rng.uniform(273.0, 278.0),
        haze=rng.uniform(0.0, 0.3),
        cloud_share=0.0,
        clouds_masked=True,
        glare_masked=0.0,
        beyond_swath=0.0,
    )


def _winter(rng: np.random.Generator) -> Conditions:
    """A low-sun day with snow on nearly everything."""
    return Conditions(
        season="winter",
        acquired_on=_day(rng, WINTER_START, WINTER_DAYS),
        sun_elevation=rng.uniform(27.0, 34.0),
        sun_azimuth=rng.uniform(148.0, 164.0),
        snow_above_line_m=-rng.uniform(500.0, 1900.0),
        bare_extra_m=rng.uniform(0.0, 300.0),
        fresh=rng.uniform(0.65, 1.0),
        air_k=rng.uniform(253.0, 259.0),
        haze=rng.uniform(0.0, 0.4),
        cloud_share=0.0 if rng.random() < 0.9 else rng.uniform(0.02, 0.12),
        clouds_masked=bool(rng.random() < 0.5),
        glare_masked=rng.uniform(0.1, 0.38) if rng.random() < 0.93 else 0.0,
        beyond_swath=rng.uniform(0.05, 0.65) if rng.random() < 0.1 else 0.0,
    )


def _summer(rng: np.random.Generator) -> Conditions:
    """A high-sun day between the first melt and the first autumn snow."""
    clear = rng.random() < 0.55
    early = rng.random() < 0.2  # the winter snow has not gone yet, or the first autumn snow has come
    return Conditions(
        season="summer",
        acquired_on=_day(rng, SUMMER_START, SUMMER_DAYS),
        sun_elevation=rng.uniform(48.0, 68.0),
        sun_azimuth=rng.uniform(110.0, 155.0),
        snow_above_line_m=-rng.uniform(200.0, 700.0) if early else rng.normal(-40.0, 150.0),
        bare_extra_m=rng.uniform(80.0, 450.0),
        fresh=float(rng.beta(1.2, 3.0)),
        air_k=rng.uniform(272.0, 280.0),
        haze=rng.uniform(0.0, 1.0),
        cloud_share=0.0 if clear else rng.uniform(0.01, 0.2),
        clouds_masked=bool(rng.random() < 0.5),
        glare_masked=rng.uniform(0.01, 0.08) if rng.random() < 0.1 else 0.0,
        beyond_swath=rng.uniform(0.05, 0.65) if rng.random() < 0.06 else 0.0,
    )


def _day(rng: np.random.Generator, start: tuple[int, int], days: int) -> date:
    """A day of some Landsat-8 year."""
    first = date(int(rng.integers(2014, 2025)), *start)
    return first + timedelta(days=int(rng.integers(0, days)))
