"""Trainings of seconds: tiles, configurations and what may befall a training in the middle."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.trainer.scenes import labelled_tile
from trainer.augmentation import Augmentation
from trainer.configuration import Configuration
from trainer.fitting import Materials
from trainer.fitting import fit as fit_materials
from trainer.module import SegmentationModule
from trainer.optimising import Hardware
from trainer.splits import SplitRule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest
    from torch import Tensor

    from core.networks.weights import Card, LoadedModel
    from trainer.datasets import LabelledTile

TILES = [labelled_tile(seed) for seed in range(4)]
QUICK = Configuration(
    model="binary",
    losses={"cross_entropy": 1.0, "dice": 1.0},
    learning_rate=3e-2,
    batch=4,
    epochs=2,
    patches_per_epoch=24,
    patch_px=32,
    schedule="one-cycle",
    split=SplitRule("place", 4, 3),
    augmentation=Augmentation(turns=True),
    limits="A toy.",
)
STEADY = replace(QUICK, schedule="constant", epochs=3, learning_rate=3e-3)


def fit(
    tiles: Sequence[LabelledTile],
    configuration: Configuration,
    out: Path,
    *,
    init: LoadedModel | None = None,
    tests: Sequence[LabelledTile] = (),
) -> Card:
    card = fit_materials(
        Materials(tiles, tests, init, "python -m trainer fit binary"),
        configuration,
        out,
        Hardware("cpu", quiet=True),
    )
    assert card is not None
    return card


class KilledError(Exception):
    """Stands for a process that is gone from one step to the next."""


def act_at_step(monkeypatch: pytest.MonkeyPatch, step: int, act: Callable[[], object]) -> None:
    """Do something in the middle of the training, once."""
    plain = SegmentationModule.training_step
    done = []

    def step_and_act(module: SegmentationModule, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        if module.global_step == step and not done:
            done.append(step)
            act()
        return plain(module, batch, index)

    monkeypatch.setattr(SegmentationModule, "training_step", step_and_act)


def kill() -> None:
    raise KilledError
