"""Cross-validation by block: as many trainings as folds, every tile measured by one that never saw it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.models import model_spec
from core.runs import utc_now
from trainer.evaluate.evaluation import Evaluation
from trainer.evaluate.scores import pooled_sets
from trainer.keeping import Part, kept_evaluation, train_part

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.configuration import Configuration
    from trainer.fitting import Materials
    from trainer.optimising import Hardware


def cross_validate(
    materials: Materials, configuration: Configuration, out: Path, hardware: Hardware
) -> Evaluation:
    """Scores pooled over all tiles, each predicted by the training that it did not teach.

    What `out`/fold<n> keeps of the very same fold is taken from there. Calibration errors are those of single
    trainings and are left out.

    Raises:
        TrainingError: the tiles cannot be split as configured, or `out` has folds of something else.
        Cancelled: somebody stopped a fold.
    """
    rule = configuration.split
    parts = [
        Part(
            f"Fold {fold} of {rule.folds - 1}",
            out / f"fold{fold}",
            materials,
            replace(configuration, split=replace(rule, fold=fold)),
        )
        for fold in range(rule.folds)
    ]
    tiles = []
    for part, kept in [(part, kept_evaluation(part)) for part in parts]:  # all are checked before one trains
        evaluation = kept or train_part(part, hardware)
        if evaluation is not None:
            tiles += [one for one in evaluation.tiles if not one.method]
    spec = model_spec(configuration.model)
    return Evaluation(
        spec.key, "", 1.0, utc_now(), materials.command, pooled_sets(tiles, spec.classes), tuple(tiles)
    )
