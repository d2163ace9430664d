"""The configuration that a command trains by: a file, and what the command line wants otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TrainingError
from core.models import model_spec
from trainer.configuration import CONFIGS_DIR, read_configuration

if TYPE_CHECKING:
    from trainer.configuration import Configuration
    from trainer.splits import SplitKind, SplitRule


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line wants otherwise than the configuration; None leaves it."""

    split: SplitKind | None = None
    folds: int | None = None
    fold: int | None = None
    epochs: int | None = None
    seed: int | None = None


def configured(model: str, config: str | None, wishes: Wishes = Wishes()) -> Configuration:
    """The configuration with the command line's own wishes.

    Raises:
        TrainingError: it is for another model, cannot be read, or there is no such fold.
    """
    spec = model_spec(model)
    named = CONFIGS_DIR / f"{config or spec.key}.toml"
    configuration = read_configuration(named if named.is_file() else Path(config or named))
    if configuration.model != spec.key:
        raise TrainingError(
            f"The configuration {config} is for '{configuration.model}', the model asked for is "
            f"'{spec.key}'. Choose the configuration of that model."
        )
    split = _wished(kind=wishes.split, folds=wishes.folds, fold=wishes.fold)
    rest = _wished(epochs=wishes.epochs, seed=wishes.seed)
    wished = replace(configuration, split=replace(configuration.split, **split), **rest)
    _check_fold(wished.split, wishes)
    return wished


def _check_fold(rule: SplitRule, wishes: Wishes) -> None:
    """See that there is such a fold; either number may be the command line's or the configuration's.

    Raises:
        TrainingError: there is none.
    """
    if rule.fold >= rule.folds:
        whose = f"; fold = {rule.fold} comes from the configuration" if wishes.fold is None else ""
        raise TrainingError(
            f"There is no fold {rule.fold} of {rule.folds}, which count from 0{whose}. Give --fold from 0 to "
            f"{rule.folds - 1}."
        )


def _wished(**wishes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of several kinds
    return {name: wish for name, wish in wishes.items() if wish is not None}
