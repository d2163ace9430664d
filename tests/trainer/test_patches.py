"""Patches: where they are drawn, and that they can be drawn again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.types import Pixels
from tests.trainer.scenes import labelled_tile
from trainer.augmentation import Augmentation
from trainer.drafting import UNTAUGHT_STD
from trainer.fitting import constants_of
from trainer.labels import UNKNOWN
from trainer.patches import Drawing, EndlessSampler, PatchDataset, PatchLoader

TILES = [labelled_tile(seed) for seed in range(3)]
CONSTANTS = constants_of(TILES)


def dataset(
    drawing: Drawing, tiles: list[object] | None = None, augmentation: Augmentation | None = None
) -> PatchDataset:
    chosen = tiles or TILES
    return PatchDataset(chosen, drawing, augmentation or Augmentation(), CONSTANTS, seed=7)  # type: ignore[arg-type]


def test_a_patch_depends_on_its_number_alone() -> None:
    rule = Augmentation(True, 0.2, 0.3, 0.05, 5.0, 0.03, 0.5, 0.5, 1.0)
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


def test_where_no_source_has_a_share_all_tiles_are_drawn_alike() -> None:
    cold = [replace(TILES[0], source="simulated", labels=np.full((64, 64), 2, np.uint8))]
    patches = dataset(Drawing(16, {}, {"elsewhere": 1.0}), tiles=[*TILES, *cold])
    assert 30 <= sum(2 in patches[number][1] for number in range(200)) <= 70  # one tile in four


def test_who_takes_every_tile_once_needs_no_shares() -> None:
    cold = [replace(TILES[0], source="simulated")]
    assert dataset(Drawing(16, {}, {"field": 1.0}, each=True), tiles=[*TILES, *cold])[0][0].shape == (
        5,
        16,
        16,
    )


def test_constants_are_those_of_the_valid_pixels() -> None:
    values = np.array([[[1.0, 3.0, 99.0]]] * 5, np.float32)
    values[3] = np.nan
    tile = replace(TILES[0], pixels=Pixels(values, np.array([[True, True, False]])))
    constants = constants_of([tile])
    assert constants.means == (2, 2, 2, 0, 2)
    assert constants.stds == (1, 1, 1, UNTAUGHT_STD, 1)


def test_the_sampler_never_repeats_a_number() -> None:
    sampler = EndlessSampler(3)
    first = list(sampler)
    sampler.set_epoch(1)
    assert [*first, *sampler] == [0, 1, 2, 3, 4, 5]
    assert len(sampler) == 3


def test_each_tile_gives_one_patch_a_round_in_an_order_of_its_own() -> None:
    tiles = [replace(TILES[0], labels=np.full((64, 64), number, np.uint8)) for number in range(4)]
    patches = dataset(Drawing(64, {}, {}, each=True), tiles=list(tiles))
    rounds = [[int(patches[turn * 4 + place][1][8, 8]) for place in range(len(tiles))] for turn in range(12)]
    assert all(sorted(order) == [0, 1, 2, 3] for order in rounds)
    assert len({tuple(order) for order in rounds}) > 3


def test_scale_shows_wider_and_narrower_ground_in_patches_of_one_size() -> None:
    columns = np.tile(np.arange(64, dtype=np.float32), (64, 1))
    tile = replace(TILES[0], pixels=Pixels(np.tile(columns, (5, 1, 1)), np.ones((64, 64), bool)))
    constants = replace(CONSTANTS, means=(0.0,) * 5, stds=(1.0,) * 5)
    patches = PatchDataset([tile], Drawing(16, {}, {}), Augmentation(scale=0.5), constants, seed=7)
    widths = [float(np.ptp(patches[number][0][0].numpy())) / 15 for number in range(60)]
    assert min(widths) < 0.75
    assert max(widths) > 1.35
    assert patches[0][0].shape == (5, 16, 16)


def test_an_epoch_that_was_interrupted_goes_on_at_its_place() -> None:
    numbers = EndlessSampler(10)
    numbers.set_epoch(2)
    begun = iter(numbers)
    assert [next(begun) for _ in range(4)] == [20, 21, 22, 23]
    loader = PatchLoader(dataset(Drawing(16, {}, {})), numbers, batch=2)
    again = EndlessSampler(10)
    PatchLoader(dataset(Drawing(16, {}, {})), again, batch=2).load_state_dict(loader.state_dict())
    again.set_epoch(2)
    assert list(again) == [24, 25, 26, 27, 28, 29]
    again.set_epoch(3)
    assert list(again) == list(range(30, 40))


def test_processes_that_train_together_share_the_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for rank in range(3):
        monkeypatch.setattr("trainer.patches._processes", lambda rank=rank: (rank, 3))
        numbers = EndlessSampler(9)
        numbers.set_epoch(1)
        seen.append(list(numbers))
        assert len(numbers) == 3
    assert seen == [[9, 12, 15], [10, 13, 16], [11, 14, 17]]


def test_patches_that_are_taken_as_they_are_hold_measured_values_alone() -> None:
    rule = Augmentation(turns=True, scale=0.3, gain=0.5, haze=0.1, warmth_k=9.0, no_thermal=1.0)
    drawn = dataset(Drawing(32, {}, {}, as_is={"field": 0.75}), augmentation=rule)
    with_thermal = [bool(drawn[number][0][-1].any()) for number in range(60)]
    assert 0.55 < np.mean(with_thermal) < 0.95  # the others lost it, as augmentation has it
    means, stds = (np.array(values)[:, None] for values in (CONSTANTS.means, CONSTANTS.stds))
    measured = np.concatenate([tile.pixels.values[:, tile.pixels.valid] for tile in TILES], axis=1)
    measured = (measured - means) / stds
    seen = drawn[with_thermal.index(True)][0].numpy().reshape(5, -1)
    seen = seen[:, seen.any(axis=0)]
    assert seen.size
    for pixel in seen.T[:40]:
        assert np.abs(measured - pixel[:, None]).max(axis=0).min() < 1e-3
