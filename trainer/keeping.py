"""One of several trainings: its evaluation, kept with what made it and taken again for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from core.errors import TrainingError
from trainer.evaluate.evaluation import read_evaluation, write_evaluation
from trainer.fitting import check_finished, train
from trainer.resumption import Identity, check_scored, scored_identity

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.configuration import Configuration
    from trainer.evaluate.evaluation import Evaluation
    from trainer.fitting import Materials
    from trainer.optimising import Hardware

_IDENTITY = TypeAdapter(Identity)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One training of several. `name` begins messages on it, `folder` takes what it leaves."""

    name: str
    folder: Path
    materials: Materials
    configuration: Configuration

    @property
    def identity(self) -> Identity:
        """What decides its scores."""
        given = self.materials
        return scored_identity(
            self.configuration, (given.tiles, given.tests), given.init.card.sha256 if given.init else ""
        )


def kept_evaluation(part: Part) -> Evaluation | None:
    """The evaluation in a part's folder; None where there is none yet.

    Raises:
        TrainingError: something else made it, nothing tells what made it, or it cannot be read.
    """
    done, maker = part.folder / "evaluation.json", part.folder / "identity.json"
    if not done.is_file():
        return None
    if not maker.is_file():
        raise TrainingError(
            f"The scores in {part.folder} are of an older version, which did not keep what made them. Delete "
            "that folder, or give another --out."
        )
    try:
        check_scored(_IDENTITY.validate_json(maker.read_bytes()), part.identity, part.folder)
        return read_evaluation(done)
    except (ValidationError, KeyError):
        raise TrainingError(
            f"The scores in {part.folder} are cut off or were altered. Delete that folder, or give "
            "another --out."
        ) from None


def train_part(part: Part, hardware: Hardware) -> Evaluation | None:
    """Train a part, and keep its evaluation; None where another process writes.

    Raises:
        TrainingError: the tiles cannot be split as configured.
        Cancelled: somebody stopped it.
    """
    fitted = train(part.materials, part.configuration, part.folder, hardware)
    if fitted is None:
        return None
    check_finished(fitted, part.name)
    # What made it before the scores: those without the other would be refused.
    (part.folder / "identity.json").write_bytes(_IDENTITY.dump_json(part.identity, indent=2) + b"\n")
    write_evaluation(fitted.evaluation, part.folder / "evaluation.json")
    return fitted.evaluation
