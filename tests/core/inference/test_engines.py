from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.inference.torch_engine import torch_engine
from core.models import BINARY, MULTICLASS, ModelSpec
from tests.core.inference.sources import small_unet

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
