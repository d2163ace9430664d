"""Masks look like those of the reference tiles: dilated squares, single pixels, a slanted edge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from trainer.simulate.atmosphere import Sky, make_sky
from trainer.simulate.conditions import Conditions, draw_conditions
from trainer.simulate.illumination import Light
from trainer.simulate.masking import missing_data

SHAPE = (160, 160)
CLEAR = replace(
    draw_conditions(0, "winter"), cloud_share=0.0, clouds_masked=False, glare_masked=0.0, beyond_swath=0.0
)


def missing(conditions: Conditions, sky: Sky | None = None) -> np.ndarray:
    rng = np.random.default_rng(0)
    light = Light(rng.uniform(0, 1.6, SHAPE), np.ones(SHAPE), np.ones(SHAPE))
    nothing = Sky(np.zeros(SHAPE), np.zeros(SHAPE))
    return missing_data(0, rng.uniform(0, 1, (4, *SHAPE)), light, sky or nothing, conditions)


def test_a_clear_day_misses_nothing() -> None:
    assert not missing(CLEAR).any()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_glare_masks_about_the_share_asked_for_in_squares_of_seven(share: float) -> None:
    masked = missing(replace(CLEAR, glare_masked=share))
    blobs = ndimage.binary_opening(masked, np.ones((7, 7)))
    assert blobs.mean() == pytest.approx(share, abs=0.05)
    assert 0 < (masked & ~blobs).mean() < 0.03


def test_masked_clouds_and_their_shadows_carry_no_data() -> None:
    day = replace(CLEAR, cloud_share=0.2, clouds_masked=True)
    sky = make_sky(0, SHAPE, day)
    masked = missing(day, sky)
    assert masked[sky.opacity > 0.5].all()
    assert masked[sky.shadow > 0.5].all()
    assert not masked.all()


def test_the_edge_of_the_swath_is_a_slanted_line() -> None:
    masked = missing(replace(CLEAR, beyond_swath=0.4))
    edges = [np.flatnonzero(np.diff(row.astype(int))) for row in masked]
    assert all(len(edge) == 1 for edge in edges)
    assert 15 < abs(edges[0][0] - edges[-1][0]) < 45
