"""By how much intervals are widened so that they hold what they promise."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from core.measure.conformal import conformal_factor, miss
from core.runs import AreaError, ErrorKind

ERROR = AreaError("ice", ErrorKind.PROBABILITY, 10.0, 1.0, 8.0, 11.0)


@pytest.mark.parametrize(("truth", "expected"), [(10, 0), (11, 1), (8, 1), (9, 0.5), (13, 3), (4, 3)])
def test_a_miss_is_told_in_half_widths_of_the_side_it_lies_on(truth: float, expected: float) -> None:
    assert miss(ERROR, truth) == pytest.approx(expected)


def test_an_interval_without_width_that_misses_can_not_be_widened() -> None:
    point = AreaError("ice", ErrorKind.BUFFER, 0.0, 0.0, 0.0, 0.0)
    assert miss(point, 0.0) == 0
    assert miss(point, 1.0) == inf


def test_too_few_tiles_tell_no_factor() -> None:
    assert conformal_factor([1.0] * 18) is None
    assert conformal_factor([1.0] * 18 + [2.0]) == 2.0
    assert conformal_factor([inf] * 30) is None


def test_widened_intervals_hold_the_truth_in_95_of_100_new_cases() -> None:
    random = np.random.default_rng(0)
    held = []
    for _ in range(300):
        factor = conformal_factor(list(np.abs(random.standard_t(3, 40))))
        assert factor is not None
        held.append(np.mean(np.abs(random.standard_t(3, 200)) <= factor))
    assert 0.94 < np.mean(held) < 0.99
