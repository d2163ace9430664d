"""Predictions: maps as the app makes them, small components removed where asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from core.models import BINARY
from core.networks.weights import LoadedModel
from core.types import Pixels
from tests.core.networks.test_weights import CARD
from tests.trainer.scenes import labelled_tile
from trainer.predictions import predict_tile


def brightness_model() -> LoadedModel:
    """Calls glacier what is bright in blue."""
    network = torch.nn.Conv2d(5, 1, 1)
    torch.nn.init.zeros_(network.weight)
    torch.nn.init.zeros_(network.bias)
    with torch.no_grad():
        network.weight[0, 0] = 1
    return LoadedModel(BINARY, CARD, network.requires_grad_(requires_grad=False), "")


def test_components_below_the_smallest_area_become_what_surrounds_them() -> None:
    values = np.zeros((5, 64, 64), np.float32)
    values[0, 10:13, 10:13] = 1.0  # nine pixels of 900 m2
    values[0, 30:60, 30:60] = 1.0
    tile = replace(labelled_tile(1), pixels=Pixels(values, np.ones((64, 64), bool)), pixel_km2=0.0009)
    assert predict_tile(tile, brightness_model()).classes[11, 11] == 1
    cleaned = predict_tile(tile, brightness_model(), min_area_km2=0.009).classes
    assert cleaned[11, 11] == 0
    assert (cleaned[30:60, 30:60] == 1).all()


def test_without_a_known_area_of_pixels_nothing_is_removed() -> None:
    values = np.zeros((5, 64, 64), np.float32)
    values[0, 10, 10] = 1.0
    tile = replace(labelled_tile(1), pixels=Pixels(values, np.ones((64, 64), bool)), pixel_km2=None)
    assert predict_tile(tile, brightness_model(), min_area_km2=1.0).classes[10, 10] == 1
