"""An evaluation: one model's scores on labelled tiles, with the baselines', as a value and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from core.networks.cards import ScoreSet
from core.runs import utc_now
from trainer.evaluate.baselines import Histogram, baseline_histograms, tally_baselines
from trainer.evaluate.scores import pooled_scores, tile_scores
from trainer.evaluate.tallies import Tally, tally
from trainer.predictions import predict_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.networks.weights import LoadedModel
    from trainer.datasets import LabelledTile
    from trainer.predictions import PredictedTile


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one model's maps are worth. `sets` are pooled by source, `tiles` are of one tile each."""

    model: str
    weights_sha256: str
    temperature: float
    created_on: datetime
    command: str
    sets: tuple[ScoreSet, ...]
    tiles: tuple[ScoreSet, ...]


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
    for tile in tiles:
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
    )


def write_evaluation(evaluation: Evaluation, path: Path) -> None:
    """Write an evaluation as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_EVALUATION.dump_json(evaluation, indent=2) + b"\n")


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in a JSON file that `write_evaluation` wrote."""
    return _EVALUATION.validate_json(path.read_bytes())
