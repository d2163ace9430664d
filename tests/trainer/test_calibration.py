"""Calibration: confidence that is too high or too low is noticed and mended."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trainer.calibration import calibration_error, fit_temperature, reliability


def sampled_labels(logits: torch.Tensor) -> torch.Tensor:
    """Labels that follow the probabilities of logits (1, K, 1, n)."""
    rng = np.random.default_rng(0)
    edges = torch.softmax(logits, dim=1)[0, :, 0].numpy().cumsum(axis=0)
    return torch.from_numpy((rng.random(edges.shape[1]) > edges).sum(axis=0).clip(max=len(edges) - 1))[
        None, None
    ]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_logits_that_were_scaled(temperature: float) -> None:
    honest = torch.randn(1, 4, 1, 20_000, generator=torch.Generator().manual_seed(0))
    labels = sampled_labels(honest)
    assert fit_temperature(honest * temperature, labels) == pytest.approx(temperature, rel=0.05)


def test_a_temperature_that_stops_at_its_bound_is_told(caplog: pytest.LogCaptureFixture) -> None:
    honest = torch.randn(1, 4, 1, 20_000, generator=torch.Generator().manual_seed(0))
    labels = sampled_labels(honest)
    assert fit_temperature(honest * 3, labels) < 10
    assert not caplog.text
    assert fit_temperature(honest * 100, labels) > 9.9
    assert "The temperature stops at its bound, 10.0: the confidence is not calibrated." in caplog.text


def test_unknown_pixels_do_not_move_the_temperature() -> None:
    honest = torch.randn(1, 4, 1, 20_000, generator=torch.Generator().manual_seed(0))
    labels = sampled_labels(honest)
    half = labels.clone()
    half[..., 10_000:] = 255
    expected = fit_temperature(honest[..., :10_000], labels[..., :10_000])
    assert fit_temperature(honest, half) == pytest.approx(expected, rel=1e-3)


def test_an_honest_confidence_has_no_calibration_error() -> None:
    probabilities = np.tile(np.array([[0.8], [0.2]], np.float32), 1000)
    labels = (np.arange(1000) % 5 == 0).astype(np.uint8)  # right four times in five
    assert calibration_error(reliability(probabilities, labels)) == pytest.approx(0, abs=1e-6)
    never = reliability(probabilities, np.zeros_like(labels))
    assert calibration_error(never) == pytest.approx(0.2, abs=1e-6)


def test_no_pixels_have_no_calibration_error() -> None:
    assert np.isnan(calibration_error(reliability(np.zeros((2, 0), np.float32), np.zeros(0, np.uint8))))


def test_the_bins_of_two_tiles_add_up_to_those_of_both() -> None:
    rng = np.random.default_rng(0)
    first = rng.random(500)
    probabilities = np.stack([first, 1 - first]).astype(np.float32)
    labels = rng.integers(0, 2, 500).astype(np.uint8)
    parts = reliability(probabilities[:, :200], labels[:200]) + reliability(
        probabilities[:, 200:], labels[200:]
    )
    np.testing.assert_allclose(parts, reliability(probabilities, labels))
