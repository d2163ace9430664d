"""Tiles that live in memory, and small networks, for tests of the inference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import torch
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from torch import nn

from core.models import ModelSpec
from core.networks.cards import Card, Split
from core.networks.unet import UNet
from core.networks.weights import LoadedModel
from core.types import Grid, Pixels, Window

UTM = CRS.from_epsg(32643)


@dataclass(eq=False)
class ArrayTile:
    """Pixels from arrays; remembers which windows were read."""

    values: NDArray[np.float32]
    valid: NDArray[np.bool_]

    def __post_init__(self) -> None:
        self.grid = Grid.of(UTM, Affine(30, 0, 700_000, 0, -30, 3_700_000), *self.valid.shape)
        self.reads: list[Window] = []

    def read(self, window: Window) -> Pixels:
        height, width = self.valid.shape
        assert window.row >= 0
        assert window.col >= 0
        assert window.row + window.height <= height
        assert window.col + window.width <= width
        self.reads.append(window)
        return Pixels(self.values[(slice(None), *window.slices)].copy(), self.valid[window.slices].copy())


def random_tile(height: int, width: int, seed: int, no_data: float = 0.3) -> ArrayTile:
    """Noise on slow waves, with blobs and salt of no data."""
    random = np.random.default_rng(seed)
    waves = np.sin(np.arange(height) / 9)[:, None] * np.cos(np.arange(width) / 13)
    values = (waves + random.standard_normal((5, height, width))).astype(np.float32)
    blobs = np.kron(random.random((height // 16 + 1, width // 16 + 1)), np.ones((16, 16)))[:height, :width]
    valid = (blobs >= no_data) & (random.random((height, width)) > 0.04)
    values[:, ~valid] = np.nan
    return ArrayTile(values, valid)


def card_of(spec: ModelSpec, **changes: object) -> Card:
    card = Card(
        model=spec.key,
        architecture="test",
        bands=("blue", "green", "red", "swir1", "thermal"),
        means=(0.1, 0.0, -0.1, 0.0, 0.2),
        stds=(1.0, 1.1, 0.9, 1.0, 1.2),
        threshold=0.5 if spec.has_threshold else None,
        temperature=1.0,
        status="test",
        trained_on="nothing",
        split=Split("place", (), ()),
        scores=(),
        limits="",
        reproduce="",
        created_on=datetime(2026, 1, 1, tzinfo=UTC),
        sha256="ab" * 32,
    )
    return replace(card, **changes)  # type: ignore[arg-type]


def small_unet(spec: ModelSpec, widths: tuple[int, ...] = (4, 6, 8, 10, 12), seed: int = 0) -> LoadedModel:
    """The reference's U-Net with few channels and random weights, its classes in balance."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = UNet(1 if spec.has_threshold else len(spec.classes), widths)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.05, 0.3)
    network.eval().requires_grad_(requires_grad=False)
    content = b"".join(tensor.numpy().tobytes() for tensor in network.state_dict().values())
    return LoadedModel(spec, card_of(spec), network, sha256(content).hexdigest())
