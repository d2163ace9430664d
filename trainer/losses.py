"""Losses as pure functions: logits and labels in, one number out; unknown pixels never count.

Shapes throughout: logits (n, K, h, w), or (n, 1, h, w) for the binary model; labels (n, h, w) integers: class
indices, `labels.GLACIER` where only "some glacier class" is known, `labels.UNKNOWN` (255) where nothing is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

SMOOTH = 1.0  # pixels added to both sides of an overlap: a class absent from the batch costs nothing


def allowed_classes(labels: Tensor, size: int) -> Tensor:
    """Which classes a pixel may be, bool (n, size, h, w); none at unknown pixels, 1..size-1 at `GLACIER`."""
    classes = torch.arange(size, device=labels.device).view(1, -1, 1, 1)
    exact = labels.unsqueeze(1) == classes
    if size <= 2:
        return exact
    return exact | ((labels.unsqueeze(1) == GLACIER) & (classes > 0))


def log_probabilities(logits: Tensor) -> Tensor:
    """Logarithms of class probabilities (n, K, h, w); one logit is a sigmoid's and gives two classes."""
    if logits.shape[1] == 1:
        return torch.cat([functional.logsigmoid(-logits), functional.logsigmoid(logits)], dim=1)
    return functional.log_softmax(logits, dim=1)


def cross_entropy(logits: Tensor, labels: Tensor, weights: Sequence[float] | None = None) -> Tensor:
    """Mean of -log(summed probability of the allowed classes) over known pixels.

    With exact labels this is plain cross-entropy, for one logit BCE. With partial ones it is the marginal
    loss of Shi et al. (2021, arXiv:2007.03868). `weights`, one a class, weigh pixels by their label
    (`GLACIER` as class 1) and are averaged out, as torch does.
    """
    logs = log_probabilities(logits)
    allowed = allowed_classes(labels, logs.shape[1])
    known = allowed.any(dim=1)
    floor = torch.finfo(logs.dtype).min
    costs = -torch.where(known.unsqueeze(1), logs.masked_fill(~allowed, floor), logs).logsumexp(dim=1)
    if weights is None:
        return _mean(costs, known.to(costs.dtype))
    per_class = torch.tensor([*weights], dtype=costs.dtype, device=costs.device)
    index = torch.where(labels == GLACIER, 1, labels).clamp(max=len(per_class) - 1)
    return _mean(costs, per_class[index] * known)


def dice(logits: Tensor, labels: Tensor) -> Tensor:
    """1 - Dice, averaged over classes (Milletari et al. 2016, arXiv:1606.04797)."""
    return tversky(logits, labels, false_positive=0.5)


def tversky(logits: Tensor, labels: Tensor, *, false_positive: float = 0.3) -> Tensor:
    """1 - Tversky index, averaged over the classes (Salehi et al. 2017, arXiv:1706.05721).

    `false_positive` is alpha, false negatives weigh 1 - alpha: below 0.5 missed pixels cost more. A class is
    measured where its membership is known: not clean ice, debris or water on `GLACIER` pixels, as in the
    label-set losses of Fidon et al. (2021, arXiv:2107.03846). One logit measures the glacier alone.
    """
    return (1 - _tversky_indices(logits, labels, false_positive)).mean()


def focal_tversky(
    logits: Tensor, labels: Tensor, *, false_positive: float = 0.3, gamma: float = 0.75
) -> Tensor:
    """(1 - Tversky index) ** gamma, averaged over the classes (Abraham & Khan 2018, arXiv:1810.07842).

    Gamma below 1, the paper's 3/4, makes a class that is nearly right matter more.
    """
    distances = 1 - _tversky_indices(logits, labels, false_positive)
    return distances.clamp_min(1e-6).pow(gamma).mean()  # the slope of x ** 0.75 is infinite at 0


def _tversky_indices(logits: Tensor, labels: Tensor, false_positive: float) -> Tensor:
    probabilities = log_probabilities(logits).exp()
    allowed = allowed_classes(labels, probabilities.shape[1])
    partial = (labels == GLACIER).unsqueeze(1) & allowed  # allowed, and not known to be
    counted = ((labels != UNKNOWN).unsqueeze(1) & ~partial).to(probabilities.dtype)
    truth = allowed.to(probabilities.dtype) * counted
    probabilities = probabilities * counted
    axes = (0, 2, 3)
    hits = (probabilities * truth).sum(axes)
    found, real = probabilities.sum(axes), truth.sum(axes)
    wrong = false_positive * (found - hits) + (1 - false_positive) * (real - hits)
    indices = (hits + SMOOTH) / (hits + wrong + SMOOTH)
    return indices[1:] if logits.shape[1] == 1 else indices


def _mean(costs: Tensor, weights: Tensor) -> Tensor:
    return (costs * weights).sum() / weights.sum().clamp_min(torch.finfo(costs.dtype).eps)


LOSSES = {"cross_entropy": cross_entropy, "dice": dice, "tversky": tversky, "focal_tversky": focal_tversky}
