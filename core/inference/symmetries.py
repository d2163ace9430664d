"""The eight symmetries of a square: a tile looked at in each orientation, and how much the views differ."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.inference.ahead import ahead
from core.inference.decision import classify, deciding_threshold
from core.inference.predict import PixelSource, Prediction, SeenStep, probabilities_of, read_steps
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from core.inference.engines import Engine
    from core.networks.stored import Model

    Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """One orientation: `turns` quarter turns, after a flip from left to right where `flipped`."""

    turns: int
    flipped: bool

    def apply(self, planes: Floats) -> Floats:
        """Planes (..., h, w) in this orientation, contiguous."""
        seen = planes[..., ::-1] if self.flipped else planes
        return np.ascontiguousarray(np.rot90(seen, self.turns, axes=(-2, -1)))

    def undo(self, planes: Floats) -> Floats:
        """Planes in this orientation back in their own, contiguous."""
        turned = np.rot90(planes, -self.turns, axes=(-2, -1))
        return np.ascontiguousarray(turned[..., ::-1] if self.flipped else turned)


SYMMETRIES = tuple(Symmetry(turns, flipped) for flipped in (False, True) for turns in range(4))


class SymmetricPrediction(NamedTuple):
    """What all orientations together say about one window.

    `mean`: the prediction of the mean probabilities. `views`: classes uint8 (8, h, w) as each orientation
    decides them, 255 without data. `spread`: float32 (h, w), the standard deviation of the probability of
    the decided class among the orientations, 0..0.5, undefined without data.
    """

    mean: Prediction
    views: NDArray[np.uint8]
    spread: Floats


def view_engine(engine: Engine, symmetry: Symmetry) -> Engine:
    """The engine as it sees the ground in another orientation; its answers lie as its input does.

    Halo, stride and padding stay right: inputs begin and end on multiples of the stride on every side.
    """

    def run(x: Floats, /) -> Floats:
        return symmetry.undo(engine(symmetry.apply(x)))

    return run


def predict_symmetric(
    tile: PixelSource, model: Model, engine: Engine, *, threshold: float | None = None
) -> Generator[SymmetricPrediction]:
    """Predictions that cover the tile as those of `predict_windows` do, each from eight orientations.

    `threshold` None takes the card's. Eight times the work; of the windows one at a time is in memory,
    beside sums for the core. Close the iterator where it may be left early.

    Raises:
        WeightsError: the network gives values that are not numbers.
    """
    decided_by = deciding_threshold(model.spec, model.card, threshold)
    views = [view_engine(engine, symmetry) for symmetry in SYMMETRIES]
    with closing(ahead(read_steps(tile, model))) as steps:
        for seen in steps:
            yield _together(seen, model, views, decided_by)


def _together(
    seen: SeenStep, model: Model, views: Sequence[Engine], decided_by: float | None
) -> SymmetricPrediction:
    """What the views say of one step's core; none of their windows outlives its turn."""
    sums = _Sums.none((len(model.spec.classes), *seen.valid.shape))
    each = np.empty((len(views), *seen.valid.shape), np.uint8)
    for number, view in enumerate(views):  # no name may hold what a view gives: it holds the window with halo
        each[number] = classify(sums.with_view(probabilities_of(seen, model, view)), model.spec, decided_by)
    mean = sums.total
    mean /= len(views)
    classes = classify(mean, model.spec, decided_by)
    spread = np.take_along_axis(sums.squares, classes[None], axis=0)[0]
    spread /= len(views)
    np.sqrt(spread, out=spread)
    classes[~seen.valid] = NO_DATA
    each[:, ~seen.valid] = NO_DATA
    return SymmetricPrediction(
        Prediction(seen.step.core, classes, mean, seen.valid, seen.values), each, spread
    )


@dataclass(slots=True, eq=False)
class _Sums:
    """Sums over views, (K, h, w): `total`, and `squares` of the deviations from the mean.

    Squares are updated as Youngs and Cramer (1971) do: never below 0, and stable where views hardly differ.
    """

    total: Floats
    squares: Floats
    count: int = 0

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> _Sums:
        return cls(np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    def with_view(self, probabilities: Floats) -> Floats:
        """The same probabilities (K, h, w), taken into the sums."""
        self.count += 1
        for plane, total, squares in zip(probabilities, self.total, self.squares, strict=True):
            total += plane
            if self.count > 1:
                off = plane * np.float32(self.count) - total
                off *= off
                off /= np.float32(self.count * (self.count - 1))
                squares += off
        return probabilities
