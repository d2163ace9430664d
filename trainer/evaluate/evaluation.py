"""An evaluation: one model's scores on labelled tiles, with the baselines', as a value and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter

from core.networks.cards import ScoreSet
from core.runs import utc_now
from trainer.evaluate.baselines import Histogram, baseline_histograms, tally_baselines
from trainer.evaluate.scores import pooled_scores, set_words, tile_scores
from trainer.evaluate.tallies import Tally, tally
from trainer.predictions import predict_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from core.networks.cards import Card
    from core.networks.weights import LoadedModel
    from trainer.datasets import LabelledTile
    from trainer.predictions import PredictedTile


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often the model was right where it was so sure, on one set of valid pixels.

    By equal bins of confidence, 0..1: how many pixels, their mean confidence and the share of hits.
    """

    on: str
    pixels: tuple[int, ...]
    confidence: tuple[float, ...]
    hits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one model's maps are worth.

    `sets` are pooled by source, `tiles` are of one tile each. `used`: the tiles, `source/tile`, that taught
    or measured the weights by their card.
    """

    model: str
    weights_sha256: str
    temperature: float
    created_on: datetime
    command: str
    sets: tuple[ScoreSet, ...]
    tiles: tuple[ScoreSet, ...]
    reliability: tuple[Reliability, ...] = ()
    used: tuple[str, ...] = ()

    @property
    def flattery(self) -> str:
        """What is to be said of tiles that taught or measured; empty without any."""
        if not self.used:
            return ""
        count = "1 tile" if len(self.used) == 1 else f"{len(self.used)} tiles"
        return (
            f"{count} taught or measured these weights by their card, {self.used[0]} among them: such scores "
            "flatter."
        )


_EVALUATION = TypeAdapter(Evaluation)


def evaluate_tiles(
    tiles: Iterable[LabelledTile],
    model: LoadedModel,
    *,
    command: str = "",
    min_area_km2: float = 0.0,
    watch: Callable[[PredictedTile], object] = lambda _one: None,
) -> Evaluation:
    """Predict tile by tile, and score. `watch` sees each prediction; none is kept.

    Components below `min_area_km2` are removed first.
    """
    found: list[Tally] = []
    histograms: list[Histogram] = []
    used: list[str] = []
    for tile in tiles:
        used += used_names([tile], model.card)
        predicted = predict_tile(tile, model, min_area_km2=min_area_km2)
        watch(predicted)
        found += tally(predicted, model.spec.classes)
        histograms += baseline_histograms(tile)
    rules = tally_baselines(histograms, model.spec)
    return Evaluation(
        model.spec.key,
        model.weights_sha256,
        model.card.temperature,
        utc_now(),
        command,
        pooled_scores([*found, *rules], model.spec.classes),
        tile_scores([*found, *rules], model.spec.classes),
        _reliability(found),
        tuple(used),
    )


def used_names(tiles: Iterable[LabelledTile], card: Card) -> list[str]:
    """The tiles, `source/tile`, that taught or measured the weights by their card."""
    used = {*card.split.training, *card.split.validation}
    return [name for tile in tiles if (name := f"{tile.source}/{tile.name}") in used]


def write_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Write an evaluation as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_EVALUATION.dump_json(evaluation, indent=2) + b"\n")


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in a JSON file that `write_evaluation` wrote."""
    return _EVALUATION.validate_json(path.read_bytes())


def _reliability(tallies: Iterable[Tally]) -> tuple[Reliability, ...]:
    """The bins of each set, pooled; bins without pixels are left out."""
    pooled: dict[str, NDArray[np.float64]] = {}
    for one in tallies:
        if one.reliability is not None:
            before = pooled.get(set_words(one))
            pooled[set_words(one)] = one.reliability if before is None else before + one.reliability
    found = []
    for where, bins in pooled.items():
        pixels, confidence, hits = bins[:, bins[0] > 0]
        shares = ((part / pixels).round(4).tolist() for part in (confidence, hits))
        found.append(Reliability(where, tuple(pixels.astype(int).tolist()), *map(tuple, shares)))
    return tuple(found)
