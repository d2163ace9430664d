"""The progress of a training in the terminal: epochs counted from one, and the time that all of them take."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

import typer
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.callbacks.progress.rich_progress import CustomTimeColumn
from rich.progress import BarColumn

from trainer.checkpoints import Interrupted
from trainer.module import MCC, MEAN_IOU

if TYPE_CHECKING:
    from lightning.pytorch import LightningModule, Trainer

BAR_WIDTH = (
    8  # characters: with scores and the time left, a line of 80 holds epochs and steps of three digits
)
SHORT = {MCC: "MCC", MEAN_IOU: "mIoU"}


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

    def configure_columns(self, trainer: Trainer) -> list[Any]:
        """Lightning's columns in one line of 80: a short bar, and the time of all epochs alone."""
        columns = [one for one in super().configure_columns(trainer) if not isinstance(one, CustomTimeColumn)]
        for column in columns:
            if isinstance(column, BarColumn):
                column.bar_width = BAR_WIDTH
        return columns

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """The scores so far, and the time left."""
        scores = super().get_metrics(trainer, pl_module)
        told: dict[str, Any] = {SHORT.get(name, name): score for name, score in scores.items()}
        done = trainer.global_step - self._first_step
        if done:
            left_s = (monotonic() - self._began_s) / done * (steps_in_all(trainer) - trainer.global_step)
            minutes, seconds = divmod(round(left_s), 60)
            told["left"] = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
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
