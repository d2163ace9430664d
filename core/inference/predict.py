"""Prediction over a whole tile, window by window."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from core.errors import WeightsError
from core.inference.ahead import ahead
from core.inference.decision import classify, deciding_threshold
from core.inference.windows import Step, plan_steps
from core.networks.normalisation import normalise
from core.types import BANDS, NO_DATA, Grid, Pixels, Window

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from core.inference.engines import Engine
    from core.networks.stored import Model


class PixelSource(Protocol):
    """Where pixels come from; a `core.tiles` tile is one."""

    @property
    def grid(self) -> Grid:
        """Size and georeference of the whole."""

    def read(self, window: Window) -> Pixels:
        """The pixels of a window."""


class Prediction(NamedTuple):
    """What the model says about one window.

    `classes`: uint8 (h, w), 255 where there is no data. `probabilities`: float32 (K, h, w), undefined
    there. `valid`: bool (h, w). `values`: float32 (5, h, w), what the tile holds there.
    """

    window: Window
    classes: NDArray[np.uint8]
    probabilities: NDArray[np.float32]
    valid: NDArray[np.bool_]
    values: NDArray[np.float32]


def predict_windows(
    tile: PixelSource,
    model: Model,
    engine: Engine,
    *,
    threshold: float | None = None,
    core_px: int | None = None,
) -> Generator[Prediction]:
    """Predictions that cover the tile without overlap, in row-major order.

    `threshold` None takes the card's. A window without any data is not computed. Memory depends on
    `core_px`, not on the tile. The tile is read in a thread of its own; close the iterator where it may be
    left early.

    Raises:
        WeightsError: the network gives values that are not numbers.
    """
    decided_by = deciding_threshold(model.spec, model.card, threshold)
    with closing(ahead(read_steps(tile, model, core_px))) as steps:
        for seen in steps:
            probabilities = probabilities_of(seen, model, engine)
            classes = classify(probabilities, model.spec, decided_by)
            classes[~seen.valid] = NO_DATA
            yield Prediction(seen.step.core, classes, probabilities, seen.valid, seen.values)


class SeenStep(NamedTuple):
    """What a step has before the network: `batch` float32 (1, 5, H, W), normalised and padded.

    `valid`: bool (h, w) and `values`: float32 (5, h, w) of the step's core. `batch` is None where the core
    has no data at all: nothing there is worth computing.
    """

    step: Step
    batch: NDArray[np.float32] | None
    valid: NDArray[np.bool_]
    values: NDArray[np.float32]


def read_steps(tile: PixelSource, model: Model, core_px: int | None = None) -> Iterator[SeenStep]:
    """The steps that cover the tile, read and normalised, in row-major order."""
    for step in plan_steps(tile.grid.shape, model.spec, core_px):
        yield _read_step(tile, model, step)


def _read_step(tile: PixelSource, model: Model, step: Step) -> SeenStep:
    """One step; what is read around its core is gone afterwards."""
    pixels = tile.read(step.read)
    valid = pixels.valid[step.slices].copy()
    values = pixels.values[(slice(None), *step.slices)].copy()
    if not valid.any():
        return SeenStep(step, None, valid, values)
    batch = np.zeros((1, len(BANDS), *step.padded), np.float32)
    height, width = pixels.valid.shape
    normalise(pixels, model.card, out=batch[0, :, :height, :width])
    return SeenStep(step, batch, valid, values)


def probabilities_of(seen: SeenStep, model: Model, engine: Engine) -> NDArray[np.float32]:
    """Probabilities (K, h, w) of the step's core; zeros where nothing is computed.

    Raises:
        WeightsError: the network gives values that are not numbers.
    """
    if seen.batch is None:
        return np.zeros((len(model.spec.classes), *seen.valid.shape), np.float32)
    probabilities = engine(seen.batch)[(0, slice(None), *seen.step.slices)]
    if np.isnan(probabilities.sum()):
        raise WeightsError(
            f"The weights of '{model.spec.key}' gave values that are not numbers on this tile. "
            "Train them again, or take the ones that came with Firnline."
        )
    return probabilities
