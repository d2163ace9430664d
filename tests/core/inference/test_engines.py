from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.errors import WeightsError
from core.inference.engines import default_engine
from core.inference.torch_engine import torch_engine
from core.models import BINARY, MULTICLASS, ModelSpec
from core.networks import weights
from core.networks.catalogue import architecture_of
from core.networks.stored import find_model
from core.networks.weights import save_model
from tests.core.inference.sources import card_of, small_unet

both = pytest.mark.parametrize("spec", [BINARY, MULTICLASS], ids=lambda s: s.key)


def noise(n: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((n, 5, 32, 48)).astype(np.float32)


@both
def test_every_model_gives_a_plane_a_class_that_sum_to_one(spec: ModelSpec) -> None:
    probabilities = torch_engine(small_unet(spec), "cpu")(noise(2))
    assert probabilities.shape == (2, len(spec.classes), 32, 48)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_last_plane_of_a_binary_model_is_the_sigmoid_of_its_logit() -> None:
    model = small_unet(BINARY)
    logits = model.network(torch.from_numpy(noise())).numpy()
    np.testing.assert_allclose(
        torch_engine(model, "cpu")(noise())[:, 1:], 1 / (1 + np.exp(-logits)), atol=1e-6
    )


@both
def test_a_temperature_divides_the_logits(spec: ModelSpec) -> None:
    model = small_unet(spec)
    warm = replace(model, card=replace(model.card, temperature=2.0))
    sharp, soft = (torch_engine(m, "cpu")(noise()) for m in (model, warm))
    ratio = np.log(sharp[:, 0] / sharp[:, 1]) / np.log(soft[:, 0] / soft[:, 1])
    np.testing.assert_allclose(np.median(ratio), 2, atol=1e-3)


@both
def test_the_same_input_gives_the_same_bits(spec: ModelSpec) -> None:
    engine = torch_engine(small_unet(spec), "cpu")
    np.testing.assert_array_equal(engine(noise()), engine(noise()))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
@both
def test_cuda_gives_nearly_what_the_cpu_gives(spec: ModelSpec) -> None:
    model = small_unet(spec)
    on_cpu, on_cuda = torch_engine(model, "cpu")(noise()), torch_engine(model)(noise())
    assert np.abs(on_cpu - on_cuda).max() < 0.02
    assert next(model.network.parameters()).device.type == "cpu"


def put(folder: Path, seed: int, **changes: object) -> None:
    """Weights and card of one training, in place of those that are there."""
    card = card_of(MULTICLASS, architecture=architecture_of(MULTICLASS), **changes)
    save_model(small_unet(MULTICLASS, seed=seed).network, card, folder / "multiclass.safetensors")


@pytest.mark.parametrize("engine", [default_engine, torch_engine])
def test_weights_that_were_replaced_meanwhile_do_not_run_under_the_old_name(
    engine: Callable[[Any], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "build_network", lambda spec: small_unet(spec).network)
    put(tmp_path, seed=1)
    model = find_model("multiclass", tmp_path)
    put(tmp_path, seed=2)
    with pytest.raises(WeightsError, match=r"were replaced while Firnline ran.*Start again"):
        engine(model)
    engine(find_model("multiclass", tmp_path))


def test_replaced_weights_leave_nothing_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "build_network", lambda spec: small_unet(spec).network)
    put(tmp_path, seed=1)
    model = find_model("multiclass", tmp_path)
    put(tmp_path, seed=2)
    with pytest.raises(WeightsError):
        default_engine(model, tmp_path / "engines")
    assert not (tmp_path / "engines").exists()


@pytest.mark.parametrize(
    "changes",
    [{"temperature": 2.0}, {"means": (0.2,) * 5}, {"stds": (2.0,) * 5}],
    ids=lambda c: next(iter(c)),
)
def test_a_card_that_was_replaced_meanwhile_is_refused(
    changes: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "build_network", lambda spec: small_unet(spec).network)
    put(tmp_path, seed=1)
    model = find_model("multiclass", tmp_path)
    put(tmp_path, seed=1, **changes)
    with pytest.raises(WeightsError, match=f"card of .* was replaced.*{next(iter(changes))}"):
        torch_engine(model, "cpu")
