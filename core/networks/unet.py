"""The reference U-Net: four levels, 32 to 512 channels, transposed-convolution upsampling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.types import BANDS

WIDTHS = (32, 64, 128, 256, 512)  # channels a level of the reference report; 7.76 M parameters


class DoubleConvolution(nn.Sequential):
    """Two 3x3 convolutions, each with batch norm and ReLU: (n, c, h, w) to (n, k, h, w).

    The convolutions have no bias: the batch norm that follows would subtract it again.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class Upsampling(nn.Module):
    """A 2x2 transposed convolution, the skip connection, and a double convolution.

    Takes (n, c, h, w) and the skip (n, s, 2h, 2w) to (n, k, 2h, 2w).
    """

    def __init__(self, channels_in: int, channels_skip: int, channels_out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)
        self.convolutions = DoubleConvolution(channels_out + channels_skip, channels_out)

    def forward(self, deep: Tensor, skip: Tensor | None) -> Tensor:
        """Upsample `deep` and join it with `skip`, where there is one."""
        raised = self.up(deep)
        joined: Tensor = self.convolutions(raised if skip is None else torch.cat([skip, raised], dim=1))
        return joined


class UNet(nn.Module):
    """U-Net (Ronneberger et al. 2015, arXiv:1505.04597) in the size of the reference report.

    Takes normalised bands (n, bands, h, w) to logits (n, outputs, h, w); h and w must be multiples of
    2 ** (len(widths) - 1).
    """

    def __init__(self, outputs: int, widths: tuple[int, ...] = WIDTHS, bands: int = len(BANDS)) -> None:
        super().__init__()
        sources = (bands, *widths[:-1])
        self.encoder = nn.ModuleList(
            DoubleConvolution(source, width) for source, width in zip(sources, widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        self.decoder = nn.ModuleList(
            Upsampling(deep, width, width) for deep, width in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, outputs, h, w) of normalised bands (n, bands, h, w)."""
        skips = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else self.pool(x))
            skips.append(x)
        for block, skip in zip(self.decoder, skips[-2::-1], strict=True):
            x = block(x, skip)
        logits: Tensor = self.head(x)
        return logits
