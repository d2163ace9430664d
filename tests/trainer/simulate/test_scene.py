"""A simulated tile is the same for the same seed, and looks like its season."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.types import NO_DATA
from tests.trainer.simulate.conftest import SEED, SIZE_PX
from trainer.simulate.conditions import Season, draw_conditions
from trainer.simulate.scene import SimulatedTile, render, simulate_tile

if TYPE_CHECKING:
    from trainer.simulate.ground import Ground


def clear(ground: Ground, season: Season) -> SimulatedTile:
    """A tile without clouds, masks and edges."""
    day = draw_conditions(SEED, season)
    return render(SEED, ground, replace(day, cloud_share=0.0, glare_masked=0.0, beyond_swath=0.0))


def reflectance(tile: SimulatedTile) -> np.ndarray:
    return tile.numbers[:4] * 2.75e-5 - 0.2


def kelvin(tile: SimulatedTile) -> np.ndarray:
    return tile.numbers[4] * 0.00341802 + 149


@pytest.fixture(scope="module")
def summer(ground: Ground) -> SimulatedTile:
    return clear(ground, "summer")


@pytest.fixture(scope="module")
def winter(ground: Ground) -> SimulatedTile:
    return clear(ground, "winter")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (simulate_tile(seed, 64) for seed in (1, 1, 2))
    assert first.numbers.tobytes() == again.numbers.tobytes()
    assert first.labels.tobytes() == again.labels.tobytes()
    assert first.grid == again.grid
    assert first.conditions == again.conditions
    assert first.numbers.tobytes() != other.numbers.tobytes()


def test_bands_labels_and_grid_cover_the_same_pixels(summer: SimulatedTile) -> None:
    assert summer.numbers.shape == (5, SIZE_PX, SIZE_PX)
    assert summer.numbers.dtype == np.uint16
    assert summer.labels.shape == summer.grid.shape == (SIZE_PX, SIZE_PX)
    assert summer.grid.pixel_size == (30.0, 30.0)


def test_lakes_can_be_many_or_none(ground: Ground) -> None:
    day = draw_conditions(SEED, "summer")
    ice = ground.ice[ground.margin_px : -ground.margin_px, ground.margin_px : -ground.margin_px]
    none, usual, many = (
        int(((render(SEED, ground, day, lakes=lakes).truth == 3) & ~ice).sum()) for lakes in (0, 1, 8)
    )
    assert none == 0
    assert 0 < usual < many


def test_all_four_classes_are_there(summer: SimulatedTile) -> None:
    assert set(np.unique(summer.truth)) == {0, 1, 2, 3}


def test_snow_on_slopes_towards_a_low_sun_reflects_more_than_one(winter: SimulatedTile) -> None:
    assert (reflectance(winter)[2] > 1.0).mean() > 0.1
    assert (reflectance(winter)[2] < 0.05).mean() > 0.05


def test_in_summer_debris_is_warmer_and_darker_than_clean_ice(summer: SimulatedTile) -> None:
    debris, ice = summer.truth == 2, summer.truth == 1
    assert np.median(kelvin(summer)[debris]) > np.median(kelvin(summer)[ice]) + 3
    assert np.median(reflectance(summer)[2][debris]) < np.median(reflectance(summer)[2][ice])
    assert np.median(kelvin(summer)[ice]) < 276


def test_under_winter_snow_debris_is_nearly_as_cold_and_bright_as_ice(winter: SimulatedTile) -> None:
    debris, ice = winter.truth == 2, winter.truth == 1
    lit = reflectance(winter)[2] > 0.5
    assert abs(np.median(kelvin(winter)[debris & lit]) - np.median(kelvin(winter)[ice & lit])) < 5
    assert (debris & lit).sum() > 0.3 * debris.sum()


def test_open_water_is_dark_in_shortwave_infrared(summer: SimulatedTile) -> None:
    water = summer.truth == 3
    assert np.median(reflectance(summer)[3][water]) < 0.06


def test_a_masked_pixel_has_no_data_in_any_band_and_no_label(ground: Ground) -> None:
    day = replace(draw_conditions(SEED, "winter"), glare_masked=0.3, beyond_swath=0.3)
    tile = render(SEED, ground, day)
    assert 0.2 < (~tile.valid).mean() < 0.8
    assert not tile.numbers[:, ~tile.valid].any()
    assert (tile.labels[~tile.valid] == NO_DATA).all()
    assert (tile.labels[tile.valid] != NO_DATA).all()


def test_what_a_thick_cloud_hides_is_background(ground: Ground) -> None:
    day = replace(draw_conditions(SEED, "summer"), cloud_share=0.6, clouds_masked=False, beyond_swath=0.0)
    tile = render(SEED, ground, day)
    changed = tile.labels != tile.truth
    assert changed.any()
    assert set(np.unique(tile.labels[changed & tile.valid])) == {0}


def test_sentinel_2_has_no_thermal_band_and_an_offset(ground: Ground) -> None:
    day = replace(draw_conditions(SEED, "summer"), cloud_share=0.0, glare_masked=0.0, beyond_swath=0.0)
    tile = render(SEED, ground, day, "sentinel2")
    landsat = render(SEED, ground, day)
    assert not tile.numbers[4].any()
    assert np.allclose((tile.numbers[1] - 1000.0) * 1e-4, reflectance(landsat)[1], atol=2e-4)
