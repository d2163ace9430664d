"""Statistics of labelled tiles: simulated beside real, band by band and class by class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.models import MULTICLASS
from core.types import BANDS, BandName
from trainer.datasets import read_labelled_tiles
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from trainer.datasets import LabelledTile

PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
CLASS_NAMES = {c.index: c.key.replace("_", " ") for c in MULTICLASS.classes} | {
    GLACIER: "ice of unknown kind",
    UNKNOWN: "unknown",
}
ICE = [CLASS_NAMES[code] for code in (*(c.index for c in MULTICLASS.classes if c.is_ice), GLACIER)]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a set of tiles looks like.

    `percentiles`: band -> values at `PERCENTILES`, reflectance or kelvin, over valid pixels. `classes`: name
    -> share of all pixels. `valid`: share of pixels with data. `glaring` and `dark`: shares of valid pixels
    with red reflectance above 1 and below 0.05.
    """

    tiles: int
    percentiles: dict[BandName, tuple[float, ...]]
    classes: dict[str, float]
    valid: float
    glaring: float
    dark: float


def describe_folder(folder: Path) -> Statistics:
    """Statistics of the labelled tiles in a folder.

    Raises:
        TrainingError: there are no tiles with labels.
        TileError: a file cannot be read.
    """
    return describe(read_labelled_tiles(folder, MULTICLASS))


def describe(tiles: Sequence[LabelledTile]) -> Statistics:
    """Statistics of tiles, pooled."""
    values = np.concatenate([tile.pixels.values[:, tile.pixels.valid] for tile in tiles], axis=1)
    valid = np.concatenate([tile.pixels.valid.ravel() for tile in tiles])
    labels = np.concatenate([tile.labels.ravel() for tile in tiles])
    percentiles: dict[BandName, tuple[float, ...]] = {}
    for plane, band in enumerate(BANDS):
        known = values[plane][np.isfinite(values[plane])]
        if known.size:
            percentiles[band] = tuple(float(v) for v in np.percentile(known, PERCENTILES))
    red = values[BANDS.index("red")]
    return Statistics(
        tiles=len(tiles),
        percentiles=percentiles,
        classes={name: float((labels == index).mean()) for index, name in CLASS_NAMES.items()},
        valid=float(valid.mean()),
        glaring=float((red > 1.0).mean()),
        dark=float((red < 0.05).mean()),
    )


def comparison_lines(simulated: Statistics, real: Statistics) -> list[str]:
    """A Markdown report of simulated tiles beside real ones."""
    heads = [f"p{q}" for q in PERCENTILES]
    lines = [
        f"Simulated: {simulated.tiles} tiles. Real: {real.tiles} tiles. Valid pixels, "
        "reflectance and kelvin.",
        "",
        "| band | tiles | " + " | ".join(heads) + " |",
        "|---|---|" + "--:|" * len(heads),
    ]
    for band in BANDS:
        for name, side in (("simulated", simulated), ("real", real)):
            if band in side.percentiles:
                digits = 1 if band == "thermal" else 3
                shown = " | ".join(f"{value:.{digits}f}" for value in side.percentiles[band])
                lines.append(f"| {band} | {name} | {shown} |")
    lines += ["", "| share, % | simulated | real |", "|---|--:|--:|"]
    shares = [
        ("pixels with data", simulated.valid, real.valid),
        ("of these, red above 1", simulated.glaring, real.glaring),
        ("of these, red below 0.05", simulated.dark, real.dark),
        *((name, simulated.classes[name], real.classes[name]) for name in CLASS_NAMES.values()),
        ("ice in all", *(sum(side.classes[name] for name in ICE) for side in (simulated, real))),
    ]
    lines += [f"| {name} | {100 * ours:.2f} | {100 * theirs:.2f} |" for name, ours, theirs in shares]
    return lines
