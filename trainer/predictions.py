"""Predictions of labelled tiles, made as the app makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.inference.postprocess import find_small_components
from core.inference.predict import predict_windows
from core.inference.torch_engine import torch_engine
from core.types import NO_DATA, Grid, Pixels, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.models import ModelSpec
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


def predict_tile(tile: LabelledTile, model: LoadedModel, *, min_area_km2: float = 0.0) -> PredictedTile:
    """Classes and probabilities of a tile, through the app's own windows and decision.

    Components below `min_area_km2` take the class of what surrounds them, where the pixels' area is known.
    """
    classes = np.zeros(tile.labels.shape, np.uint8)
    probabilities = np.zeros((len(model.spec.classes), *classes.shape), np.float32)
    for part in predict_windows(_InMemory(tile), model, torch_engine(model), core_px=WHOLE_PX):
        classes[part.window.slices] = np.where(part.valid, part.classes, 0)
        probabilities[:, *part.window.slices] = part.probabilities
    if min_area_km2 and tile.pixel_km2:
        classes = _without_small(classes, tile, model.spec, min_area_km2)
    return PredictedTile(tile, classes, probabilities)


def _without_small(
    classes: NDArray[np.uint8], tile: LabelledTile, spec: ModelSpec, min_area_km2: float
) -> NDArray[np.uint8]:
    seen = np.where(tile.pixels.valid, classes, np.uint8(NO_DATA))
    whole = Window(0, 0, *classes.shape)
    pixel = np.full((1, 1), tile.pixel_km2)
    removal = find_small_components(
        lambda window: seen[window.slices],
        [whole],
        spec,
        areas_m2=lambda _window: pixel,
        min_area_m2=min_area_km2,  # both are in km2; only their ratio matters
    )
    return np.where(tile.pixels.valid, removal.apply(whole, seen), 0).astype(np.uint8)
