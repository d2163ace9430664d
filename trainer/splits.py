"""Splits of labelled tiles into those that teach and those that measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.datasets import LabelledTile

SplitKind = Literal["place", "random"]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How to split: into `folds` parts of which number `fold` (from 0) measures.

    "place": the tiles are ordered along the line on which they spread furthest and cut into contiguous
    blocks, so that hardly a measuring tile adjoins a teaching one. "random" exists to reproduce reports that
    did so; tiles of a scene adjoin, and its scores flatter.
    """

    kind: SplitKind = "place"
    folds: int = 4
    fold: int = 0


def split_tiles(
    tiles: Sequence[LabelledTile], rule: SplitRule, seed: int
) -> tuple[tuple[LabelledTile, ...], tuple[LabelledTile, ...]]:
    """Teaching and measuring tiles. Each source is split by itself; whole tiles only.

    Raises:
        TrainingError: fewer tiles than folds, or no such fold.
    """
    if not 0 <= rule.fold < rule.folds:
        raise TrainingError(f"There is no fold {rule.fold} of {rule.folds}; choose 0 to {rule.folds - 1}.")
    teaching: list[LabelledTile] = []
    measuring: list[LabelledTile] = []
    for source in sorted({tile.source for tile in tiles}):
        members = [tile for tile in tiles if tile.source == source]
        if len(members) < rule.folds:
            raise TrainingError(
                f"'{source}' has {len(members)} labelled tiles; {rule.folds} folds need as many. "
                "Add tiles or set fewer folds."
            )
        held = set(np.array_split(_order(members, rule.kind, seed), rule.folds)[rule.fold].tolist())
        teaching += [tile for index, tile in enumerate(members) if index not in held]
        measuring += [tile for index, tile in enumerate(members) if index in held]
    return tuple(teaching), tuple(measuring)


def _order(
    members: Sequence[LabelledTile], kind: SplitKind, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    if kind == "random":
        return np.random.default_rng(seed).permutation(len(members))
    places = np.array([tile.place for tile in members], float)
    offsets = places - places.mean(axis=0)
    axis = np.linalg.svd(offsets, full_matrices=False)[2][0]
    axis *= np.sign(axis[np.argmax(np.abs(axis))])  # the sign of a singular vector is arbitrary
    names = np.array([tile.name for tile in members])
    return np.lexsort((names, np.round(offsets @ axis, 3)))
