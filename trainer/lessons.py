"""Lessons: what a training works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from core.networks.weights import normalise
from trainer.labels import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from core.models import ModelSpec
    from core.networks.weights import Normalisation
    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile
    from trainer.resumption import Identity


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a training works with.

    `teaching` tiles give patches; `held_out` are whole tiles, normalised and padded, with their labels.
    `out` takes checkpoints and curves; `identity` is what they must belong to.
    """

    spec: ModelSpec
    configuration: Configuration
    teaching: Sequence[LabelledTile]
    held_out: Sequence[tuple[Tensor, Tensor]]
    constants: Normalisation
    out: Path
    identity: Identity

    @property
    def patches_an_epoch(self) -> int:
        """Patches of one epoch, over all devices."""
        chosen = self.configuration
        return len(self.teaching) if chosen.drawn == "each" else chosen.patches_per_epoch


def whole_tile(tile: LabelledTile, spec: ModelSpec, constants: Normalisation) -> tuple[Tensor, Tensor]:
    """A tile normalised and padded to the stride, (5, h, w), with the labels of its valid pixels (h, w)."""
    labels = np.where(tile.pixels.valid, tile.labels, UNKNOWN)
    missing = [(0, -extent % spec.stride_px) for extent in labels.shape]
    x = np.pad(normalise(tile.pixels, constants), [(0, 0), *missing])
    y = np.pad(labels, missing, constant_values=UNKNOWN).astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(y)
