"""Calibration: how far a confidence may be believed, and the temperature that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from trainer.losses import cross_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

TEMPERATURES = (0.25, 10.0)  # outside of it the labels are wrong, not the confidence
BINS = 15  # Guo et al. 2017


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature that makes the known labels most likely (Guo et al. 2017, arXiv:1706.04599).

    `logits` (n, K or 1, h, w), `labels` (n, h, w) with unknown pixels at 255.
    """

    def cost(log_temperature: float) -> float:
        return float(cross_entropy(logits / float(np.exp(log_temperature)), labels))

    with torch.inference_mode():
        found = minimize_scalar(cost, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    return round(float(np.exp(found.x)), 4)


def reliability(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Pixels, summed confidence and hits (3, BINS) by confidence; those of several tiles add up.

    `probabilities` (K, n) and `labels` (n,) are of known pixels.
    """
    confidence = probabilities.max(axis=0) if labels.size else np.zeros(0, np.float32)
    hits = probabilities.argmax(axis=0) == labels if labels.size else np.zeros(0, bool)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    sums = [np.bincount(bins, weights, BINS) for weights in (None, confidence, hits)]
    return np.stack(sums).astype(np.float64)


def calibration_error(bins: NDArray[np.float64]) -> float:
    """Mean distance between confidence and hit rate, 0..1, weighted by pixels (Guo et al. 2017, eq. 3).

    `bins` as `reliability` gives them. NaN without pixels.
    """
    pixels, confidence, hits = bins
    return float(np.abs(confidence - hits).sum() / pixels.sum()) if pixels.sum() else float("nan")
