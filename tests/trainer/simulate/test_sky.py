"""Clouds cover what the day asks for and cast their shadow away from the sun."""

from dataclasses import replace

import numpy as np
import pytest

from trainer.simulate.atmosphere import make_sky
from trainer.simulate.conditions import draw_conditions


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_clouds_cover_about_the_share_of_the_day(share: float) -> None:
    day = replace(draw_conditions(3, "summer"), cloud_share=share)
    assert (make_sky(3, (200, 200), day).opacity > 0.5).mean() == pytest.approx(share, rel=0.5)


def test_the_shadow_lies_on_the_far_side_of_the_cloud() -> None:
    day = replace(draw_conditions(3, "summer"), cloud_share=0.02, sun_azimuth=180.0, sun_elevation=45.0)
    sky = make_sky(3, (200, 200), day)
    rows = np.arange(200)[:, None]
    north = (rows * sky.opacity).sum() / sky.opacity.sum() - (rows * sky.shadow).sum() / sky.shadow.sum()
    assert north > 10


@pytest.mark.parametrize("seed", range(5))
def test_winter_has_the_lower_sun_and_the_colder_air(seed: int) -> None:
    winter, summer = draw_conditions(seed, "winter"), draw_conditions(seed, "summer")
    assert winter.sun_elevation < summer.sun_elevation
    assert winter.air_k < summer.air_k
    assert winter.acquired_on.month in {11, 12, 1, 2}
    assert summer.acquired_on.month in {6, 7, 8, 9}
    assert draw_conditions(seed, "any").season in {"winter", "summer"}
