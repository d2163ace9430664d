"""The ablation: a ladder from the reference's recipe towards ours, a change a rung, each at the same cost."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from core.errors import TrainingError
from core.networks.cards import Rung
from trainer.fitting import Materials
from trainer.keeping import Part, kept_evaluation, train_part
from trainer.labels import GLACIER
from trainer.shares import check_shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile
    from trainer.evaluate.evaluation import Evaluation
    from trainer.optimising import Hardware

EPOCHS = 4  # of a budget of steps: so often is a rung measured, and its best epoch kept
FILE = "ablation.json"
RUNGS = TypeAdapter(tuple[Rung, ...])
Step = tuple[str, "Configuration", "Sequence[LabelledTile]"]  # what a rung adds, its configuration, its tiles

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """What an ablation compares.

    `reference` and `ours` are the configurations at its ends, `materials` the real tiles, `simulated` those
    that one rung adds. Each rung takes `steps` optimiser steps, or up to three more so that its epochs are
    alike, on patches of `patch_px`. Losses, optimiser, learning rate, schedule, class weights and batch stay
    the reference's on every rung.
    """

    reference: Configuration
    ours: Configuration
    materials: Materials
    simulated: Sequence[LabelledTile]
    steps: int
    patch_px: int


def climb(ladder: Ladder, out: Path, hardware: Hardware) -> tuple[Rung, ...]:
    """Train and score every rung; `out`/rung<n> keeps each, and the very same one is not trained again.

    A rung that would change nothing is left out, and a warning says so.

    Raises:
        TrainingError: the tiles cannot be split as configured, or `out` has rungs of something else.
        Cancelled: somebody stopped a rung.
    """
    parts = []
    for number, (adds, configuration, tiles) in enumerate(_news(rungs(ladder))):
        given = replace(ladder.materials, tiles=tiles)
        check_shares(tiles, configuration.sources)  # before hours of the rungs below
        parts.append((adds, Part(f"Rung {number}", out / f"rung{number}", given, configuration)))
    climbed = []
    for adds, part, kept in [(adds, part, kept_evaluation(part)) for adds, part in parts]:
        evaluation = kept or train_part(part, hardware)
        if evaluation is not None:
            climbed.append(_rung(adds, part.configuration, evaluation))
    return tuple(climbed)


def rungs(ladder: Ladder) -> Iterator[Step]:
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
        TrainingError: there is none, it is a folder, or it cannot be read.
    """
    try:
        return RUNGS.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise TrainingError(
            f"There is no ablation {path}. Make it with 'python -m trainer ablate'."
        ) from None
    except IsADirectoryError:
        file = path / FILE
        meant = f"Give {file}" if file.is_file() else f"Give the {FILE} that 'python -m trainer ablate' wrote"
        raise TrainingError(f"The ablation {path} is a folder; a file is needed. {meant}.") from None
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


def _news(steps: Iterable[Step]) -> Iterator[Step]:
    """The rungs that differ from the one before."""
    before: Step | None = None
    for step in steps:
        if before is not None and _alike(before, step):
            _log.warning("The rung '%s' would change nothing here and is left out.", step[0])
        else:
            yield step
            before = step


def _alike(one: Step, other: Step) -> bool:
    """Whether two rungs would be the same training; only glacier of unknown kind is a partial label."""
    (_, before, tiles), (_, after, more) = one, other
    if not any((tile.labels == GLACIER).any() for tile in more):
        after = replace(after, partial_labels=before.partial_labels)
    return before == after and list(map(id, tiles)) == list(map(id, more))


def _rung(adds: str, configuration: Configuration, evaluation: Evaluation) -> Rung:
    steps = configuration.epochs * ceil(configuration.patches_per_epoch / configuration.batch)
    return Rung(adds, steps, {one.on: one.mcc for one in evaluation.sets if not one.method})
