"""The catalogue of networks: which architecture belongs to which model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import ModelError

if TYPE_CHECKING:
    from torch import nn

    from core.models import ModelSpec

ARCHITECTURES = {
    "binary": "unet-32-512",
    "multiclass": "unet-resnet34-transposed",
}  # model key -> the name that the card of its weights must carry


def outputs_of(spec: ModelSpec) -> int:
    """How many logits a pixel a model's network gives: one for a sigmoid, one a class for a softmax."""
    return 1 if spec.activation == "sigmoid" else len(spec.classes)


def architecture_of(spec: ModelSpec) -> str:
    """The name of a model's architecture, as its card carries it.

    Raises:
        ModelError: the catalogue has no network for this model.
    """
    try:
        return ARCHITECTURES[spec.key]
    except KeyError:
        raise ModelError(
            f"There is no network for the model '{spec.key}'. Choose one of: {', '.join(ARCHITECTURES)}."
        ) from None


def build_network(spec: ModelSpec, *, encoder_weights: str | None = None) -> nn.Module:
    """An untrained network of a model: normalised bands (n, 5, h, w) to logits (n, outputs, h, w).

    `encoder_weights` "imagenet" starts the ResNet encoder from ImageNet (needs internet once); the plain
    U-Net has no such weights and ignores it. Randomness comes from torch's global generator.

    Raises:
        ModelError: the catalogue has no network for this model.
    """
    # Imported where they are built: names and cards are read without waiting for torch.
    from core.networks.resnet_unet import build as build_resnet_unet
    from core.networks.unet import UNet

    if architecture_of(spec) == ARCHITECTURES["binary"]:
        return UNet(outputs_of(spec))
    return build_resnet_unet(outputs_of(spec), encoder_weights=encoder_weights)
