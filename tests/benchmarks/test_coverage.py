"""Whether the errors of areas hold the truth, in small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.correlation import LAGS_PX, Correlogram, ice_residuals
from benchmarks.coverage import Order, run_tests, with_kept
from core.measure.expectations import ExpectationStrips
from core.models import BINARY, MULTICLASS
from core.networks.error_tests import ErrorTest, TrendTest
from core.networks.weights import load_model
from core.runs import ErrorKind


def test_intervals_hold_the_truth_where_probabilities_and_blocks_are_as_assumed() -> None:
    random = np.random.default_rng(1)
    p = np.kron(random.random((12, 12)), np.ones((32, 32)))  # two by two in a block
    levels = np.rint(250 * p).astype(np.uint8)[None]
    strips = ExpectationStrips(BINARY)
    strips.add(levels, np.ones((1, 1)))
    low, high = np.percentile(strips.replicates_m2[0], (2.5, 97.5))
    common = np.kron(random.random((400, 6, 6)), np.ones((1, 64, 64)))
    truths = (p >= common).sum(axis=(1, 2))
    assert 0.9 <= np.mean((truths >= low) & (truths <= high)) <= 0.99


def test_the_test_of_coverage_runs_on_simulated_tiles() -> None:
    order = Order(seed=900_000, size=64, calibration=1, tiles=2, symmetries=False)
    ((test, correlation),) = run_tests([load_model("binary")], order)
    assert set(test.coverage) == {ErrorKind.BUFFER, ErrorKind.PROBABILITY}
    assert all(0 <= share <= 1 for of_kind in test.coverage.values() for share in of_kind.values())
    assert test.factors == {}  # one tile cannot tell
    assert test.command.endswith("--tiles 2 --calibration 1 --seed 900000 --size 64 --no-symmetries")
    assert correlation.pixels > 0


def test_mistakes_in_patches_are_alike_up_to_the_size_of_a_patch() -> None:
    random = np.random.default_rng(2)
    correlogram = Correlogram()
    correlogram.add(np.kron(random.choice([-1.0, 1.0], (64, 64)), np.ones((16, 16))))
    assert correlogram.length_px == 16
    assert correlogram.correlations()[LAGS_PX.index(8)] == pytest.approx(0.5, abs=0.05)


def test_residuals_are_truth_less_probability_of_all_ice() -> None:
    levels = np.array([[[50, 0, 255]], [[150, 25, 255]], [[0, 0, 255]]], np.uint8)
    labels = np.array([[2, 0, 255]], np.uint8)
    told = ice_residuals(levels, labels, MULTICLASS)
    assert told[0, :2] == pytest.approx([0.2, -0.1])
    assert np.isnan(told[0, 2])


def test_a_test_of_the_spread_leaves_the_rest_of_a_card_alone() -> None:
    kept = ErrorTest(40, 40, {"ice": 2.0}, {"buffer": {"ice": 0.2}, "spread": {"ice": 0.9}}, "forty tiles")
    fewer = ErrorTest(2, 12, {"ice": 9.0}, {"buffer": {"ice": 0.7}, "spread": {"ice": 0.25}}, "twelve tiles")
    joined = with_kept(kept, fewer, spread_alone=True)
    assert (joined.factors, joined.held("buffer", "ice")) == ({"ice": 2.0}, (0.2, 40))
    assert joined.held("spread", "ice") == (0.25, 12)
    assert joined.held("spread", "water") is None
    assert with_kept(None, fewer, spread_alone=True) == fewer
    assert kept.held("spread", "ice") == (0.9, 40)


def test_a_new_test_of_areas_leaves_the_test_of_trends_in_the_card() -> None:
    trends = TrendTest(4, 1, "four places")
    alone = ErrorTest(0, 0, {}, {}, "", trend=trends)
    new = ErrorTest(40, 40, {"ice": 2.0}, {"buffer": {"ice": 0.2}}, "forty tiles")
    for spread_alone in (True, False):
        assert with_kept(alone, new, spread_alone=spread_alone) == replace(new, trend=trends)
    assert with_kept(replace(new, trend=trends), new, spread_alone=True).trend == trends
