"""Calibration: how far a confidence may be believed, and the temperature that mends it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from trainer.losses import cross_entropy

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

TEMPERATURES = (0.25, 10.0)  # outside of it the labels are wrong, not the confidence
BOUND = 1.01  # so near to a bound, as a factor, the search stops at it
BINS = 15  # Guo et al. 2017

_log = logging.getLogger(__name__)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature that makes the known labels most likely (Guo et al. 2017, arXiv:1706.04599).

    `logits` (n, K or 1, h, w), `labels` (n, h, w) with unknown pixels at 255. One that stops at its bounds
    is warned of.
    """

    def cost(log_temperature: float) -> float:
        return float(cross_entropy(logits / float(np.exp(log_temperature)), labels))

    with torch.inference_mode():
        found = minimize_scalar(cost, bounds=tuple(np.log(TEMPERATURES)), method="bounded")
    temperature = round(float(np.exp(found.x)), 4)
    least, most = TEMPERATURES
    if not least * BOUND < temperature < most / BOUND:
        _log.warning(
            "The temperature stops at its bound, %s: the confidence is not calibrated. Labels of the "
            "measuring tiles contradict the model, or the training was too short; look at its scores "
            "before its confidence.",
            least if temperature < 1 else most,
        )
    return temperature


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
