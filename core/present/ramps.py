"""Colour ramps, written as tables of their own.

Both run in OKLab (Ottosson 2020) with lightness rising in equal steps, so that equal differences look
equal and the order survives in grey print. Cold-to-warm passes from blue over violet to pale yellow;
doubt-to-trust from violet over teal to yellow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLD_TO_WARM: tuple[str, ...] = (
    "#020058", "#210071", "#40087F", "#621985", "#832686", "#A53483", "#C4447B",
    "#E0586F", "#F87061", "#FE9466", "#FEB77E", "#FFD59D", "#FFF1CC",
)  # fmt: skip

DOUBT_TO_TRUST: tuple[str, ...] = (
    "#3C086B", "#352A89", "#1C489F", "#01669D", "#087E9E", "#1296A2",
    "#07AFA2", "#0FC897", "#75D986", "#B4E677", "#EEF171",
)  # fmt: skip


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a `#RRGGBB` colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def ramp_table(anchors: tuple[str, ...], steps: int = 256) -> NDArray[np.uint8]:
    """A ramp as uint8 (steps, 3), interpolated between its anchors."""
    colours = np.array([rgb(anchor) for anchor in anchors], float)
    at = np.linspace(0, len(anchors) - 1, steps)
    channels = [np.interp(at, np.arange(len(anchors)), colours[:, channel]) for channel in range(3)]
    table: NDArray[np.uint8] = np.rint(np.stack(channels, axis=1)).astype(np.uint8)
    return table
