"""Seeded random fields: independent generators per concern, and fractal noise."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import fftfreq, irfft2, next_fast_len, rfft2, rfftfreq

if TYPE_CHECKING:
    from numpy.typing import NDArray


def generator(seed: int, concern: str) -> np.random.Generator:
    """A generator that belongs to one concern of one seed.

    A further draw in one concern never changes another, so a scene stays the same where it did not change.
    """
    return np.random.default_rng([seed, zlib.crc32(concern.encode())])


def fractal(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    longest_px: float,
    shortest_px: float = 2.0,
    slope: float = 2.0,
) -> NDArray[np.float64]:
    """Isotropic noise of mean 0 and standard deviation 1, with power falling as frequency to -`slope`.

    Wavelengths lie between `shortest_px` and `longest_px`.
    """
    height, width = shape
    rows, cols = (next_fast_len(int(side + min(longest_px, side) // 2), real=True) for side in shape)
    fy = fftfreq(rows)[:, None]
    fx = rfftfreq(cols)[None, :]
    frequency = np.hypot(fy, fx)
    lowest = 1.0 / longest_px
    power = np.maximum(frequency, lowest) ** (-slope / 2.0)
    power *= np.clip(frequency / lowest, 0, 1) ** 2
    power *= np.clip((1.0 / shortest_px - frequency) * shortest_px * 4 + 1, 0, 1)
    white = rfft2(rng.standard_normal((rows, cols)))
    field = irfft2(white * power, s=(rows, cols))[:height, :width]
    return _standardised(field)


def ridged(
    rng: np.random.Generator, shape: tuple[int, int], *, longest_px: float, octaves: int = 4
) -> NDArray[np.float64]:
    """Noise with sharp crests and rounded troughs, mean 0 and standard deviation 1."""
    total = np.zeros(shape)
    for octave in range(octaves):
        wavelength = longest_px / 2**octave
        if wavelength < 3:  # a shorter crest cannot be drawn on the grid
            break
        layer = fractal(rng, shape, longest_px=wavelength, shortest_px=wavelength / 2.5, slope=1.0)
        total += -np.abs(layer) / 1.8**octave
    return _standardised(total)


def smooth_step(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Cubic ramp from 0 at `low` to 1 at `high` (either may be the larger)."""
    x = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x))


def _standardised(field: NDArray[np.float64]) -> NDArray[np.float64]:
    """The field with mean 0 and standard deviation 1."""
    spread = float(field.std())
    return np.asarray((field - field.mean()) / (spread if spread > 0 else 1.0))
