"""Alternative networks for experiments: what the library offers, without an entry in the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import segmentation_models_pytorch as smp
from torch import nn

from core.errors import TrainingError
from core.networks.resnet_unet import ResNetUNet
from core.types import BANDS

if TYPE_CHECKING:
    from torch import Tensor

Decoder = Literal["transposed", "unet", "unetplusplus", "manet", "linknet", "fpn", "deeplabv3plus", "upernet"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A network of segmentation_models_pytorch's parts.

    `encoder` is one of the library's names. `decoder` "transposed" is Firnline's own, the others are the
    library's. `attention` works in the library's U-Net and U-Net++ (Roy et al. 2018, arXiv:1803.02579).
    """

    encoder: str = "resnet34"
    decoder: Decoder = "transposed"
    attention: Literal["scse"] | None = None


def build_alternative(chosen: Alternative, outputs: int, encoder_weights: str | None) -> nn.Module:
    """An untrained network: normalised bands (n, 5, h, w) to logits (n, outputs, h, w).

    Raises:
        TrainingError: the library has no such encoder, or the decoder no attention.
    """
    if chosen.attention and chosen.decoder not in {"unet", "unetplusplus"}:
        raise TrainingError(
            f"The decoder '{chosen.decoder}' has no attention. Take 'unet' or 'unetplusplus', or none."
        )
    extra = {"decoder_attention_type": chosen.attention} if chosen.attention else {}
    try:
        if chosen.decoder == "transposed":
            return ResNetUNet(outputs, chosen.encoder, encoder_weights, len(BANDS))
        built: nn.Module = smp.create_model(
            chosen.decoder,
            encoder_name=chosen.encoder,
            encoder_weights=encoder_weights,
            in_channels=len(BANDS),
            classes=outputs,
            **extra,
        )
    except (KeyError, ValueError) as error:
        reason = str(error).strip("'\"").splitlines()[0]
        raise TrainingError(
            f"The library cannot make a '{chosen.decoder}' on '{chosen.encoder}': {reason[:200]}. "
            "Take another pair."
        ) from None
    return built


def count_parameters(network: nn.Module) -> int:
    """How many numbers a network learns."""
    parameters: list[Tensor] = list(network.parameters())
    return sum(parameter.numel() for parameter in parameters)
