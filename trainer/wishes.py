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
    from trainer.splits import SplitKind


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
        TrainingError: it is for another model, or cannot be read.
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
    return replace(configuration, split=replace(configuration.split, **split), **rest)


def _wished(**wishes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of several kinds
    return {name: wish for name, wish in wishes.items() if wish is not None}
