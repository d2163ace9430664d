"""Slopes that face the sun are brighter than level ground, walls cast shadow."""

import numpy as np
import pytest

from trainer.simulate.illumination import light_ground


def test_level_ground_in_full_sun_has_light_one() -> None:
    light = light_ground(np.zeros((9, 9)), 30.0, elevation=35.0, azimuth=150.0)
    assert np.allclose(light.direct, 1.0)
    assert np.allclose(light.lit, 1.0)


@pytest.mark.parametrize(
    ("azimuth", "towards"), [(0.0, (-1, 0)), (90.0, (0, 1)), (180.0, (1, 0)), (270.0, (0, -1))]
)
def test_a_slope_is_brightest_when_it_faces_the_sun(azimuth: float, towards: tuple[int, int]) -> None:
    rows, cols = np.mgrid[:9, :9].astype(float)
    heights = -15.0 * (towards[0] * rows + towards[1] * cols)  # falls towards the sun
    facing = light_ground(heights, 30.0, 35.0, azimuth).direct[4, 4]
    averted = light_ground(-heights, 30.0, 35.0, azimuth).direct[4, 4]
    assert facing > 1.2 > 0.6 > averted


def test_a_wall_casts_shadow_away_from_the_sun_as_long_as_the_sun_is_low() -> None:
    heights = np.zeros((41, 41))
    heights[20, :] = 100.0
    light = light_ground(
        heights, 10.0, elevation=45.0, azimuth=180.0
    )  # sun in the south, shadow to the north
    assert light.lit[12:19, 20].max() == 0.0
    assert light.lit[3:8, 20].min() == 1.0
    assert light.lit[25:, 20].min() == 1.0


def test_clouds_take_the_sun_and_leave_the_sky() -> None:
    light = light_ground(np.zeros((4, 4)), 30.0, 40.0, 150.0)
    shaded = light.shaded(np.full((4, 4), 0.75))
    assert np.allclose(shaded.direct, 0.25)
    assert np.array_equal(shaded.sky, light.sky)
