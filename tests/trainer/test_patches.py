"""Patches: where they are drawn, and that they can be drawn again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from core.types import Pixels
from tests.trainer.scenes import labelled_tile
from trainer.augmentation import Augmentation
from trainer.fitting import constants_of
from trainer.labels import UNKNOWN
from trainer.patches import Drawing, EndlessSampler, PatchDataset

TILES = [labelled_tile(seed) for seed in range(3)]
CONSTANTS = constants_of(TILES)


def dataset(
    drawing: Drawing, tiles: list[object] | None = None, augmentation: Augmentation | None = None
) -> PatchDataset:
    chosen = tiles or TILES
    return PatchDataset(chosen, drawing, augmentation or Augmentation(), CONSTANTS, seed=7)  # type: ignore[arg-type]


def test_a_patch_depends_on_its_number_alone() -> None:
    rule = Augmentation(True, 0.3, 0.05, 5.0, 0.03, 0.5, 0.5, 1.0)
    first, second = (dataset(Drawing(32, {1: 0.5}, {}), augmentation=rule) for _ in range(2))
    second[11], second[3]
    for one, other in zip(first[5], second[5], strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first[5][0], first[6][0])


def test_pixels_without_data_are_0_and_teach_nothing() -> None:
    x, y = dataset(Drawing(64, {}, {}))[0]  # the whole tile
    assert x.shape == (5, 64, 64)
    assert (x[:, :4, :4] == 0).all()
    assert (y[:4, :4] == UNKNOWN).all()
    assert (y[4:] != UNKNOWN).all()


def test_a_tile_smaller_than_a_patch_is_padded_with_the_unknown() -> None:
    x, y = dataset(Drawing(96, {}, {}))[0]
    assert x.shape == (5, 96, 96)
    assert (y[64:] == UNKNOWN).all()
    assert (x[:, :, 64:] == 0).all()


def test_patches_lie_everywhere_edges_and_corners_too() -> None:
    position = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    tile = replace(TILES[0], pixels=Pixels(np.tile(position, (5, 1, 1)), np.ones((64, 64), bool)))
    constants = replace(CONSTANTS, means=(0.0,) * 5, stds=(1.0,) * 5)
    patches = PatchDataset([tile], Drawing(16, {}, {}), Augmentation(), constants, seed=7)
    seen = np.concatenate([patches[number][0][0].numpy().ravel() for number in range(200)])
    assert len(np.unique(seen)) == 64 * 64


def test_patches_are_drawn_towards_a_rare_class() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[40, 20] = 3
    tiles = [TILES[0], replace(TILES[1], labels=labels)]
    patches = dataset(Drawing(16, {3: 1.0}, {}), tiles=list(tiles))
    assert all(3 in patches[number][1] for number in range(20))


def test_a_rare_class_that_no_tile_has_is_drawn_from_anywhere() -> None:
    assert dataset(Drawing(16, {3: 1.0}, {}))[0][0].shape == (5, 16, 16)


def test_sources_get_their_share() -> None:
    cold = [replace(tile, source="simulated", labels=np.full((64, 64), 2, np.uint8)) for tile in TILES]
    patches = dataset(Drawing(16, {}, {"field": 0.25, "simulated": 0.75}), tiles=[*TILES, *cold])
    simulated = sum(2 in patches[number][1] for number in range(200))
    assert 125 <= simulated <= 175


def test_a_source_without_a_share_makes_all_tiles_alike() -> None:
    cold = [replace(TILES[0], source="simulated", labels=np.full((64, 64), 2, np.uint8))]
    patches = dataset(Drawing(16, {}, {"field": 0.0, "elsewhere": 1.0}), tiles=[*TILES, *cold])
    assert 30 <= sum(2 in patches[number][1] for number in range(200)) <= 70  # one tile in four


def test_constants_are_those_of_the_valid_pixels() -> None:
    values = np.array([[[1.0, 3.0, 99.0]]] * 5, np.float32)
    values[3] = np.nan
    tile = replace(TILES[0], pixels=Pixels(values, np.array([[True, True, False]])))
    constants = constants_of([tile])
    assert constants.means == (2, 2, 2, 0, 2)
    assert constants.stds == (1, 1, 1, 1, 1)


def test_the_sampler_never_repeats_a_number() -> None:
    sampler = EndlessSampler(3)
    first = list(sampler)
    sampler.set_epoch(1)
    assert [*first, *sampler] == [0, 1, 2, 3, 4, 5]
    assert len(sampler) == 3
