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

PART_PX = 1024  # side of what is measured in one pass: it takes the memory of four reference tiles
LARGEST_WHOLE_PX = 1536  # a little more is no reason for seams


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a training works with.

    `teaching` tiles give patches; `held_out` are whole tiles, or parts of large ones,
    normalised and padded, with their labels. `out` takes checkpoints and curves; `identity` is what they
    must belong to.
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


def measuring_parts(
    tile: LabelledTile, spec: ModelSpec, constants: Normalisation
) -> list[tuple[Tensor, Tensor]]:
    """What measures of a tile, each to be seen in one pass: the whole, or contiguous parts of a large one.

    Parts are as `whole_tile` gives tiles; those without a known pixel are left out. At their seams the
    network sees no neighbours: what chooses the epoch differs a little from the scores, which come from
    windows that overlap.
    """
    x, y = whole_tile(tile, spec, constants)
    if max(y.shape) <= LARGEST_WHOLE_PX:
        return [(x, y)]
    rows, cols = (_cuts(extent, spec.stride_px) for extent in y.shape)
    parts = [(x[:, row, col], y[row, col]) for row in rows for col in cols]
    return [(values, labels) for values, labels in parts if (labels != UNKNOWN).any()]


def _cuts(extent: int, stride: int) -> list[slice]:
    """Slices that cover an extent, a multiple of the stride, each of at most `PART_PX`."""
    count = -(-extent // PART_PX)
    step = -(-extent // (count * stride)) * stride
    return [slice(start, min(start + step, extent)) for start in range(0, extent, step)]


def whole_tile(tile: LabelledTile, spec: ModelSpec, constants: Normalisation) -> tuple[Tensor, Tensor]:
    """A tile normalised and padded to the stride, (5, h, w), with the labels of its valid pixels (h, w)."""
    labels = np.where(tile.pixels.valid, tile.labels, UNKNOWN)
    missing = [(0, -extent % spec.stride_px) for extent in labels.shape]
    x = np.pad(normalise(tile.pixels, constants), [(0, 0), *missing])
    y = np.pad(labels, missing, constant_values=UNKNOWN).astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(y)
