"""Alternative networks for experiments: what the library offers, without an entry in the registry."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

import segmentation_models_pytorch as smp
import timm
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
        TrainingError: the library has no such encoder, the decoder no attention, or the two do not fit.
        OSError: the encoder's weights could not be fetched.
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
    except (KeyError, ValueError, RuntimeError) as error:
        if not _is_known(chosen.encoder):
            raise TrainingError(_unknown_encoder(chosen.encoder)) from None
        whose = "Firnline's own" if chosen.decoder == "transposed" else "the library's"
        reason = shorten(str(error).strip("'\"."), 200, placeholder=" ...")
        raise TrainingError(
            f"The encoder '{chosen.encoder}' does not go with {whose} decoder '{chosen.decoder}': {reason}. "
            "Take another pair."
        ) from None
    return built


def _is_known(encoder: str) -> bool:
    """Whether the library has an encoder, itself or from timm ("tu-")."""
    return encoder in smp.encoders.encoders or (encoder.startswith("tu-") and timm.is_model(encoder[3:]))


def _unknown_encoder(encoder: str) -> str:
    near = get_close_matches(encoder, smp.encoders.encoders)
    meant = (
        f"Did you mean {' or '.join(map(repr, near))}?" if near else "Take one that it has, such as resnet34."
    )
    return f"segmentation_models_pytorch has no encoder '{encoder}'. {meant}"


def count_parameters(network: nn.Module) -> int:
    """How many numbers a network learns."""
    parameters: list[Tensor] = list(network.parameters())
    return sum(parameter.numel() for parameter in parameters)
