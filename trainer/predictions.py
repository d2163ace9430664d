"""Predictions of labelled tiles, made as the app makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.inference.engines import torch_engine
from core.inference.predict import predict_windows
from core.types import Grid, Pixels, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.networks.weights import LoadedModel
    from trainer.datasets import LabelledTile

WHOLE_PX = 512  # windows of the reference tile's size: one pass each


@dataclass(frozen=True, slots=True, eq=False)
class PredictedTile:
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


def predict_tile(tile: LabelledTile, model: LoadedModel) -> PredictedTile:
    """Classes and probabilities of a tile, through the app's own windows and decision."""
    classes = np.zeros(tile.labels.shape, np.uint8)
    probabilities = np.zeros((len(model.spec.classes), *classes.shape), np.float32)
    for part in predict_windows(_InMemory(tile), model, torch_engine(model), core_px=WHOLE_PX):
        classes[part.window.slices] = np.where(part.valid, part.classes, 0)
        probabilities[:, *part.window.slices] = part.probabilities
    return PredictedTile(tile, classes, probabilities)
