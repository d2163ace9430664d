"""Known pixels: what of its tiles a training can learn and measure at all."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from core.errors import TrainingError
from trainer.labels import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.datasets import LabelledTile

_log = logging.getLogger(__name__)


def check_known(teaching: Sequence[LabelledTile], measuring: Sequence[LabelledTile]) -> None:
    """See that something teaches and something measures; warn of tiles without data, which do neither.

    Raises:
        TrainingError: no teaching or no measuring tile has a pixel with data whose label is known.
    """
    for tiles, role in ((teaching, "teaches"), (measuring, "measures")):
        if not any((tile.pixels.valid & (tile.labels != UNKNOWN)).any() for tile in tiles):
            folders = " and ".join(f"'{name}'" for name in sorted({tile.source for tile in tiles}))
            raise TrainingError(
                f"Nothing {role}: no pixel of the {len(tiles)} tiles of {folders} that this falls to has "
                "data and a label that is known. Correct their labels, or add tiles that have both."
            )
    empty = [tile for tile in (*teaching, *measuring) if not tile.pixels.valid.any()]
    if empty:
        named = f"{empty[0].source}/{empty[0].name}" + (
            f" and {len(empty) - 1} more" if len(empty) > 1 else ""
        )
        _log.warning("No pixel of %s has data: it teaches and measures nothing. Take it out.", named)
