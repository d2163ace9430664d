"""Cross-validation by block: as many trainings as folds, every tile measured by one that never saw it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.models import model_spec
from core.runs import utc_now
from trainer.evaluate.evaluation import Evaluation, read_evaluation, write_evaluation
from trainer.evaluate.scores import pooled_sets
from trainer.fitting import check_finished, train

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.configuration import Configuration
    from trainer.fitting import Materials
    from trainer.optimising import Hardware


def cross_validate(
    materials: Materials, configuration: Configuration, out: Path, hardware: Hardware
) -> Evaluation:
    """Scores pooled over all tiles, each predicted by the training that it did not teach.

    A fold whose `evaluation.json` lies in `out`/fold<n> is taken from there. Calibration errors are those of
    single trainings and are left out.

    Raises:
        TrainingError: the tiles cannot be split as configured.
        Cancelled: somebody stopped a fold.
    """
    rule = configuration.split
    tiles = []
    for fold in range(rule.folds):
        folder = out / f"fold{fold}"
        done = folder / "evaluation.json"
        if not done.is_file():
            turned = replace(configuration, split=replace(rule, fold=fold))
            fitted = train(materials, turned, folder, hardware)
            if fitted is None:
                continue
            check_finished(fitted, f"Fold {fold} of {rule.folds - 1}")
            write_evaluation(fitted.evaluation, done)
        tiles += [one for one in read_evaluation(done).tiles if not one.method]
    spec = model_spec(configuration.model)
    return Evaluation(
        spec.key, "", 1.0, utc_now(), materials.command, pooled_sets(tiles, spec.classes), tuple(tiles)
    )
