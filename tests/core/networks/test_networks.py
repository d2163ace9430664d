"""The networks: their size, their shapes and how far they see."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from core.errors import ModelError
from core.models import BINARY, MODELS
from core.networks.catalogue import build_network, outputs_of
from core.networks.resnet_unet import ResNetUNet
from core.networks.unet import UNet


def parameters_m(network: torch.nn.Module) -> float:
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def test_the_reference_unet_has_7_76_million_parameters() -> None:
    assert parameters_m(build_network(MODELS["binary"])) == pytest.approx(7.76, abs=0.005)


def test_the_resnet_unet_has_24_million_parameters_and_upsamples_by_transposed_convolution() -> None:
    network = build_network(MODELS["multiclass"])
    assert isinstance(network, ResNetUNet)
    assert parameters_m(network) == pytest.approx(24, abs=0.5)
    assert parameters_m(network.encoder) == pytest.approx(21.3, abs=0.1)
    raised = [type(part) for part in network.decoder.modules() if isinstance(part, torch.nn.ConvTranspose2d)]
    assert len(raised) == 5


@pytest.mark.parametrize("key", MODELS)
def test_a_network_gives_one_plane_of_logits_an_output_at_any_multiple_of_the_stride(key: str) -> None:
    spec = MODELS[key]
    network = build_network(spec).eval()
    with torch.inference_mode():
        logits = network(torch.zeros(2, 5, spec.stride_px, 3 * spec.stride_px))
    assert logits.shape == (2, outputs_of(spec), spec.stride_px, 3 * spec.stride_px)


def test_the_unet_sees_94_pixels_far_and_the_halo_covers_them() -> None:
    network = UNet(1, widths=(1, 1, 1, 1, 1)).double().eval()  # the field does not depend on the widths
    with torch.inference_mode():
        for parameter in network.parameters():
            parameter.abs_()  # nothing is cut off: whatever is in sight raises the result
        x = torch.rand(1, 5, 16, 272, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
        changed = []
        for distance in (95, 94):
            brighter = x.clone()
            brighter[..., : 128 - distance + 1] += 1e6
            changed.append(not torch.equal(network(brighter)[..., 128:144], network(x)[..., 128:144]))
    assert changed == [False, True]
    assert BINARY.halo_px >= 94


def test_a_model_without_a_network_is_refused() -> None:
    with pytest.raises(ModelError, match="no network"):
        build_network(replace(BINARY, key="lidar"))
