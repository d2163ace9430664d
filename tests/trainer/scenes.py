"""Tiny labelled tiles for the trainer's tests: cold bright ice beside warm dark ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from torch import nn

from core.types import Pixels
from tests.rasters import TRANSFORM, write_reference_tile, write_tile
from trainer.datasets import LabelledTile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ICE_NUMBERS = np.array([36000, 36000, 36000, 9000, 29000])[:, None, None]  # Level-2 digital numbers
GROUND_NUMBERS = np.array([12000, 12000, 13000, 15000, 38000])[:, None, None]


def ice_outline(size: int, seed: int) -> NDArray[np.bool_]:
    """Where ice lies: one side of a slanted line."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:size, :size] / size - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    return np.asarray(rows * np.sin(angle) + cols * np.cos(angle) > rng.uniform(-0.2, 0.2))


def ice_numbers(ice: NDArray[np.bool_], seed: int) -> NDArray[np.uint16]:
    """Digital numbers (5, h, w) of ice and ground with noise."""
    noise = np.random.default_rng(seed).normal(1, 0.02, (5, *ice.shape))
    return (np.where(ice, ICE_NUMBERS, GROUND_NUMBERS) * noise).astype(np.uint16)


def labelled_tile(seed: int = 0, size: int = 64, source: str = "field") -> LabelledTile:
    """A tile in memory: reflectance and kelvin, outline labels, a few pixels without data."""
    ice = ice_outline(size, seed)
    numbers = ice_numbers(ice, seed).astype(np.float32)
    values = np.concatenate([numbers[:4] * 2.75e-5 - 0.2, numbers[4:] * 0.00341802 + 149]).astype(np.float32)
    valid = np.ones(ice.shape, bool)
    valid[:4, :4] = False
    place = (float(seed) * 1000, 0.0)
    return LabelledTile(f"t{seed:02}", source, place, Pixels(values, valid), ice.astype(np.uint8))


def write_labelled_tile(folder: Path, tile_id: str, seed: int, size: int = 64) -> NDArray[np.bool_]:
    """A tile with its outline in the reference layout; returns where ice lies."""
    ice = ice_outline(size, seed)
    transform = TRANSFORM * Affine.translation(seed * size, 0)
    write_reference_tile(folder, ice_numbers(ice, seed), tile_id, transform=transform)
    label = folder / "label" / f"Y_output_resized_{tile_id}.tif"
    write_tile(label, np.where(ice, 255, 0).astype(np.float32), transform=transform)
    return ice


def tiny_network(outputs: int) -> nn.Module:
    """A network that learns colours in seconds."""
    return nn.Sequential(
        nn.Conv2d(5, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, outputs, 1)
    )
