"""The ablation: a ladder from the reference's recipe to ours, one change a rung, each at the same cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from core.errors import TrainingError
from core.networks.cards import Rung
from trainer.evaluate.evaluation import read_evaluation, write_evaluation
from trainer.fitting import Materials, check_finished, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile
    from trainer.evaluate.evaluation import Evaluation
    from trainer.optimising import Hardware

EPOCHS = 4  # of a budget of steps: so often is a rung measured, and its best epoch kept
RUNGS = TypeAdapter(tuple[Rung, ...])


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """What an ablation compares.

    `reference` and `ours` are the configurations at its ends, `materials` the real tiles, `simulated` those
    that one rung adds. Each rung takes `steps` optimiser steps on patches of `patch_px`.
    """

    reference: Configuration
    ours: Configuration
    materials: Materials
    simulated: Sequence[LabelledTile]
    steps: int
    patch_px: int


def climb(ladder: Ladder, out: Path, hardware: Hardware) -> tuple[Rung, ...]:
    """Train and score every rung; `out`/rung<n> keeps each, and one that is there is not trained again.

    Raises:
        TrainingError: the tiles cannot be split as configured.
        Cancelled: somebody stopped a rung.
    """
    climbed = []
    for number, (adds, configuration, tiles) in enumerate(rungs(ladder)):
        folder = out / f"rung{number}"
        done = folder / "evaluation.json"
        if not done.is_file():
            given = replace(ladder.materials, tiles=tiles)
            fitted = train(given, configuration, folder, hardware)
            if fitted is None:  # another process writes
                continue
            check_finished(fitted, f"Rung {number}")
            write_evaluation(fitted.evaluation, done)
        climbed.append(_rung(adds, ladder.steps, read_evaluation(done)))
    return tuple(climbed)


def rungs(ladder: Ladder) -> Iterator[tuple[str, Configuration, Sequence[LabelledTile]]]:
    """What each rung adds, its configuration and its tiles, from the reference upwards."""
    real = ladder.materials.tiles
    both = (*real, *ladder.simulated)
    # As many parts as ours: how many labelled tiles there are is a matter of the data, not of the recipe.
    parts = replace(ladder.ours.split, kind=ladder.reference.split.kind)
    step = _budgeted(replace(ladder.reference, partial_labels=False, split=parts), ladder)
    yield "reference recipe", step, real
    step = replace(step, split=ladder.ours.split)
    yield "place split", step, real
    step = replace(step, augmentation=ladder.ours.augmentation)
    yield "augmentation", step, real
    if ladder.simulated:
        step = replace(step, sources=ladder.ours.sources)
        yield "simulation", step, both
    if ladder.ours.model != "binary":  # an outline is all that the binary model needs
        yield "partial labels", replace(step, partial_labels=True), both


def table_lines(climbed: Sequence[Rung]) -> list[str]:
    """The ladder as a Markdown table: MCC of every set that some rung was scored on."""
    names = list(dict.fromkeys(name for rung in climbed for name in rung.scores))
    lines = ["| rung | steps | " + " | ".join(names) + " |", "|---|--:|" + "--:|" * len(names)]
    for number, rung in enumerate(climbed):
        cells = (f"{rung.scores[name]:.3f}" if name in rung.scores else "-" for name in names)
        lines.append(f"| {'+ ' if number else ''}{rung.adds} | {rung.steps} | " + " | ".join(cells) + " |")
    return lines


def write_rungs(climbed: tuple[Rung, ...], path: Path) -> None:
    """Write the ladder as JSON, for `fit --ablation`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(RUNGS.dump_json(climbed, indent=2) + b"\n")


def read_rungs(path: Path) -> tuple[Rung, ...]:
    """The ladder in a JSON file that `ablate` wrote.

    Raises:
        TrainingError: there is none, or it cannot be read.
    """
    try:
        return RUNGS.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise TrainingError(
            f"There is no ablation {path}. Make it with 'python -m trainer ablate'."
        ) from None
    except ValidationError as error:
        raise TrainingError(
            f"The ablation {path.name} cannot be read: {error.errors()[0]['msg']}. Make it again."
        ) from None


def _budgeted(configuration: Configuration, ladder: Ladder) -> Configuration:
    """The configuration within the ladder's budget; it never stops early, so that all rungs cost alike."""
    patches = ceil(ladder.steps / EPOCHS) * configuration.batch
    return replace(
        configuration,
        drawn="anywhere",
        epochs=EPOCHS,
        patches_per_epoch=patches,
        patch_px=ladder.patch_px,
        patience_epochs=0,
        half_precision=ladder.ours.half_precision,
    )


def _rung(adds: str, steps: int, evaluation: Evaluation) -> Rung:
    return Rung(adds, steps, {one.on: one.mcc for one in evaluation.sets if not one.method})
