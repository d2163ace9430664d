"""Scores of a model on labelled tiles, predicted as the app predicts."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from core.inference.engines import torch_engine
from core.inference.predict import predict_windows
from core.measure.metrics import accuracy, confusion_matrix, f1, iou, mcc, precision, recall
from core.models import BINARY
from core.networks.weights import ClassScore, ScoreSet
from core.types import Grid, Pixels, Window
from trainer.calibration import expected_calibration_error
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from core.models import ClassInfo
    from core.networks.weights import LoadedModel
    from trainer.datasets import LabelledTile

WHOLE_PX = 512  # windows of the reference tile's size: one pass each


@dataclass(frozen=True, slots=True, eq=False)
class ScoredTile:
    """A tile's labels and what the model says.

    `classes` uint8 (h, w) with background where there is no data; `probabilities` (K, h, w).
    """

    tile: LabelledTile
    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _InMemory:
    tile: LabelledTile

    @property
    def grid(self) -> Grid:
        height, width = self.tile.labels.shape
        return Grid(None, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), height, width)

    def read(self, window: Window) -> Pixels:
        part = window.slices
        return Pixels(self.tile.pixels.values[:, *part], self.tile.pixels.valid[part])


def predict_tile(tile: LabelledTile, model: LoadedModel) -> ScoredTile:
    """Classes and probabilities of a tile, through the app's own windows and decision."""
    classes = np.zeros(tile.labels.shape, np.uint8)
    probabilities = np.zeros((len(model.spec.classes), *classes.shape), np.float32)
    for part in predict_windows(_InMemory(tile), model, torch_engine(model), core_px=WHOLE_PX):
        classes[part.window.slices] = np.where(part.valid, part.classes, 0)
        probabilities[:, *part.window.slices] = part.probabilities
    return ScoredTile(tile, classes, probabilities)


def score(scored: Sequence[ScoredTile], classes: Sequence[ClassInfo]) -> tuple[ScoreSet, ...]:
    """Pooled scores of each data source on valid and on all pixels.

    On all pixels, no data is predicted as background, as published figures have it. Where four classes are
    meant, only tiles that know them count, and a second pair tells glacier and water from background on all
    tiles: labels that know no more count there.
    """
    sets = []
    for source in sorted({one.tile.source for one in scored}):
        members = [one for one in scored if one.tile.source == source]
        for pixels_meant in ("valid pixels", "all pixels"):
            valid_only = pixels_meant == "valid pixels"
            exact = [one for one in members if _knows_classes(one.tile.labels)]
            pairs = [_pair(one, valid_only=valid_only) for one in exact]
            error = _calibration_error(exact) if valid_only and exact else None
            sets.append(_score_set(f"{source}: {pixels_meant}", pairs, classes, error))
            if len(classes) > len(BINARY.classes):
                every = [_pair(one, valid_only=valid_only) for one in members]
                merged = [(_merge(labels), _merge(found)) for labels, found in every]
                where = f"{source}: glacier and water against background, {pixels_meant}"
                sets.append(_score_set(where, merged, BINARY.classes, None))
    return tuple(one for one in sets if one.pixels)


def _knows_classes(labels: NDArray[np.uint8]) -> bool:
    """Whether a tile tells kinds of glacier apart, or has none."""
    return bool(((labels > 0) & (labels < GLACIER)).any() or not (labels == GLACIER).any())


def _pair(one: ScoredTile, *, valid_only: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    labels = np.where(one.tile.pixels.valid, one.tile.labels, UNKNOWN) if valid_only else one.tile.labels
    return labels.astype(np.uint8), one.classes


def _merge(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where(indices == UNKNOWN, indices, (indices > 0).astype(np.uint8))


def _calibration_error(members: Iterable[ScoredTile]) -> float | None:
    parts = []
    for one in members:
        known = one.tile.pixels.valid & (one.tile.labels < GLACIER)
        parts.append((one.probabilities[:, known], one.tile.labels[known]))
    error = expected_calibration_error(
        np.concatenate([probabilities for probabilities, _ in parts], axis=1),
        np.concatenate([labels for _, labels in parts]),
    )
    return _number(error)


def _score_set(
    where: str,
    pairs: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]],
    classes: Sequence[ClassInfo],
    calibration_error: float | None,
) -> ScoreSet:
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for labels, found in pairs:
        counts += confusion_matrix(labels, found, len(classes))
    columns = zip(
        classes, counts.sum(axis=1), iou(counts), precision(counts), recall(counts), f1(counts), strict=True
    )
    per_class = tuple(
        ClassScore(info.key, int(pixels), *(_number(value) for value in values))
        for info, pixels, *values in columns
    )
    present = iou(counts)[counts.sum(axis=0) + counts.sum(axis=1) > 0]
    return ScoreSet(
        on=where,
        pixels=int(counts.sum()),
        accuracy=_number(accuracy(counts)) or 0.0,
        mcc=round(mcc(counts), 4),
        mean_iou=round(float(present.mean()), 4) if present.size else 0.0,
        classes=per_class,
        calibration_error=calibration_error,
    )


def _number(value: float) -> float | None:
    return round(float(value), 4) if isfinite(value) else None
