"""Augmentation that respects physics: patches in reflectance and kelvin, changed as nature changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import interpolate

from core.types import BANDS, Pixels

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

Patch = tuple[Pixels, "NDArray[np.uint8]"]  # pixels and labels of the same ground

THERMAL = BANDS.index("thermal")
SWIR1 = BANDS.index("swir1")
OPTICAL = slice(0, THERMAL)
HAZE_BY_BAND = np.array([1.0, 0.75, 0.55, 0.1])[:, None, None]  # Rayleigh-like: falls with wavelength


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How strongly to augment; every field 0 leaves patches as they are.

    `scale`: patches show ground that is up to exp(scale) times wider or narrower, as other sensors do.
    `gain`: sun and calibration, as the standard deviation of the logarithm; a third of it also differs
    between bands. `haze`: largest reflectance that the air adds in blue. `warmth_k`: standard deviation of
    the season's temperature offset. `no_*`: the probability that a band is missing. `blobs`: the probability
    that a patch gets holes like those of cloud masks. `noise`: per-pixel noise, relative.
    """

    turns: bool = False
    scale: float = 0.0
    gain: float = 0.0
    haze: float = 0.0
    warmth_k: float = 0.0
    noise: float = 0.0
    no_thermal: float = 0.0
    no_swir1: float = 0.0
    blobs: float = 0.0


def augment(patch: Patch, rule: Augmentation, rng: Generator) -> Patch:
    """A changed copy of a patch; the same generator state gives the same copy."""
    pixels, labels = patch
    values, valid = pixels.values.copy(), pixels.valid
    if rule.turns:
        values, valid, labels = _turn(values, valid, labels, rng)
    _light(values[OPTICAL], rule, rng)
    values[THERMAL] += np.float32(rng.normal(0, rule.warmth_k))
    if rng.random() < rule.no_thermal:
        values[THERMAL] = np.nan
    if rng.random() < rule.no_swir1:
        values[SWIR1] = np.nan
    if rng.random() < rule.blobs:
        valid = valid & ~_blobs(valid.shape, rng)
    return Pixels(values, valid), labels


def resize(patch: Patch, size_px: int) -> Patch:
    """A patch at another size, as a sensor of another resolution sees the ground.

    Smaller pixels are averaged into larger ones and larger ones interpolated, over what is known alone: a
    gap neither grows nor bleeds. Labels take the nearest pixel, for kinds of ground have no mean.
    """
    pixels, labels = patch
    height, width = labels.shape
    if (height, width) == (size_px, size_px):
        return patch
    known = np.isfinite(pixels.values) & pixels.valid
    stacked = np.concatenate([np.where(known, pixels.values, 0), known]).astype(np.float32)
    seen = interpolate(
        torch.from_numpy(stacked[None]), (size_px, size_px), mode="bilinear", antialias=True
    ).numpy()[0]
    sums, weights = np.split(seen, 2)
    rows, cols = ((np.arange(size_px) + 0.5) * extent // size_px for extent in (height, width))
    nearest = np.ix_(rows.astype(int), cols.astype(int))
    values = np.divide(sums, weights, out=np.full_like(sums, np.nan), where=known[:, *nearest])
    return Pixels(values, pixels.valid[nearest]), labels[nearest]


def _turn(
    values: NDArray[np.float32], valid: NDArray[np.bool_], labels: NDArray[np.uint8], rng: Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.uint8]]:
    """One of the eight symmetries of a square; rasters have no preferred sun once many seasons are meant."""
    quarter, flipped = int(rng.integers(4)), bool(rng.integers(2))
    columns = slice(None, None, -1 if flipped else 1)
    return (
        np.rot90(values, quarter, axes=(1, 2))[:, :, columns].copy(),
        np.rot90(valid, quarter)[:, columns].copy(),
        np.rot90(labels, quarter)[:, columns].copy(),
    )


def _light(optical: NDArray[np.float32], rule: Augmentation, rng: Generator) -> None:
    """Scale by sun and calibration, add haze, add noise; in place, NaN stays NaN."""
    if rule.gain:
        bands = rng.normal(0, rule.gain / 3, size=(len(optical), 1, 1))
        optical *= np.exp(rng.normal(0, rule.gain) + bands).astype(np.float32)
    if rule.haze:
        optical += (rng.uniform(0, rule.haze) * HAZE_BY_BAND).astype(np.float32)
    if rule.noise:
        noise = rng.standard_normal(optical.shape, dtype=np.float32)
        optical *= 1 + np.float32(rng.uniform(0, rule.noise)) * noise


def _blobs(shape: tuple[int, ...], rng: Generator) -> NDArray[np.bool_]:
    """Holes as cloud masks cut them: squares of 7 to 57 px, single pixels (4 % in the reference)."""
    holes = rng.random(shape) < rng.uniform(0, 0.05)
    for _ in range(int(rng.integers(1, 12))):
        size = int(7 * np.exp(rng.uniform(0, 2.1)))
        row, col = (int(rng.integers(-size // 2, extent)) for extent in shape)
        holes[max(row, 0) : row + size, max(col, 0) : col + size] = True
    return holes
