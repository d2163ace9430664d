from __future__ import annotations

import numpy as np
import pytest

from core.inference.decision import classify, deciding_threshold
from core.models import BINARY, MULTICLASS
from tests.core.inference.sources import card_of


def test_a_probability_at_the_threshold_is_glacier() -> None:
    glacier = np.array([[0.29, 0.3, 0.31]], np.float32)
    classes = classify(np.stack([1 - glacier, glacier]), BINARY, 0.3)
    assert classes.dtype == np.uint8
    assert classes.tolist() == [[0, 1, 1]]


def test_the_most_probable_class_wins_and_the_lower_index_on_a_tie() -> None:
    probabilities = np.array([[[0.1, 0.4]], [[0.2, 0.1]], [[0.6, 0.4]], [[0.1, 0.1]]], np.float32)
    assert classify(probabilities, MULTICLASS).tolist() == [[2, 0]]


@pytest.mark.parametrize(
    ("chosen", "on_card", "deciding"), [(0.7, 0.4, 0.7), (None, 0.4, 0.4), (None, None, 0.5), (0.0, 0.4, 0.0)]
)
def test_the_user_decides_before_the_card(
    chosen: float | None, on_card: float | None, deciding: float
) -> None:
    assert deciding_threshold(BINARY, card_of(BINARY, threshold=on_card), chosen) == deciding


def test_argmax_has_no_threshold() -> None:
    assert deciding_threshold(MULTICLASS, card_of(MULTICLASS), 0.7) is None


def test_the_most_probable_class_is_the_one_that_argmax_finds() -> None:
    probabilities = np.random.default_rng(0).integers(0, 4, (4, 60, 50)).astype(np.float32)  # many ties
    np.testing.assert_array_equal(classify(probabilities, MULTICLASS), probabilities.argmax(axis=0))
