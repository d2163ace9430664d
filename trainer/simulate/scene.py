"""A whole simulated tile: ground, cover, light, air and sensor put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.types import NO_DATA
from trainer.simulate.atmosphere import make_sky, through_air
from trainer.simulate.conditions import Conditions, Season, Sensor, draw_conditions
from trainer.simulate.fractal_ground import make_ground
from trainer.simulate.illumination import light_ground
from trainer.simulate.masking import missing_data
from trainer.simulate.reflectance import apparent_reflectance, material_reflectance
from trainer.simulate.retreat import retreated
from trainer.simulate.sensor import add_noise, digital_numbers
from trainer.simulate.surfaces import BACKGROUND, cover_ground
from trainer.simulate.temperature import surface_temperature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Grid
    from trainer.simulate.ground import Ground

OPAQUE = 0.5  # a cloud that hides more than this of the ground is background


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTile:
    """A tile and its truth.

    `numbers`: uint16 (5, h, w), digital numbers in the order of `BANDS`, 0 in all bands where there is no
    data (thermal is 0 everywhere for Sentinel-2). `labels`: uint8 (h, w), classes 0-3, 255 where there is no
    data. `truth`: the same under masks and clouds.
    """

    numbers: NDArray[np.uint16]
    labels: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    grid: Grid
    sensor: Sensor
    conditions: Conditions
    seed: int

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Pixels that carry data."""
        return np.asarray((self.numbers != 0).any(axis=0))


def simulate_tile(  # noqa: PLR0913 - all but the first two by name
    seed: int,
    size: int = 512,
    *,
    season: Season = "any",
    sensor: Sensor = "landsat8",
    ground: Ground | None = None,
    lost_share: float = 0.0,
    lakes: float = 1.0,
) -> SimulatedTile:
    """Simulate one tile of `size` pixels; the same arguments give the same bytes.

    `ground` replaces the fractal landscape of the seed (its margin included). `lost_share` melts that share
    of the glaciers' area away, on the same terrain and under the same sky. `lakes` multiplies how many lakes
    there are on average.
    """
    place = make_ground(seed, size) if ground is None else ground
    return render(seed, retreated(place, lost_share), draw_conditions(seed, season), sensor, lakes)


def render(
    seed: int, ground: Ground, conditions: Conditions, sensor: Sensor = "landsat8", lakes: float = 1.0
) -> SimulatedTile:
    """The tile that a sensor takes of this ground on this day."""
    cover = cover_ground(seed, ground, conditions, lakes)
    light = light_ground(cover.heights, ground.pixel_m, conditions.sun_elevation, conditions.sun_azimuth)
    sky = make_sky(seed, cover.labels.shape, conditions)
    materials = material_reflectance(seed, cover, conditions)
    shaded = light.shaded(sky.shadow)
    apparent = apparent_reflectance(materials, shaded)
    kelvin = surface_temperature(seed, cover, shaded, ground.line_m, conditions)
    seen, kelvin = through_air(seed, apparent, kelvin, sky, conditions)
    seen = add_noise(seed, seen, light, conditions)
    missing = missing_data(seed, seen, light, sky, conditions)
    inner = slice(ground.margin_px, cover.labels.shape[0] - ground.margin_px)
    part = (inner, inner)
    numbers = digital_numbers(seen[:, inner, inner], kelvin[part], missing[part], sensor)
    truth = cover.labels[part]
    labels = np.where(sky.opacity[part] > OPAQUE, BACKGROUND, truth).astype(np.uint8)
    labels[missing[part]] = NO_DATA
    return SimulatedTile(numbers, labels, truth.copy(), ground.grid, sensor, conditions, seed)
