"""How a tile's values lie to those that weights were trained on."""

from __future__ import annotations

import numpy as np
import pytest

from core.tiles.likeness import band_fits, unlike_training
from core.types import Finding, Pixels, Severity

MEANS, STDS = (0.7, 0.7, 0.7, 0.04, 256.0), (0.5, 0.5, 0.5, 0.08, 8.0)


def _pixels(*planes: float) -> Pixels:
    values = np.array(planes, np.float32)[:, None, None] * np.ones((1, 4, 4), np.float32)
    return Pixels(values, np.ones((4, 4), bool))


def _told(pixels: Pixels) -> list[Finding]:
    return list(unlike_training(band_fits(pixels, MEANS, STDS)))


def test_values_like_the_training_data_pass() -> None:
    assert _told(_pixels(0.5, 0.5, 0.5, 0.1, 250)) == []


def test_values_unlike_the_training_data_are_told_in_numbers() -> None:
    (finding,) = _told(_pixels(0.5, 0.5, 0.5, 0.1, 300))
    assert (finding.severity, finding.code) == (Severity.WARNING, "unlike-training")
    assert "Thermal infrared: 100 %" in finding.message
    assert "a median of 300 K, there a mean of 256 K" in finding.message


def test_a_missing_band_and_a_minority_of_pixels_are_no_difference() -> None:
    pixels = _pixels(0.5, 0.5, 0.5, 0.1, float("nan"))
    pixels.values[0, :2] = 9.0
    assert _told(pixels) == []


def test_pixels_that_are_not_valid_do_not_count_as_different() -> None:
    pixels = _pixels(9.0, 0.5, 0.5, 0.1, 250)
    pixels.valid[:] = False
    assert _told(pixels) == []


def test_the_share_on_each_side_of_the_training_is_told_for_each_band() -> None:
    pixels = _pixels(0.5, 0.5, 0.5, 0.1, float("nan"))
    pixels.values[0, 0], pixels.values[0, 1, 0] = 9.0, -2.0
    fits = band_fits(pixels, MEANS, STDS)
    assert [fit.band for fit in fits] == ["blue", "green", "red", "swir1"]
    assert (fits[0].low, fits[0].high) == pytest.approx((-0.8, 2.2))
    assert (fits[0].below, fits[0].above, fits[0].median) == (1 / 16, 4 / 16, 0.5)
    assert fits[1].below == fits[1].above == 0
