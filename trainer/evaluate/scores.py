"""Scores of tallies: pooled over the tiles of a source, with how far they would move on other ground."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from core.measure.metrics import accuracy, f1, iou, mcc, precision, recall
from core.models import BINARY
from core.networks.weights import ClassScore, ScoreSet
from trainer.calibration import calibration_error
from trainer.evaluate.tallies import BLOCK_PX, PixelSet, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from core.models import ClassInfo
    from core.networks.cards import Interval
    from trainer.evaluate.tallies import Tally

    Counts = NDArray[np.int64]

DRAWS = 1000  # draws of a bootstrap: the ends of an interval then move in the third digit
LEAST_TILES = 3  # fewer tiles say nothing about others: squares of them are drawn instead
LEAST_BLOCKS = 8  # fewer squares say nothing either


def pooled_scores(tallies: Sequence[Tally], classes: Sequence[ClassInfo]) -> tuple[ScoreSet, ...]:
    """One set of scores a source, question, set of pixels and method, with intervals over the tiles."""
    groups: dict[tuple[str, Question, PixelSet, str], list[Tally]] = {}
    for one in tallies:
        groups.setdefault((one.source, one.question, one.pixels, one.method or ""), []).append(one)
    order = {item: place for place, item in enumerate((*Question, *PixelSet))}
    ordered = sorted(groups, key=lambda key: (key[0], order[key[1]], order[key[2]]))
    return tuple(found for key in ordered if (found := _pooled(groups[key], classes)).pixels)


def tile_scores(tallies: Sequence[Tally], classes: Sequence[ClassInfo]) -> tuple[ScoreSet, ...]:
    """One set of scores a tally, named `source/tile: pixels`."""
    sets = (_score_set(one.counts, _classes_of(one, classes), set_words(one, one.tile)) for one in tallies)
    told = (
        replace(found, tiles=1, simulated=one.simulated, method=one.method)
        for found, one in zip(sets, tallies, strict=True)
    )
    return tuple(found for found in told if found.pixels)


def first_of_tiles(tiles: Iterable[ScoreSet]) -> dict[str, ScoreSet]:
    """The model's score of each tile, `source/tile`, on valid pixels.

    Every class where the tile knows them, the second question elsewhere; `tiles` as `tile_scores` gives them.
    """
    found: dict[str, ScoreSet] = {}
    for one in tiles:
        if not one.method and one.on.endswith(PixelSet.VALID):
            found.setdefault(one.on.split(": ", 1)[0], one)  # the question of every class comes first
    return found


def pooled_sets(tiles: Sequence[ScoreSet], classes: Sequence[ClassInfo]) -> tuple[ScoreSet, ...]:
    """Scores of single tiles, as `tile_scores` gives them, pooled by source and question."""
    groups: dict[str, list[ScoreSet]] = {}
    for one in tiles:
        where, asked = one.on.split(": ", 1)
        groups.setdefault(f"{where.rsplit('/', 1)[0]}: {asked}", []).append(one)
    found = []
    for where, members in groups.items():
        counts = np.array([one.confusion for one in members], np.int64)
        asked_of = classes if counts.shape[1] == len(classes) else BINARY.classes
        simulated = all(bool(one.simulated) for one in members)
        pooled = replace(
            _score_set(counts.sum(axis=0), asked_of, where), tiles=len(members), simulated=simulated
        )
        found.append(_with_intervals(pooled, counts) if len(members) >= LEAST_TILES else pooled)
    return tuple(found)


def _pooled(members: Sequence[Tally], classes: Sequence[ClassInfo]) -> ScoreSet:
    first = members[0]
    counts = np.stack([one.counts for one in members])
    found = _score_set(counts.sum(axis=0), _classes_of(first, classes), set_words(first))
    bins = [one.reliability for one in members if one.reliability is not None]
    found = replace(
        found,
        tiles=len(members),
        simulated=all(one.simulated for one in members),
        method=first.method,
        calibration_error=_number(calibration_error(np.sum(bins, axis=0))) if bins else None,
    )
    if len(members) >= LEAST_TILES:
        return _with_intervals(found, counts)
    squares = [one.blocks for one in members if one.blocks is not None]
    blocks = np.concatenate(squares) if squares else counts[:0]
    if len(blocks) < LEAST_BLOCKS:
        return found
    return replace(_with_intervals(found, blocks), drawn_px=BLOCK_PX)


def set_words(one: Tally, tile: str = "") -> str:
    """What a set is on, as cards and pages have it."""
    where = f"{one.source}/{tile}" if tile else one.source
    asked = "" if one.question is Question.CLASSES else f"{one.question}, "
    return f"{where}: {asked}{one.pixels}"


def _classes_of(one: Tally, classes: Sequence[ClassInfo]) -> Sequence[ClassInfo]:
    return classes if len(one.counts) == len(classes) else BINARY.classes


def _score_set(counts: Counts, classes: Sequence[ClassInfo], where: str) -> ScoreSet:
    columns = (iou(counts), precision(counts), recall(counts), f1(counts))
    return ScoreSet(
        on=where,
        pixels=int(counts.sum()),
        accuracy=_number(accuracy(counts)) or 0.0,
        mcc=round(mcc(counts), 4),
        mean_iou=_number(_mean(columns[0])) or 0.0,
        classes=tuple(
            _class_score(info.key, counts, row, [_number(values[row]) for values in columns])
            for row, info in enumerate(classes)
        ),
        mean_precision=_number(_mean(columns[1])),
        mean_recall=_number(_mean(columns[2])),
        mean_f1=_number(_mean(columns[3])),
        confusion=tuple(tuple(int(cell) for cell in row) for row in counts),
    )


def _class_score(key: str, counts: Counts, row: int, values: Sequence[float | None]) -> ClassScore:
    overlap, precise, recalled, both = values
    labelled, found = int(counts[row].sum()), int(counts[:, row].sum())
    return ClassScore(key, labelled, overlap, precise, recalled, both, found)


def _with_intervals(found: ScoreSet, counts: Counts) -> ScoreSet:
    """The set with 95 % intervals from drawing again (Efron 1979) what `counts` (n, K, K) are of."""
    drawn = _drawn(counts)
    overlaps = np.stack([iou(one) for one in drawn])
    return replace(
        found,
        mcc_interval=_interval([mcc(one) for one in drawn]),
        mean_iou_interval=_interval([_mean(row) for row in overlaps]),
        classes=tuple(
            replace(each, iou_interval=_interval(overlaps[:, row])) for row, each in enumerate(found.classes)
        ),
    )


def _drawn(counts: Counts) -> Counts:
    """Pooled counts (draws, K, K) of as many tiles or squares as there are, drawn with replacement."""
    parts = len(counts)
    times = np.random.default_rng(0).multinomial(parts, np.full(parts, 1 / parts), size=DRAWS)
    pooled: Counts = (times @ counts.reshape(parts, -1)).reshape(DRAWS, *counts.shape[1:])
    return pooled


def _interval(values: Iterable[float] | NDArray[np.float64]) -> Interval | None:
    known = np.array([value for value in values if isfinite(value)])
    if not known.size:
        return None
    low, high = np.percentile(known, (2.5, 97.5))
    return round(float(low), 4), round(float(high), 4)


def _mean(values: NDArray[np.float64]) -> float:
    """Mean over the classes that have a value; NaN where none has."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _number(value: float) -> float | None:
    return round(float(value), 4) if isfinite(value) else None
