"""The decision: from probabilities to classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.networks.weights import Card

EVEN_THRESHOLD = 0.5  # what the reference report uses, where neither user nor card says otherwise


def deciding_threshold(spec: ModelSpec, card: Card, chosen: float | None) -> float | None:
    """The threshold that decides: the user's, else the card's, else 0.5; None where argmax decides."""
    if not spec.has_threshold:
        return None
    if chosen is not None:
        return chosen
    return EVEN_THRESHOLD if card.threshold is None else card.threshold


def classify(
    probabilities: NDArray[np.float32], spec: ModelSpec, threshold: float | None = None
) -> NDArray[np.uint8]:
    """Classes uint8 (h, w) of probabilities (K, h, w).

    With one threshold, a pixel is class 1 where its probability is at least the threshold (0.5 when
    None). Otherwise the most probable class wins, the lower index on a tie. No data is the caller's.
    """
    if spec.has_threshold:
        limit = EVEN_THRESHOLD if threshold is None else threshold
        chosen: NDArray[np.uint8] = (probabilities[1] >= np.float32(limit)).astype(np.uint8)
    else:
        chosen = _most_probable(probabilities)
    return chosen


def _most_probable(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What `argmax` over the classes says, plane by plane, which takes half of its time."""
    chosen = np.zeros(probabilities.shape[1:], np.uint8)
    highest = probabilities[0].copy()
    for index, plane in enumerate(probabilities[1:], start=1):
        chosen[plane > highest] = index
        np.maximum(highest, plane, out=highest)
    return chosen
