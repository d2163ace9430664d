"""The three errors of an area, on maps whose answer is known."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from core.inference.postprocess import plan_strips
from core.measure.area_errors import ErrorStrips, Trust
from core.measure.areas import Counts
from core.measure.buffers import BufferStrips
from core.measure.expectations import BLOCK_PX, REPLICATES, ExpectationStrips
from core.models import BINARY, MULTICLASS, ModelSpec
from core.runs import ALL_ICE, NORMAL_95, AreaError, ErrorKind
from core.types import NO_DATA

PIXEL_M2 = np.full((1, 1), 900.0)
TRUST = Trust()
HALF = 0.5 * 900.0  # a half pixel along one pixel side, m2


def _buffers(classes: NDArray[np.uint8], spec: ModelSpec = BINARY, strip_px: int = 256) -> list[float]:
    strips = BufferStrips(spec)
    for strip in plan_strips(classes.shape, strip_px):
        strips.add(classes[strip.slices], PIXEL_M2)
    return [float(value) for value in strips.buffers_m2]


def _expectations(levels: NDArray[np.uint8], block_px: int = BLOCK_PX) -> ExpectationStrips:
    strips = ExpectationStrips(BINARY, block_px)
    for strip in plan_strips(levels.shape[1:]):
        strips.add(levels[(slice(None), *strip.slices)], PIXEL_M2)
    return strips


def _errors(classes: NDArray[np.uint8], levels: NDArray[np.uint8], trust: Trust = TRUST) -> list[AreaError]:
    strips = ErrorStrips(BINARY)
    strips.add(classes, levels, PIXEL_M2)
    return list(strips.finish(Counts.of(classes, BINARY, PIXEL_M2), trust))


def _square(side: int, size: int = 200) -> NDArray[np.uint8]:
    classes = np.zeros((size, size), np.uint8)
    classes[50 : 50 + side, 40 : 40 + side] = 1
    return classes


def test_the_buffer_of_a_square_is_half_a_pixel_along_its_perimeter() -> None:
    expected = HALF * (4 * 99 + 4 * sqrt(0.5))  # between pixel centres, its four corners cut
    assert _buffers(_square(100)) == pytest.approx([expected, expected])
    assert expected == pytest.approx(HALF * 400, rel=0.003)


def test_the_buffer_of_a_circle_is_no_staircase() -> None:
    rows, cols = np.indices((400, 400))
    circle = ((rows - 200) ** 2 + (cols - 200) ** 2 < 150**2).astype(np.uint8)
    assert _buffers(circle)[0] == pytest.approx(HALF * 2 * pi * 150, rel=0.06)  # a staircase has 27 % more


def test_the_edge_of_the_tile_and_of_no_data_is_no_outline() -> None:
    everywhere = np.ones((100, 100), np.uint8)
    assert _buffers(everywhere) == [0.0, 0.0]
    everywhere[:, 50:] = NO_DATA
    assert _buffers(everywhere) == [0.0, 0.0]
    everywhere[:50, :50] = 0
    assert _buffers(everywhere)[0] == pytest.approx(HALF * 49)  # the 2 x 2 squares that were seen whole


@pytest.mark.parametrize("strip_px", [1, 7, 64])
def test_strips_give_the_buffer_of_the_whole(strip_px: int) -> None:
    classes = np.random.default_rng(1).integers(0, 4, (90, 70)).astype(np.uint8)
    classes[30:40, 20:60] = NO_DATA
    whole = _buffers(classes, MULTICLASS)
    assert _buffers(classes, MULTICLASS, strip_px) == pytest.approx(whole)


def test_debris_against_clean_ice_is_an_outline_of_both_but_none_of_the_ice() -> None:
    classes = np.zeros((100, 100), np.uint8)
    classes[:, :30], classes[:, 30:60] = 1, 2
    clean, debris, water, ice = _buffers(classes, MULTICLASS)
    assert (clean, debris, water, ice) == pytest.approx((HALF * 99, HALF * 198, 0, HALF * 99))


def test_the_expected_area_is_probability_times_ground() -> None:
    levels = np.full((1, 300, 300), 50, np.uint8)
    levels[:, 200:] = NO_DATA
    strips = _expectations(levels)
    assert strips.expected_m2 == pytest.approx([0.2 * 200 * 300 * 900] * 2)
    assert strips.replicates_m2.mean(axis=1) == pytest.approx(strips.expected_m2, rel=0.05)


def test_ground_that_the_model_is_sure_of_leaves_nothing_open() -> None:
    levels = np.zeros((1, 256, 256), np.uint8)
    levels[:, :100] = 250
    strips = _expectations(levels)
    assert strips.expected_m2[0] == 100 * 256 * 900
    assert (strips.replicates_m2[0] == 100 * 256 * 900).all()


def test_a_constant_field_of_n_blocks_varies_as_n_common_draws_do() -> None:
    blocks, p = 16, 0.4
    levels = np.full((1, 4 * BLOCK_PX, 4 * BLOCK_PX), round(p * 250), np.uint8)
    expected = BLOCK_PX**2 * 900 * sqrt(blocks * p * (1 - p))  # binomial: a block is all or nothing
    assert _expectations(levels).replicates_m2[0].std() == pytest.approx(expected, rel=4 / sqrt(REPLICATES))


def test_larger_blocks_of_common_error_make_the_interval_wider() -> None:
    levels = np.random.default_rng(2).integers(0, 251, (1, 256, 256)).astype(np.uint8)
    widths = [float(_expectations(levels, block_px).replicates_m2[0].std()) for block_px in (1, 16, 64)]
    assert widths[2] > 3 * widths[1] > 9 * widths[0]


def test_the_same_map_gives_the_same_interval() -> None:
    levels = np.random.default_rng(3).integers(0, 251, (1, 128, 200)).astype(np.uint8)
    assert (_expectations(levels).replicates_m2 == _expectations(levels).replicates_m2).all()


def test_each_area_has_an_error_of_each_kind_and_the_glacier_is_the_ice() -> None:
    classes = _square(100)
    errors = _errors(classes, np.where(classes == 1, 200, 25).astype(np.uint8)[None])
    assert [(e.class_key, e.kind) for e in errors] == [
        (key, kind) for key in ("glacier", ALL_ICE) for kind in (ErrorKind.BUFFER, ErrorKind.PROBABILITY)
    ]
    buffer, probability = errors[:2]
    assert buffer.estimate_km2 == pytest.approx(9.0)
    assert buffer.high_km2 - buffer.estimate_km2 == pytest.approx(NORMAL_95 * buffer.sigma_km2)
    assert probability.estimate_km2 == pytest.approx(0.8 * 9.0 + 0.1 * 27.0)
    assert probability.low_km2 < probability.estimate_km2 < probability.high_km2


def test_no_interval_leaves_the_ground_that_was_seen() -> None:
    speckle = np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2
    for error in _errors(speckle, np.full((1, 64, 64), 125, np.uint8)):
        assert 0 <= error.low_km2 <= error.high_km2 <= 64 * 64 * 900 / 1e6


def test_what_the_card_says_of_its_probabilities_widens_the_interval() -> None:
    classes = _square(100)
    levels = np.where(classes == 1, 200, 25).astype(np.uint8)[None]
    plain, biased, widened = (
        _errors(classes, levels, trust)[1]
        for trust in (TRUST, Trust(calibration_error=0.5), Trust(factors={"glacier": 2.0}))
    )
    assert biased.sigma_km2 == pytest.approx(sqrt(plain.sigma_km2**2 + (0.5 * 9.0) ** 2), rel=0.1)
    assert widened.sigma_km2 == pytest.approx(2 * plain.sigma_km2)
    assert plain.estimate_km2 == biased.estimate_km2 == widened.estimate_km2


def test_the_spread_of_the_views_is_their_deviation() -> None:
    classes = _square(100)
    views = [Counts.of(_square(side), BINARY, PIXEL_M2) for side in (98, 99, 100, 100, 100, 100, 101, 102)]
    strips = ErrorStrips(BINARY)
    strips.add(classes, np.zeros((1, 200, 200), np.uint8), PIXEL_M2)
    errors = strips.finish(Counts.of(classes, BINARY, PIXEL_M2), TRUST, views)
    spread = next(error for error in errors if error.kind is ErrorKind.SPREAD)
    seen = [side**2 * 900 / 1e6 for side in (98, 99, 100, 100, 100, 100, 101, 102)]
    assert spread.sigma_km2 == pytest.approx(np.std(seen, ddof=1))
    assert spread.estimate_km2 == pytest.approx(9.0)


def test_without_areas_there_are_no_errors() -> None:
    classes = _square(10)
    assert ErrorStrips(BINARY).finish(Counts.of(classes, BINARY, None), TRUST) == ()
