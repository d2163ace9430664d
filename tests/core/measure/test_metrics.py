"""Scores from confusion matrices, against values computed by other routes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.measure.metrics import accuracy, confusion_matrix, f1, iou, mcc, precision, recall

few = settings(max_examples=50, deadline=None)
pair_counts = hnp.arrays(np.int64, (2, 2), elements=st.integers(0, 10**9))
maps = hnp.arrays(np.int64, (2, 60), elements=st.integers(0, 3))


def test_rows_are_labels_and_columns_are_predictions() -> None:
    counts = confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    assert counts.tolist() == [[1, 1], [0, 1]]


def test_unknown_labels_and_no_data_count_for_nothing() -> None:
    labels, classes = np.array([255, 1, 4, 0], np.uint8), np.array([1, 255, 0, 0], np.uint8)
    assert confusion_matrix(labels, classes, 2).tolist() == [[1, 0], [0, 0]]


def test_labels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        confusion_matrix(np.zeros((2, 2), np.uint8), np.zeros(4, np.uint8), 2)


def test_scores_of_a_worked_example() -> None:
    counts = np.array([[50, 10], [5, 35]])
    assert accuracy(counts) == pytest.approx(0.85)
    assert iou(counts) == pytest.approx([50 / 65, 35 / 50])
    assert precision(counts) == pytest.approx([50 / 55, 35 / 45])
    assert recall(counts) == pytest.approx([50 / 60, 35 / 40])
    assert f1(counts) == pytest.approx([100 / 115, 70 / 85])
    assert mcc(counts) == pytest.approx((35 * 50 - 10 * 5) / math.sqrt(45 * 40 * 60 * 55))


def test_a_class_that_never_occurs_has_no_score() -> None:
    counts = np.array([[9, 0, 0], [1, 0, 0], [0, 0, 0]])
    assert np.isnan(iou(counts)).tolist() == [False, False, True]
    assert np.isnan(precision(counts)).tolist() == [False, True, True]
    assert np.isnan(recall(counts)).tolist() == [False, False, True]


def test_no_pixels_have_no_accuracy() -> None:
    assert math.isnan(accuracy(np.zeros((2, 2), np.int64)))


@few
@given(pair_counts)
def test_the_binary_coefficient_is_matthews_formula_with_the_square_root(counts: np.ndarray) -> None:
    tn, fp, fn, tp = (int(count) for count in counts.ravel())
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    expected = (tp * tn - fp * fn) / math.sqrt(product) if product else 0.0
    assert mcc(counts) == pytest.approx(expected, abs=1e-12)


@few
@given(maps)
def test_the_multiclass_coefficient_is_the_correlation_of_one_hot_maps(pair: np.ndarray) -> None:
    labels, classes = (np.eye(4)[one] for one in pair)
    x, y = labels - labels.mean(axis=0), classes - classes.mean(axis=0)
    spread = math.sqrt((x * x).sum() * (y * y).sum())
    expected = (x * y).sum() / spread if spread else 0.0
    assert mcc(confusion_matrix(pair[0], pair[1], 4)) == pytest.approx(expected, abs=1e-9)


@few
@given(maps)
def test_the_order_of_classes_does_not_matter(pair: np.ndarray) -> None:
    renamed = np.array([2, 0, 3, 1])[pair]
    assert mcc(confusion_matrix(*renamed, 4)) == pytest.approx(mcc(confusion_matrix(*pair, 4)))


@few
@given(maps)
def test_f1_and_iou_say_the_same(pair: np.ndarray) -> None:
    counts = confusion_matrix(*pair, 4)
    overlap = iou(counts)
    np.testing.assert_allclose(f1(counts), 2 * overlap / (1 + overlap))


def test_tiles_pool_by_adding_their_matrices() -> None:
    rng = np.random.default_rng(0)
    labels, classes = rng.integers(0, 3, 100), rng.integers(0, 3, 100)
    halves = [confusion_matrix(labels[part], classes[part], 3) for part in (slice(50), slice(50, None))]
    assert (halves[0] + halves[1] == confusion_matrix(labels, classes, 3)).all()
