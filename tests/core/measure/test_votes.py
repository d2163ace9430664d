"""What simple rules say beside the network."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from core.checks import Rule, RuleCheck
from core.measure.votes import ICE, KNOWN, NETWORK, bright_classes, cast_votes, count_votes, rule_checks
from core.models import BINARY, MULTICLASS
from core.types import NO_DATA

NAN = float("nan")


def _values(*pixels: tuple[float, float, float]) -> NDArray[np.float32]:
    """One row of pixels: green, shortwave infrared, kelvin."""
    values = np.full((5, 1, len(pixels)), NAN, np.float32)
    values[[1, 3, 4], 0] = np.array(pixels, np.float32).T
    return values


def _classes(*classes: int) -> NDArray[np.uint8]:
    return np.array([classes], np.uint8)


def test_snow_is_bright_in_green_and_dark_in_shortwave_infrared() -> None:
    votes = cast_votes(_values((0.7, 0.29, NAN), (0.7, 0.31, NAN)), _classes(0, 0), BINARY)
    known = KNOWN[Rule.NDSI]
    assert votes.tolist() == [[known | ICE[Rule.NDSI], known]]  # 0.41 and 0.39


def test_ice_is_no_warmer_than_melting() -> None:
    votes = cast_votes(_values((NAN, NAN, 273.0), (NAN, NAN, 274.0)), _classes(0, 1), BINARY)
    known = KNOWN[Rule.FREEZING]
    assert votes.tolist() == [[known | ICE[Rule.FREEZING], known | NETWORK]]


def test_where_a_band_is_missing_or_all_is_dark_a_rule_cannot_tell() -> None:
    votes = cast_votes(
        _values((0.5, NAN, NAN), (0.0, 0.0, NAN), (-0.1, 0.05, NAN)), _classes(1, 1, 1), BINARY
    )
    assert votes.tolist() == [[NETWORK] * 3]
    assert list(rule_checks(count_votes(votes))) == []


def test_debris_is_no_ice_that_a_rule_could_see() -> None:
    assert bright_classes(MULTICLASS) == (1,)
    assert bright_classes(BINARY) == (1,)
    votes = cast_votes(_values(*[(0.5, NAN, NAN)] * 4), _classes(0, 1, 2, 3), MULTICLASS)
    assert votes.tolist() == [[0, NETWORK, 0, 0]]


def test_pixels_without_data_have_no_vote() -> None:
    votes = cast_votes(_values((0.9, 0.1, 260.0)), _classes(NO_DATA), BINARY)
    assert votes.tolist() == [[NO_DATA]]
    assert list(rule_checks(count_votes(votes))) == []


def test_agreement_is_the_share_of_pixels_on_which_both_say_the_same() -> None:
    snow, rock = (0.9, 0.1, 260.0), (0.3, 0.3, 290.0)
    votes = cast_votes(_values(snow, snow, snow, rock, rock), _classes(1, 1, 0, 1, 0), BINARY)
    checks = list(rule_checks(count_votes(votes)))
    assert checks == [RuleCheck(rule, 2, 1, 1, 1) for rule in (Rule.NDSI, Rule.FREEZING)]
    assert checks[0].agreement == pytest.approx(3 / 5)


def test_counts_of_windows_add_up() -> None:
    random = np.random.default_rng(0)
    values = random.random((5, 20, 30)).astype(np.float32)
    classes = random.integers(0, 2, (20, 30)).astype(np.uint8)
    whole = cast_votes(values, classes, BINARY)
    parts = count_votes(whole[:7]) + count_votes(whole[7:])
    assert (parts == count_votes(whole)).all()
