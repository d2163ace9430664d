"""Baselines: thresholds on an index, beside the model on the same pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.models import BINARY, MULTICLASS
from core.types import Pixels
from tests.trainer.scenes import labelled_tile
from trainer.evaluate.baselines import NDSI, baseline_histograms, tally_baselines
from trainer.evaluate.scores import pooled_scores
from trainer.evaluate.tallies import PixelSet, Question
from trainer.labels import GLACIER, UNKNOWN

TILE = labelled_tile(1)


def test_a_threshold_counts_what_lies_at_it_or_above() -> None:
    values = TILE.pixels.values.copy()
    rng = np.random.default_rng(0)
    values[1], values[3] = rng.uniform(0.1, 1, TILE.labels.shape), rng.uniform(0.1, 1, TILE.labels.shape)
    tile = replace(TILE, pixels=Pixels(values, TILE.pixels.valid))
    histogram = next(h for h in baseline_histograms(tile) if h.index is NDSI and h.pixels is PixelSet.VALID)
    ice = (values[1] - values[3]) / (values[1] + values[3]) >= 0.4
    known = tile.pixels.valid
    expected = [[(ice[known & (tile.labels == k)] == answer).sum() for answer in (0, 1)] for k in (0, 1)]
    np.testing.assert_array_equal(histogram.confusion(0.4), expected)


def test_the_best_threshold_on_temperature_finds_ice_that_is_colder_than_all_else() -> None:
    rules = pooled_scores(tally_baselines(baseline_histograms(TILE), BINARY), BINARY.classes)
    cold = next(one for one in rules if one.method and one.method.startswith("colder than"))
    assert cold.mcc > 0.99
    assert "best on these tiles" in (cold.method or "")


def test_pixels_without_data_are_not_ice_to_a_rule() -> None:
    rules = tally_baselines(baseline_histograms(TILE), BINARY)
    valid, everything = (
        next(one.counts for one in rules if one.pixels is pixels and one.method == "NDSI > 0.40")
        for pixels in PixelSet
    )
    assert everything.sum() - valid.sum() == 16
    assert everything[:, 1].sum() == valid[:, 1].sum()


@pytest.mark.parametrize(("band", "gone"), [(4, "colder"), (3, "NDSI")])
def test_a_missing_band_leaves_its_rule_out(band: int, gone: str) -> None:
    values = TILE.pixels.values.copy()
    values[band] = np.nan
    rules = tally_baselines(
        baseline_histograms(replace(TILE, pixels=Pixels(values, TILE.pixels.valid))), BINARY
    )
    methods = {one.method or "" for one in rules}
    assert methods
    assert not any(method.startswith(gone) for method in methods)


def test_rules_answer_glacier_or_not_for_four_classes() -> None:
    tile = replace(TILE, labels=TILE.labels * GLACIER)
    rules = tally_baselines(baseline_histograms(tile), MULTICLASS)
    assert {one.question for one in rules} == {Question.GLACIER}
    assert rules[0].counts[1].sum() == (tile.pixels.valid & (tile.labels > 0)).sum()


def test_no_threshold_is_called_best_where_none_separates() -> None:
    bare = replace(TILE, labels=np.zeros_like(TILE.labels))
    methods = {one.method for one in tally_baselines(baseline_histograms(bare), BINARY)}
    assert methods == {"NDSI > 0.40"}


def test_rules_have_intervals_over_the_squares_of_a_large_tile_as_the_model_has() -> None:
    large = labelled_tile(1, size=512)
    labels = large.labels.copy()
    labels[:100] = 1 - labels[:100]  # some squares are worse than others
    tile = replace(large, labels=labels)
    rules = tally_baselines(baseline_histograms(tile), BINARY)
    for one in rules:
        assert one.blocks is not None
        assert one.blocks.shape == (16, 2, 2)
        np.testing.assert_array_equal(one.blocks.sum(axis=0), one.counts)
    cold = next(
        one
        for one in pooled_scores(rules, BINARY.classes)
        if one.method and one.method.startswith("colder") and one.on.endswith("valid pixels")
    )
    assert cold.drawn_px == 128
    assert cold.mcc_interval is not None
    low, high = cold.mcc_interval
    assert low < cold.mcc < high


def test_squares_where_nothing_is_known_are_not_drawn() -> None:
    labels = labelled_tile(1, size=512).labels.copy()
    labels[:256] = UNKNOWN
    rules = tally_baselines(baseline_histograms(replace(labelled_tile(1, size=512), labels=labels)), BINARY)
    assert {len(one.blocks) for one in rules if one.blocks is not None} == {8}
