"""Augmentation: what may change and what must not."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from core.types import Pixels
from tests.trainer.scenes import labelled_tile
from trainer.augmentation import Augmentation, augment, resize

TILE = labelled_tile(1, size=32)
ALL = Augmentation(True, 0.2, 0.3, 0.05, 5.0, 0.03, 0.5, 0.5, 1.0)


def copy_with(rule: Augmentation, seed: int = 0) -> tuple[Pixels, np.ndarray]:
    return augment((TILE.pixels, TILE.labels), rule, np.random.default_rng(seed))


def test_nothing_asked_for_changes_nothing() -> None:
    pixels, labels = copy_with(Augmentation())
    np.testing.assert_array_equal(pixels.values, TILE.pixels.values)
    np.testing.assert_array_equal(pixels.valid, TILE.pixels.valid)
    np.testing.assert_array_equal(labels, TILE.labels)


def test_the_original_is_left_alone() -> None:
    before = TILE.pixels.values.copy(), TILE.pixels.valid.copy(), TILE.labels.copy()
    copy_with(ALL)
    for array, kept in zip((TILE.pixels.values, TILE.pixels.valid, TILE.labels), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_the_same_generator_gives_the_same_copy() -> None:
    first, second = copy_with(ALL, seed=5), copy_with(ALL, seed=5)
    np.testing.assert_array_equal(first[0].values, second[0].values)
    np.testing.assert_array_equal(first[0].valid, second[0].valid)


@pytest.mark.parametrize("seed", range(12))
def test_turns_move_pixels_and_labels_together(seed: int) -> None:
    pixels, labels = copy_with(Augmentation(turns=True), seed)
    assert (
        pixels.values[4][labels == 1] < pixels.values[4][labels == 0].min()
    ).all()  # ice stays the cold part
    assert pixels.valid.sum() == TILE.pixels.valid.sum()


def test_all_eight_turns_occur() -> None:
    seen = {copy_with(Augmentation(turns=True), seed)[0].values[0].tobytes() for seed in range(64)}
    assert len(seen) == 8


def test_gain_and_haze_leave_temperatures_alone() -> None:
    pixels, _ = copy_with(Augmentation(gain=0.5, haze=0.1, noise=0.1))
    np.testing.assert_array_equal(pixels.values[4], TILE.pixels.values[4])
    assert (pixels.values[:4] != TILE.pixels.values[:4]).all()


def test_haze_adds_most_in_blue() -> None:
    added = copy_with(Augmentation(haze=0.1))[0].values[:4] - TILE.pixels.values[:4]
    assert (np.diff(added.mean(axis=(1, 2))) < 0).all()
    assert (added > 0).all()


def test_warmth_is_one_offset_for_all_pixels() -> None:
    offset = copy_with(Augmentation(warmth_k=5.0))[0].values[4] - TILE.pixels.values[4]
    assert float(np.ptp(offset)) < 1e-3
    assert abs(float(offset.mean())) > 0.01


@pytest.mark.parametrize(("name", "band"), [("no_thermal", 4), ("no_swir1", 3)])
def test_a_dropped_band_is_missing_and_still_valid(name: str, band: int) -> None:
    pixels, _ = copy_with(Augmentation(**{name: 1.0}))
    assert np.isnan(pixels.values[band]).all()
    assert np.isfinite(np.delete(pixels.values, band, axis=0)).all()
    np.testing.assert_array_equal(pixels.valid, TILE.pixels.valid)


def test_blobs_take_validity_and_nothing_else() -> None:
    pixels, labels = copy_with(Augmentation(blobs=1.0))
    assert pixels.valid.sum() < TILE.pixels.valid.sum()
    assert not (pixels.valid & ~TILE.pixels.valid).any()
    np.testing.assert_array_equal(labels, TILE.labels)


def test_every_strength_is_off_unless_asked_for() -> None:
    assert not any(field.default for field in fields(Augmentation))


@pytest.mark.parametrize("size", [20, 32, 48])
def test_another_scale_keeps_the_means_and_the_ground(size: int) -> None:
    pixels, labels = resize((TILE.pixels, TILE.labels), size)
    assert pixels.values.shape == (5, size, size)
    assert labels.shape == pixels.valid.shape == (size, size)
    assert set(np.unique(labels)) <= set(np.unique(TILE.labels))
    for plane, original in zip(pixels.values, TILE.pixels.values, strict=True):
        assert np.nanmean(plane[pixels.valid]) == pytest.approx(original[TILE.pixels.valid].mean(), rel=0.05)
    inside = pixels.valid & (labels == 1)
    assert pixels.values[4][inside].mean() < pixels.values[4][pixels.valid & (labels == 0)].mean()


def test_another_scale_neither_fills_gaps_nor_bleeds_into_what_is_known() -> None:
    values = np.full((5, 32, 32), 2.0, np.float32)
    values[4, :16] = np.nan
    values[:, :, :16] = 9.0
    valid = np.ones((32, 32), bool)
    valid[:, :16] = False  # what has no data has values too, and they mean nothing
    pixels, _ = resize((Pixels(values, valid), TILE.labels), 48)
    assert np.isnan(pixels.values[4, :24, 24:]).all()
    np.testing.assert_allclose(pixels.values[0][pixels.valid], 2.0, rtol=1e-6)
    assert pixels.valid[:, 24:].all()
    assert not pixels.valid[:, :24].any()
