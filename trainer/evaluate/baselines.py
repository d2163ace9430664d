"""Baselines: thresholds that need no network, tallied beside it on the same pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.measure.metrics import mcc
from core.types import BANDS
from trainer.evaluate.tallies import PixelSet, Question, Tally, merge, squares
from trainer.labels import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.types import Pixels
    from trainer.datasets import LabelledTile

GREEN, SWIR1, THERMAL = (BANDS.index(band) for band in ("green", "swir1", "thermal"))
STEPS = 400  # thresholds tried over an index's range: 0.005 of NDSI, a quarter of a kelvin


@dataclass(frozen=True, slots=True)
class Index:
    """A number a pixel that ice pushes up.

    `low` to `high` is the range of thresholds; `usual` the textbooks' one, `words` how a rule with a
    threshold reads.
    """

    key: str
    low: float
    high: float
    usual: float | None
    words: str

    def threshold_words(self, threshold: float, *, tuned: bool) -> str:
        """The rule in words; `tuned` marks a threshold that was chosen on the tiles that it is judged on."""
        return self.words.format(abs(threshold)) + (", best on these tiles" if tuned else "")


NDSI = Index("ndsi", -1.0, 1.0, 0.4, "NDSI > {:.2f}")  # 0.4: Dozier (1989), Hall et al. (1995)
COLD = Index("cold", -320.0, -220.0, None, "colder than {:.1f} K")  # minus the temperature


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How an index falls on ground of each kind, for one tile and set of pixels.

    `counts` (2, STEPS + 1): pixels by label and step of the index; the last column has no value. `blocks` (B,
    2, STEPS + 1): the same of the tile's squares of `BLOCK_PX` that have pixels.
    """

    tile: LabelledTile
    pixels: PixelSet
    index: Index
    counts: NDArray[np.int64]
    blocks: NDArray[np.uint16]

    def confusion(self, threshold: float) -> NDArray[np.int64]:
        """Counts (2, 2) where ice is what lies at the threshold or above."""
        return _split(self.counts, self.index, threshold)

    def block_confusions(self, threshold: float) -> NDArray[np.int64]:
        """Counts (B, 2, 2) of the squares, as `confusion` has them of the tile."""
        return _split(self.blocks, self.index, threshold)


def baseline_histograms(tile: LabelledTile) -> tuple[Histogram, ...]:
    """The histograms of every index whose bands the tile has, on valid and on all pixels."""
    labels = merge(tile.labels)
    found = []
    for index, values in _indices(tile.pixels):
        for pixels in PixelSet:
            known = labels <= 1
            if pixels is PixelSet.VALID:
                known &= tile.pixels.valid
            blocks = _block_counts(np.where(known, labels, np.uint8(UNKNOWN)), _steps(values, index))
            found.append(Histogram(tile, pixels, index, blocks.sum(axis=0, dtype=np.int64), blocks))
    return tuple(found)


def tally_baselines(histograms: Sequence[Histogram], spec: ModelSpec) -> tuple[Tally, ...]:
    """Tallies of each index at its usual threshold and at the one that is best for the source's own tiles.

    The latter flatters the rule: no other tile was kept to choose it on. It is left out where no threshold
    tells ice from ground.
    """
    question = Question.CLASSES if spec.has_threshold else Question.GLACIER
    groups: dict[tuple[str, str], list[Histogram]] = {}
    for one in histograms:
        groups.setdefault((one.tile.source, one.index.key), []).append(one)
    return tuple(
        Tally(
            one.tile.name,
            one.tile.source,
            one.tile.simulated,
            question,
            one.pixels,
            one.confusion(threshold),
            method=one.index.threshold_words(threshold, tuned=tuned),
            blocks=one.block_confusions(threshold),
        )
        for members in groups.values()
        for threshold, tuned in _thresholds(members)
        for one in members
    )


def _thresholds(members: Sequence[Histogram]) -> Iterator[tuple[float, bool]]:
    index = members[0].index
    if index.usual is not None:
        yield index.usual, False
    valid = np.sum([one.counts for one in members if one.pixels is PixelSet.VALID], axis=0)
    tried = np.linspace(index.low, index.high, STEPS + 1)
    best = float(max(tried, key=lambda threshold: mcc(_split(valid, index, threshold))))
    if (
        mcc(_split(valid, index, best)) > 0
    ):  # else none separates, and the first that was tried would be called best
        yield best, True


def _indices(pixels: Pixels) -> Iterator[tuple[Index, NDArray[np.float32]]]:
    values = np.where(pixels.valid, pixels.values, np.float32(np.nan))
    total = values[GREEN] + values[SWIR1]
    lit = total > 0  # in shadow that was corrected below 0 the ratio has no meaning
    ndsi = np.divide(values[GREEN] - values[SWIR1], total, out=np.full_like(total, np.nan), where=lit)
    for index, plane in ((NDSI, ndsi), (COLD, -values[THERMAL])):
        if np.isfinite(plane).any():
            yield index, plane


def _split(counts: NDArray[np.integer], index: Index, threshold: float) -> NDArray[np.int64]:
    """Counts (..., 2, 2) where ice is what lies at the threshold or above, of counts (..., 2, STEPS + 1)."""
    step = round((threshold - index.low) / (index.high - index.low) * STEPS)
    above = counts[..., step:STEPS].sum(axis=-1, dtype=np.int64)
    return np.stack([counts.sum(axis=-1, dtype=np.int64) - above, above], axis=-1)


def _steps(values: NDArray[np.float32], index: Index) -> NDArray[np.uint16]:
    """The step of the index that each value falls into; `STEPS` where there is none."""
    known = np.isfinite(values)
    share = (np.where(known, values, index.low) - index.low) / (index.high - index.low)
    return np.where(known, np.clip((share * STEPS).astype(np.int64), 0, STEPS - 1), STEPS).astype(np.uint16)


def _block_counts(labels: NDArray[np.uint8], steps: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Pixels (B, 2, STEPS + 1) by label and step, of the squares that have pixels of either label.

    A square has fewer than 65,536 pixels, so that those of a whole scene take some 6 MB.
    """
    size = STEPS + 1
    counts = []
    for square in squares(*labels.shape):
        known = labels[square] <= 1
        if known.any():
            cells = labels[square][known].astype(np.int64) * size + steps[square][known]
            counts.append(np.bincount(cells, minlength=2 * size).reshape(2, size))
    return np.array(counts, np.uint16).reshape(-1, 2, size)
