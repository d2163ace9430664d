"""Deviations: how far the ice of parts of blocks may be off, by the block bootstrap written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.measure.expectations import SURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def deviations_m2(
    parts: NDArray[np.int64], levels: NDArray[np.intp], ground_m2: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """The parts that occur, each once, and the standard deviation of the ice in each, m2.

    `parts`, `levels` and `ground_m2` are (n,), one entry a pixel. In the bootstrap of
    `core.measure.expectations` a uniform number u of 1..`SURE` makes ice of a part's pixels whose level is at
    least u. So with the pixels by falling level l, and c their ground added up, the ice is c[k] for l[k + 1]
    < u <= l[k], and its variance the mean of its squares less the square of its mean.
    """
    order = np.lexsort((-levels, parts))
    parts, levels, ground = parts[order], levels[order], ground_m2[order]
    begins = np.flatnonzero(np.diff(parts, prepend=-1))
    lengths = np.diff(begins, append=len(parts))
    upto = np.cumsum(ground)
    upto -= np.repeat(upto[begins] - ground[begins], lengths)
    following = np.append(levels[1:], 0)
    following[begins[1:] - 1] = 0  # behind the last pixel of a part there is nothing
    of = np.repeat(np.arange(len(begins)), lengths)
    squares = np.bincount(of, upto**2 * (levels - following), len(begins)) / SURE
    mean = np.bincount(of, ground * levels, len(begins)) / SURE
    return parts[begins], np.sqrt(np.maximum(squares - mean**2, 0.0))
