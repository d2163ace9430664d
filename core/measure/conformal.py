"""Conformal calibration: by how much intervals must be widened to hold what they promise."""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.runs import AreaError

HELD = 0.95  # share of tiles whose interval shall hold the truth


def miss(error: AreaError, truth_km2: float) -> float:
    """How far the truth lies from the estimate, in half-widths of the interval on its side.

    At most 1 where the interval holds the truth; infinite where an interval without width misses it.
    """
    off = truth_km2 - error.estimate_km2
    half = error.high_km2 - error.estimate_km2 if off > 0 else error.estimate_km2 - error.low_km2
    if off == 0:
        return 0.0
    return abs(off) / half if half > 0 else inf


def conformal_factor(misses: Sequence[float]) -> float | None:
    """The factor that makes intervals hold the truth in `HELD` of new tiles like these, at least.

    Split conformal prediction: the ceil((n + 1) * 0.95)-th smallest miss (Lei et al. 2018, equation 4 and
    theorem 2.2, doi:10.1080/01621459.2017.1307116). None with fewer than 19 tiles, which cannot tell, or
    where no finite factor is enough.
    """
    rank = ceil((len(misses) + 1) * HELD)
    if rank > len(misses):
        return None
    factor = sorted(misses)[rank - 1]
    return factor if 0 < factor < inf else None
