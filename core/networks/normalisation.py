"""Normalisation: from physical values to what a network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.types import Pixels


class Normalisation(Protocol):
    """What `normalise` needs to know; a `Card` is one."""

    @property
    def means(self) -> tuple[float, ...]:
        """One a band, in reflectance and kelvin."""

    @property
    def stds(self) -> tuple[float, ...]:
        """One a band, in reflectance and kelvin."""


def normalise(
    pixels: Pixels, card: Normalisation, out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """The network's input, float32 (5, h, w): (value - mean) / std; written into `out` where it is given.

    0, which is the mean, stands where a value is NaN or a pixel is not valid; a missing band is a whole
    plane of 0. The constants come from the card, never from the pixels at hand.
    """
    normalised = np.empty_like(pixels.values) if out is None else out
    for plane, values, mean, std in zip(normalised, pixels.values, card.means, card.stds, strict=True):
        np.subtract(values, np.float32(mean), out=plane)
        np.divide(plane, np.float32(std), out=plane)
        np.copyto(plane, np.float32(0), where=~(pixels.valid & np.isfinite(values)))
    return normalised
