"""The size of a tile's pixels as a comparison needs it: one length, measured on the ground."""

from __future__ import annotations

from math import sqrt

ALIKE_PIXELS = 0.02  # share of a side; maps of one sensor in neighbouring zones differ by less
M_PER_KM = 1000.0


def pixel_side_m(valid_area_km2: float | None, valid_px: int) -> float | None:
    """Side of a square with the mean ground of a pixel, m; None where areas are unknown."""
    if valid_area_km2 is None or not valid_px:
        return None
    return sqrt(valid_area_km2 / valid_px) * M_PER_KM


def pixels_differ(one_m: float | None, other_m: float | None) -> bool:
    """Whether two sides, m, are further apart than maps of one sensor are; unknown ones are not."""
    return bool(one_m and other_m) and abs((one_m or 0) / (other_m or 1) - 1) > ALIKE_PIXELS
