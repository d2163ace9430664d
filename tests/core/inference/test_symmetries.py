"""A tile looked at in its eight orientations."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from numpy.typing import NDArray

from core.inference.predict import predict_windows
from core.inference.symmetries import SYMMETRIES, Symmetry, predict_symmetric, view_engine
from core.inference.torch_engine import torch_engine
from core.models import BINARY, MULTICLASS, ModelSpec
from tests.core.inference.sources import ArrayTile, random_tile, small_unet

Floats = NDArray[np.float32]
each = pytest.mark.parametrize("symmetry", SYMMETRIES, ids=str)


def _numbers(height: int = 32, width: int = 48) -> Floats:
    return np.random.default_rng(0).standard_normal((1, 5, height, width)).astype(np.float32)


def _pointwise(x: Floats, /) -> Floats:
    """An engine that has no idea of directions."""
    p = 1 / (1 + np.exp(-x[:, :1]))
    return np.concatenate([1 - p, p], axis=1)


def test_the_eight_orientations_differ() -> None:
    square = _numbers(16, 16)
    assert len({symmetry.apply(square).tobytes() for symmetry in SYMMETRIES}) == 8


@each
def test_an_orientation_can_be_undone(symmetry: Symmetry) -> None:
    x = _numbers()
    assert (symmetry.undo(symmetry.apply(x)) == x).all()


@each
def test_an_engine_without_directions_sees_the_same_in_every_orientation(symmetry: Symmetry) -> None:
    x = _numbers()
    assert (view_engine(_pointwise, symmetry)(x) == _pointwise(x)).all()


@each
def test_turned_ground_gives_the_turned_answer_of_all_orientations(symmetry: Symmetry) -> None:
    engine = torch_engine(small_unet(BINARY))
    turned = view_engine(engine, symmetry)

    def mean(of: Floats) -> Floats:
        return np.mean([view_engine(engine, each)(of) for each in SYMMETRIES], axis=0)

    x = _numbers()
    assert symmetry == SYMMETRIES[0] or np.abs(turned(x) - engine(x)).max() > 0.01  # it has directions
    assert mean(symmetry.apply(x)) == pytest.approx(symmetry.apply(mean(x)), abs=1e-5)


@pytest.mark.parametrize("spec", [BINARY, MULTICLASS], ids=lambda spec: spec.key)
def test_the_mean_decides_and_the_spread_is_that_of_the_decided_class(spec: ModelSpec) -> None:
    tile, model = random_tile(70, 90, seed=3), small_unet(spec)
    engine = torch_engine(model)
    (seen,) = predict_symmetric(tile, model, engine)
    views = [
        next(predict_windows(tile, model, view_engine(engine, symmetry))).probabilities
        for symmetry in SYMMETRIES
    ]
    mean, valid = np.mean(views, axis=0), seen.mean.valid
    assert (valid == tile.valid).all()
    assert seen.mean.probabilities == pytest.approx(mean, abs=1e-6)
    assert (seen.mean.classes[valid] == mean.argmax(axis=0)[valid]).mean() > 0.999
    rows, cols = np.nonzero(valid)
    chosen = np.stack([view[seen.mean.classes[valid], rows, cols] for view in views])
    assert seen.spread[valid] == pytest.approx(chosen.std(axis=0), abs=1e-5)
    assert (seen.mean.classes[~valid] == 255).all()
    assert (seen.views[:, ~valid] == 255).all()


def test_windows_in_eight_orientations_give_what_one_window_gives() -> None:
    tile, model = random_tile(1000, 40, seed=4, no_data=0.0), small_unet(BINARY)
    whole = next(predict_symmetric(_padded(tile), model, torch_engine(model))).mean.probabilities
    parts = [seen.mean for seen in predict_symmetric(tile, model, torch_engine(model))]
    joined = np.concatenate([part.probabilities for part in parts], axis=1)
    assert joined.shape == (2, 1000, 40)
    inner = slice(0, 600)
    assert joined[:, inner] == pytest.approx(whole[:, inner], abs=1e-4)


def test_one_whole_window_lives_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    tall = 2 * (BINARY.core_px + BINARY.halo_px)
    tile, model = random_tile(tall, 16, seed=4, no_data=0.0), small_unet(BINARY)
    seen: list[weakref.ref[Floats]] = []
    alive: list[int] = []

    def undone(symmetry: Symmetry, planes: Floats) -> Floats:
        alive.append(sum(window() is not None for window in seen))
        window = undo(symmetry, planes).copy()
        seen.append(weakref.ref(window))
        return window

    undo = Symmetry.undo
    monkeypatch.setattr(Symmetry, "undo", undone)
    for _ in predict_symmetric(tile, model, _pointwise):
        assert all(window() is None for window in seen)  # what is handed over is the core alone
    assert len(alive) > 8  # more than one step
    assert set(alive) == {0}


def _padded(tile: ArrayTile) -> ArrayTile:
    return ArrayTile(tile.values[:, :900], tile.valid[:900])
