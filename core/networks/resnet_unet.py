"""The U-Net on a ResNet-34 encoder, with transposed-convolution upsampling in the decoder."""

from __future__ import annotations

from itertools import pairwise

import segmentation_models_pytorch as smp
from torch import Tensor, nn

from core.networks.unet import Upsampling
from core.types import BANDS

DECODER_WIDTHS = (256, 128, 64, 32, 16)  # the library's own; 24 M parameters with the encoder's 21 M


class ResNetUNet(nn.Module):
    """U-Net on segmentation_models_pytorch's ResNet encoder.

    Takes normalised bands (n, bands, h, w) to logits (n, outputs, h, w); h and w must be multiples of 32.
    The library's decoder upsamples by interpolation; this one learns it, as the reference does.
    """

    def __init__(self, outputs: int, encoder: str, encoder_weights: str | None, bands: int) -> None:
        super().__init__()
        self.encoder = smp.encoders.get_encoder(encoder, in_channels=bands, weights=encoder_weights)
        *skips, deepest = self.encoder.out_channels[1:]  # the first entry is the input itself
        self.decoder = nn.ModuleList(
            Upsampling(deep, skip, width)
            for (deep, width), skip in zip(
                pairwise((deepest, *DECODER_WIDTHS)), (*reversed(skips), 0), strict=True
            )
        )
        self.head = nn.Conv2d(DECODER_WIDTHS[-1], outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, outputs, h, w) of normalised bands (n, bands, h, w)."""
        *skips, deep = self.encoder(x)[1:]
        for block, skip in zip(self.decoder, (*reversed(skips), None), strict=True):
            deep = block(deep, skip)
        logits: Tensor = self.head(deep)
        return logits


def build(outputs: int, *, encoder_weights: str | None = None, bands: int = len(BANDS)) -> ResNetUNet:
    """The ResNet-34 U-Net with `outputs` logits a pixel.

    `encoder_weights` "imagenet" starts from the library's ImageNet weights, which it downloads once;
    None starts from random ones and needs no internet.
    """
    return ResNetUNet(outputs, "resnet34", encoder_weights, bands)
