"""Exact labels: what a training without partial labels leaves out, and says so."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile

_log = logging.getLogger(__name__)


def usable_tiles(tiles: Sequence[LabelledTile], configuration: Configuration) -> list[LabelledTile]:
    """The tiles as the configuration may use them; a warning counts those of which nothing is left.

    Raises:
        TrainingError: nothing is left of any.
    """
    kept = [usable for tile in tiles if (usable := _usable(tile, configuration)) is not None]
    if tiles and not kept:
        raise TrainingError(
            f"All {len(tiles)} tiles have outlines alone, which partial_labels = false leaves out. "
            "Add tiles with surface classes, or set partial_labels = true."
        )
    totals, left = (Counter(tile.source for tile in some) for some in (tiles, kept))
    lost = totals - left
    if lost:
        _log.warning(
            "Tiles left out: %s. They have outlines alone, and partial_labels = false takes surface classes.",
            ", ".join(f"{count} of {totals[source]} of '{source}'" for source, count in sorted(lost.items())),
        )
    return kept


def _usable(tile: LabelledTile, configuration: Configuration) -> LabelledTile | None:
    """The tile as the configuration may use it; None where nothing of it is left."""
    if configuration.partial_labels or not (tile.labels == GLACIER).any():
        return tile
    exact = np.where(tile.labels == GLACIER, np.uint8(UNKNOWN), tile.labels)
    kinds = (exact > 0) & (exact != UNKNOWN)
    return replace(tile, labels=exact) if kinds.any() else None
