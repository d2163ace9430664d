"""Tallies: the counts of one tile, which add up to those of many; every score comes from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from core.measure.metrics import confusion_matrix
from core.models import BINARY
from trainer.calibration import reliability
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from core.models import ClassInfo
    from trainer.predictions import PredictedTile


BLOCK_PX = 128  # 3.8 km of Landsat ground: longer than the errors of a map stay alike


class PixelSet(StrEnum):
    """Which pixels count."""

    VALID = "valid pixels"
    ALL = "all pixels"  # no data is predicted as background, as published figures have it


class Question(StrEnum):
    """What is asked of each pixel."""

    CLASSES = "every class"
    GLACIER = "glacier and water against background"  # what outlines can answer for four classes


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """One tile's answers to one question.

    `counts` (K, K): pixels, rows are labels, columns results. `reliability` (3, bins): pixels, summed
    confidence and hits by confidence; None where there is no confidence to judge. `method`: the rule that
    answered, None for the model. `blocks` (B, K, K): the counts of the tile's squares of `BLOCK_PX` that
    have pixels; None where nobody counted by squares.
    """

    tile: str
    source: str
    simulated: bool
    question: Question
    pixels: PixelSet
    counts: NDArray[np.int64]
    reliability: NDArray[np.float64] | None = None
    method: str | None = None
    blocks: NDArray[np.int64] | None = None


def tally(one: PredictedTile, classes: Sequence[ClassInfo]) -> tuple[Tally, ...]:
    """All tallies of a predicted tile.

    Where four classes are meant, only tiles that know them count, and all tiles answer a second question:
    glacier and water against background.
    """
    found = []
    if _knows_classes(one.tile.labels):
        found += list(_tallies(one, Question.CLASSES, one.tile.labels, one.classes, one.probabilities))
    if len(classes) > len(BINARY.classes):
        background = one.probabilities[:1]
        merged = np.concatenate([background, 1 - background])
        labels, answers = merge(one.tile.labels), merge(one.classes)
        found += list(_tallies(one, Question.GLACIER, labels, answers, merged))
    return tuple(found)


def merge(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 for every class but the background, whatever its kind; unknown stays unknown."""
    return np.where(indices == UNKNOWN, indices, (indices > 0).astype(np.uint8))


def _knows_classes(labels: NDArray[np.uint8]) -> bool:
    """Whether a tile tells kinds of glacier apart, or has none."""
    return bool(((labels > 0) & (labels < GLACIER)).any() or not (labels == GLACIER).any())


def _tallies(
    one: PredictedTile,
    question: Question,
    labels: NDArray[np.uint8],
    answers: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
) -> Iterator[Tally]:
    valid = one.tile.pixels.valid
    known = valid & (labels < len(probabilities))
    bins = reliability(probabilities[:, known], labels[known])
    for pixels in PixelSet:
        meant = np.where(valid, labels, np.uint8(UNKNOWN)) if pixels is PixelSet.VALID else labels
        blocks = _block_counts(meant, answers, len(probabilities))
        yield Tally(
            one.tile.name,
            one.tile.source,
            one.tile.simulated,
            question,
            pixels,
            counts=blocks.sum(axis=0),
            reliability=bins if pixels is PixelSet.VALID else None,
            blocks=blocks,
        )


def squares(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the squares of `BLOCK_PX` that a tile is cut into; those at its end are smaller."""
    for row in range(0, height, BLOCK_PX):
        for col in range(0, width, BLOCK_PX):
            yield slice(row, row + BLOCK_PX), slice(col, col + BLOCK_PX)


def _block_counts(labels: NDArray[np.uint8], answers: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    """Counts (B, K, K) of the squares of `BLOCK_PX` that have pixels to count."""
    counts = np.stack(
        [confusion_matrix(labels[square], answers[square], size) for square in squares(*labels.shape)]
    )
    return counts[counts.any(axis=(1, 2))]
