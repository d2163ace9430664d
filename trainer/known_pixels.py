"""Known pixels: what of its tiles a training can learn and measure at all."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from trainer.labels import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ModelSpec
    from trainer.configuration import Configuration
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


def choosing(
    configuration: Configuration, spec: ModelSpec, measuring: Sequence[LabelledTile]
) -> Configuration:
    """The configuration, with the last epoch kept where no measuring tile can tell which is the best.

    Epochs are told apart by the IoU of classes; an outline tells a model of several classes none but the
    background.
    """
    kinds = np.arange(1, len(spec.classes))
    if configuration.kept == "last" or any(
        (tile.pixels.valid & np.isin(tile.labels, kinds)).any() for tile in measuring
    ):
        return configuration
    _log.warning(
        "The measuring tiles show no pixel that is known to be %s, so they cannot tell which epoch is the "
        "best: the last one is kept. Add tiles with such labels to those that measure.",
        " or ".join(info.label.lower() for info in spec.foreground),
    )
    return replace(configuration, kept="last")
