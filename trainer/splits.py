"""Splits of labelled tiles: which teach, which measure, and which test tiles lie on the same ground."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from core.errors import TrainingError
from trainer.footprints import sharing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trainer.datasets import LabelledTile

SplitKind = Literal["place", "random"]
FEWEST_FOLDS = 2

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How to split: into `folds` parts of which number `fold` (from 0) measures.

    "place": the tiles are ordered along the line on which they spread furthest and cut into contiguous
    blocks, so that hardly a measuring tile adjoins a teaching one. Tiles of several CRS are ordered by each
    one's own coordinates, so that blocks are contiguous within each. "random" exists to reproduce reports
    that did so; tiles of a scene adjoin, and its scores flatter.
    """

    kind: SplitKind = "place"
    folds: int = 4
    fold: int = 0


def split_tiles(
    tiles: Sequence[LabelledTile], rule: SplitRule, seed: int
) -> tuple[tuple[LabelledTile, ...], tuple[LabelledTile, ...]]:
    """Teaching and measuring tiles. Each source is split by itself; whole tiles only.

    By place, a tile whose ground is measured too, whatever its source or date, does not teach: it is set
    aside, and a warning says so.

    Raises:
        TrainingError: fewer tiles than folds, no such fold, or nothing left to teach.
    """
    if not 0 <= rule.fold < rule.folds:
        raise TrainingError(f"There is no fold {rule.fold} of {rule.folds}; choose 0 to {rule.folds - 1}.")
    teaching: list[LabelledTile] = []
    measuring: list[LabelledTile] = []
    for source in sorted({tile.source for tile in tiles}):
        members = [tile for tile in tiles if tile.source == source]
        if len(members) < rule.folds:
            fewer = " or set fewer folds" if len(members) >= FEWEST_FOLDS else ", or leave the folder out"
            raise TrainingError(
                f"'{source}' has {_counted(len(members), 'labelled tile')}; {rule.folds} folds need at least "
                f"{rule.folds}. Add tiles{fewer}."
            )
        held = set(np.array_split(_order(members, rule.kind, seed), rule.folds)[rule.fold].tolist())
        teaching += [tile for index, tile in enumerate(members) if index not in held]
        measuring += [tile for index, tile in enumerate(members) if index in held]
    if rule.kind == "place":
        teaching = _apart(teaching, measuring)
    return tuple(teaching), tuple(measuring)


def seen_ground(tests: Sequence[LabelledTile], seen: Sequence[LabelledTile]) -> str:
    """A sentence on the test tiles whose ground teaches or measures, whatever its date; empty without any.

    `seen`: teaching and measuring tiles.
    """
    shared = sharing([tile.footprint for tile in tests], [tile.footprint for tile in seen])
    if not shared:
        return ""
    totals = Counter(tile.source for tile in tests)
    numbers = Counter(tests[index].source for index in sorted(shared))
    told = [
        f"{count} of {_counted(totals[source], 'test tile')} of '{source}'"
        for source, count in numbers.items()
    ]
    return f"{' and '.join(told)} {'lies' if len(shared) == 1 else 'lie'} on ground that the training saw."


def _apart(teaching: list[LabelledTile], measuring: list[LabelledTile]) -> list[LabelledTile]:
    """The teaching tiles whose ground is not measured."""
    aside = sharing([tile.footprint for tile in teaching], [tile.footprint for tile in measuring])
    if not aside:
        return teaching
    kept = [tile for index, tile in enumerate(teaching) if index not in aside]
    if not kept:
        raise TrainingError(
            f"Nothing is left to teach: the ground of the other {_counted(len(aside), 'tile')} is measured. "
            "Add tiles of other ground, or split at random, which flatters the scores."
        )
    numbers = Counter(teaching[index].source for index in sorted(aside))
    lost = sorted(set(numbers) - {tile.source for tile in kept})
    _log.warning(
        "%s set aside: %s ground is measured (%s).%s",
        _counted(len(aside), "tile"),
        "its" if len(aside) == 1 else "their",
        ", ".join(f"{count} of '{source}'" for source, count in numbers.items()),
        f" Nothing of {' and '.join(repr(name) for name in lost)} is left to teach." if lost else "",
    )
    return kept


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


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
