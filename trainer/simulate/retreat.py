"""The same glaciers in other years: ice that has melted away by a known share of its area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from trainer.simulate.noise import smooth_step

if TYPE_CHECKING:
    from trainer.simulate.ground import Ground

LEAST_MELT = 0.12  # of the melt at the lowest tongue: what ice loses above the equilibrium line


def retreated(ground: Ground, lost_share: float) -> Ground:
    """The same ground after its glaciers have lost `lost_share` (0..1) of their area within the tile.

    Melt grows from the equilibrium line down to the lowest ice; the ice goes first that is thin for the melt
    it takes, so tongues narrow and their fronts climb. What is left has thinned by the same melt.
    """
    ice = ground.ice
    inner = slice(ground.margin_px, ice.shape[0] - ground.margin_px)
    if lost_share <= 0 or not ice[inner, inner].any():
        return ground
    below_m = ground.line_m - ground.surface
    deepest_m = max(float(np.percentile(below_m[ice], 98)), 50.0)
    melt = LEAST_MELT + (1.0 - LEAST_MELT) * smooth_step(below_m, -150.0, deepest_m)
    weight = np.maximum(ndimage.gaussian_filter(ice.astype(np.float64), 2.0), 1e-6)
    smooth = ndimage.gaussian_filter(ground.thickness, 2.0) / weight
    endurance = smooth / melt
    melted = float(np.quantile(endurance[inner, inner][ice[inner, inner]], min(lost_share, 1.0)))
    left = np.maximum(ground.thickness - melted * melt, 1.0)
    return ground.with_ice(np.where(ice & (endurance > melted), left, 0.0))
