"""Scores from pooled confusion matrices: counts in, numbers out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def confusion_matrix(
    labels: NDArray[np.integer], classes: NDArray[np.integer], size: int
) -> NDArray[np.int64]:
    """Pixel counts (size, size): rows are labels, columns predicted classes.

    Pixels whose label or class is outside 0..size-1 (255: unknown, no data) count for nothing. Matrices of
    several tiles add up to the pooled one.

    Raises:
        ValueError: labels and classes differ in shape.
    """
    if labels.shape != classes.shape:
        raise ValueError(f"labels {labels.shape} and classes {classes.shape} differ in shape")
    known = (labels >= 0) & (labels < size) & (classes >= 0) & (classes < size)
    pairs = labels[known].astype(np.int64) * size + classes[known].astype(np.int64)
    return np.bincount(pairs, minlength=size * size).reshape(size, size).astype(np.int64)


def accuracy(counts: NDArray[np.int64]) -> float:
    """Share of pixels whose class is their label, 0..1; NaN without pixels."""
    return float(_ratio(np.trace(counts), counts.sum()))


def iou(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each class (K,); NaN for a class in neither labels nor prediction."""
    return _ratio(np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts))


def precision(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of what was predicted as a class that is of it (K,); NaN where nothing was predicted."""
    return _ratio(np.diag(counts), counts.sum(axis=0))


def recall(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of a class that was found (K,); NaN where there is none of it."""
    return _ratio(np.diag(counts), counts.sum(axis=1))


def f1(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Harmonic mean of precision and recall (K,), the Dice coefficient; NaN as for `iou`."""
    return _ratio(2 * np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1))


def mcc(counts: NDArray[np.int64]) -> float:
    """Matthews correlation coefficient, -1..1.

    For two classes (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)) (Matthews 1975); for more
    Gorodkin's R_K (2004, doi:10.1016/j.compbiolchem.2004.09.006), of which the former is the case K = 2.
    0 where labels or prediction hold a single class, as scikit-learn has it.
    """
    exact = counts.astype(object)  # products of pixel counts outgrow 64 bits on a few whole scenes
    total, hits = int(exact.sum()), int(np.trace(exact))
    labelled, predicted = exact.sum(axis=1), exact.sum(axis=0)
    covariance = hits * total - int(labelled @ predicted)
    spread = (total**2 - int(labelled @ labelled)) * (total**2 - int(predicted @ predicted))
    return float(covariance / spread**0.5) if spread else 0.0


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
