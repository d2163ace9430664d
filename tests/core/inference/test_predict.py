from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import WeightsError
from core.inference.decision import classify
from core.inference.predict import predict_windows
from core.inference.torch_engine import torch_engine
from core.models import BINARY, MULTICLASS, ModelSpec
from core.networks.catalogue import build_network
from core.networks.unet import WIDTHS
from core.networks.weights import LoadedModel, normalise
from core.types import Pixels, Window
from tests.core.inference.sources import ArrayTile, card_of, random_tile, small_unet

# The U-Net's halo with the network's own depth; softmax needs no other windows.
EXACT_MULTICLASS = replace(MULTICLASS, stride_px=16, halo_px=BINARY.halo_px, exact_tiling=True)


def tiled(tile: ArrayTile, model: LoadedModel, core_px: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Classes and probabilities, window by window; probabilities are NaN without data."""
    classes = np.zeros(tile.valid.shape, np.uint8)
    probabilities = np.zeros((len(model.spec.classes), *tile.valid.shape), np.float32)
    for prediction in predict_windows(tile, model, torch_engine(model, "cpu"), core_px=core_px):
        classes[prediction.window.slices] = prediction.classes
        probabilities[(slice(None), *prediction.window.slices)] = prediction.probabilities
    probabilities[:, ~tile.valid] = np.nan
    return classes, probabilities


def one_pass(tile: ArrayTile, model: LoadedModel) -> NDArray[np.float32]:
    """Probabilities without windows: pad, run, crop; NaN without data."""
    height, width = tile.valid.shape
    stride = model.spec.stride_px
    padding = (0, -width % stride, 0, -height % stride)
    x = torch.from_numpy(normalise(Pixels(tile.values, tile.valid), model.card))[None]
    whole = torch_engine(model, "cpu")(torch.nn.functional.pad(x, padding).numpy())[0, :, :height, :width]
    return np.where(tile.valid, whole, np.nan).astype(np.float32)


def in_balance(model: LoadedModel, probabilities: NDArray[np.float32]) -> LoadedModel:
    """The model with a threshold amid these probabilities, but on none of them.

    Convolutions of other sizes round otherwise, by less than 2e-6: a threshold that lies on a pixel's
    probability has no exact answer.
    """
    known = np.unique(probabilities[1][np.isfinite(probabilities[1])])
    near = known[len(known) // 4 : -(len(known) // 4) or None]
    if len(near) < 2:
        return model
    gap = int(np.diff(near).argmax())
    return replace(model, card=replace(model.card, threshold=float(near[gap : gap + 2].mean())))


def expect_equal(tile: ArrayTile, model: LoadedModel, core_px: int) -> NDArray[np.uint8]:
    """Compare windows with one pass; return the classes."""
    expected = one_pass(tile, model)
    model = in_balance(model, expected) if model.spec.has_threshold else model
    classes, probabilities = tiled(tile, model, core_px)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=2e-6)
    decided = classify(np.nan_to_num(expected), model.spec, model.card.threshold)
    np.testing.assert_array_equal(classes, np.where(tile.valid, decided, 255))
    return classes


sides = st.one_of(st.integers(1, 40), st.integers(41, 330))


@settings(deadline=None, max_examples=20)
@given(
    spec=st.sampled_from([BINARY, EXACT_MULTICLASS]),
    shape=st.tuples(sides, sides),
    core_px=st.sampled_from([48, 64, 112]),
    no_data=st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    seed=st.integers(0, 1000),
)
def test_a_tile_cut_into_windows_has_the_classes_of_one_pass_bit_for_bit(
    spec: ModelSpec, shape: tuple[int, int], core_px: int, no_data: float, seed: int
) -> None:
    expect_equal(random_tile(*shape, seed=seed, no_data=no_data), small_unet(spec, seed=seed), core_px)


@pytest.mark.parametrize("shape", [(1, 700), (7, 7), (350, 230)])
def test_the_reference_network_is_exact_in_windows_of_any_tile(shape: tuple[int, int]) -> None:
    classes = expect_equal(random_tile(*shape, seed=3), small_unet(BINARY, WIDTHS), 128)
    assert {0, 1} <= set(np.unique(classes))


def test_a_halo_below_the_receptive_field_would_show() -> None:
    tile = random_tile(200, 200, seed=5, no_data=0.0)
    with pytest.raises(AssertionError):
        expect_equal(tile, small_unet(replace(BINARY, halo_px=16)), 64)


def test_windows_of_the_deep_encoder_differ_from_one_pass_in_few_pixels() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_network(MULTICLASS).eval()
    nearer = replace(MULTICLASS, halo_px=64)  # less than half of the real one
    model = LoadedModel(nearer, card_of(MULTICLASS), network, "")
    tile = random_tile(288, 288, seed=2, no_data=0.0)
    whole = one_pass(tile, model).argmax(axis=0)
    assert len(np.unique(whole)) > 1
    differ = (tiled(tile, model, 96)[0] != whole)[tile.valid]
    assert 0 < differ.mean() <= 0.01


def test_pixels_without_data_are_never_classified() -> None:
    tile = random_tile(100, 140, seed=1)
    classes, _ = tiled(tile, small_unet(BINARY), 32)
    np.testing.assert_array_equal(classes == 255, ~tile.valid)


def test_a_window_without_data_is_not_computed() -> None:
    tile = random_tile(16, 480, seed=1, no_data=0.0)
    tile.valid[:] = True
    tile.valid[:, 160:320] = False
    calls: list[tuple[int, ...]] = []
    model = small_unet(replace(BINARY, halo_px=16))

    def engine(x: NDArray[np.float32]) -> NDArray[np.float32]:
        calls.append(x.shape)
        return np.full((1, 2, *x.shape[2:]), 0.5, np.float32)

    predictions = list(predict_windows(tile, model, engine, core_px=80))
    assert len(predictions) == 6
    assert len(calls) == 4
    assert (predictions[2].classes == 255).all()
    assert predictions[2].probabilities.shape == (2, 16, 80)


def test_the_tile_is_read_in_windows_that_stay_small() -> None:
    tile = random_tile(300, 400, seed=1)
    tiled(tile, small_unet(replace(BINARY, halo_px=16)), 64)
    assert max(max(w.height, w.width) for w in tile.reads) <= 64 + 2 * 16


def test_the_threshold_of_the_call_overrules_that_of_the_card() -> None:
    tile = ArrayTile(np.zeros((5, 16, 16), np.float32), np.ones((16, 16), bool))
    model = small_unet(BINARY)

    def engine(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((1, 2, *x.shape[2:]), 0.6, np.float32)

    (by_card,) = predict_windows(tile, model, engine)
    (by_call,) = predict_windows(tile, model, engine, threshold=0.7)
    assert (by_card.classes == 1).all()
    assert (by_call.classes == 0).all()


def test_a_network_that_gives_no_numbers_is_told() -> None:
    tile = ArrayTile(np.zeros((5, 16, 16), np.float32), np.ones((16, 16), bool))

    def engine(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((1, 2, *x.shape[2:]), np.nan, np.float32)

    with pytest.raises(WeightsError, match="not numbers"):
        list(predict_windows(tile, small_unet(BINARY), engine))


def test_windows_lie_where_the_predictions_say() -> None:
    tile = random_tile(40, 300, seed=1)
    model = small_unet(replace(BINARY, halo_px=0))
    windows = [p.window for p in predict_windows(tile, model, torch_engine(model, "cpu"), core_px=128)]
    assert windows == [Window(0, 0, 40, 128), Window(0, 128, 40, 128), Window(0, 256, 40, 44)]
