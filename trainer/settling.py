"""Settling: what trained weights go through before they are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor


def mix_in(network: nn.Module, start: Mapping[str, Tensor], share: float) -> None:
    """Average `share` of the start weights into the network's, tensor by tensor; counters stay.

    Two trainings of one origin lie in one valley of the loss, so that their mean is a network, too
    (Wortsman et al. 2022, arXiv:2109.01903).
    """
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                tensor.lerp_(start[name].to(tensor), share)


def shift_logits(network: nn.Module, shift: Sequence[float]) -> None:
    """Add a number a class to what the network's last layer gives; none where `shift` is empty.

    Class weights in the loss make a network call a rare class as much too often as they weigh it. Minus the
    logarithm of a class's weight takes that back wholly (prior correction: King and Zeng 2001,
    doi:10.1093/oxfordjournals.pan.a004868).
    """
    if not shift:
        return
    *_, last = (layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    assert last.bias is not None  # noqa: S101 - heads have one, hidden layers that are normalised need none
    with torch.no_grad():
        last.bias += torch.tensor(shift, dtype=last.bias.dtype)


def round_kernels(network: nn.Module) -> None:
    """Round kernels to the half precision in which they are stored, so that scores are those of the file."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point() and tensor.ndim > 1:
                tensor.copy_(tensor.half().float())
