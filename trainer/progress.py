"""The progress of a training in the terminal: epochs counted from one, and the time that all of them take."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import typer
from lightning.pytorch.callbacks import RichProgressBar

from trainer.checkpoints import Interrupted

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer


class TrainingProgress(RichProgressBar):
    """Lightning's bar of an epoch, with the time that the whole training has left.

    After Ctrl-C it says where the training stopped.
    """

    def __init__(self) -> None:
        super().__init__()
        self._began_s = 0.0
        self._first_step = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note when and where this call began: one that goes on took no time for the steps before."""
        super().on_train_start(trainer, pl_module)
        self._began_s, self._first_step = monotonic(), trainer.global_step

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The scores so far, and the time left."""
        told: dict[str, Any] = super().get_metrics(trainer, pl_module)
        done = trainer.global_step - self._first_step
        if done:
            left_s = (monotonic() - self._began_s) / done * (steps_in_all(trainer) - trainer.global_step)
            told["left in all"] = str(timedelta(seconds=round(left_s)))
        return told

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Say where Ctrl-C ended it."""
        super().on_exception(trainer, pl_module, exception)
        if isinstance(exception, Interrupted) and trainer.is_global_zero:
            step = f"step {trainer.global_step} of {steps_in_all(trainer)}"
            typer.echo(f"Stopped at {step} in epoch {exception.epoch}; the same command goes on from there.")

    def _get_train_description(self, current_epoch: int) -> str:
        """The bar's name; Lightning's own counts epochs from 0 and has no public place to change it."""
        name = f"Epoch {current_epoch + 1}/{self.trainer.max_epochs}"
        return f"{name:{len(self.validation_description)}}"


def steps_in_all(trainer: Trainer) -> int:
    """Optimiser steps of all epochs; a training that ends early takes fewer."""
    return int(trainer.num_training_batches) * (trainer.max_epochs or 0)
