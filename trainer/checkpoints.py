"""Checkpoints: the last state, kept while a training runs, so that it goes on at the very step."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from lightning.pytorch.callbacks import Checkpoint

from core.errors import TrainingError

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from lightning.pytorch import LightningModule, Trainer

EVERY_STEPS = 25  # a few minutes of two cores for the larger network; writing takes a second


class Interrupted(Exception):  # noqa: N818 - not an error: the user asked for it
    """Somebody pressed Ctrl-C in an epoch, from 1; the state is kept and the best weights so far count."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch


def checkpoints_folder(out: Path) -> Path:
    """Where the checkpoints of a training that writes to `out` are."""
    return out / "checkpoints"


def check_begun(out: Path) -> None:
    """See that a training has left something to finish.

    Raises:
        TrainingError: there is no checkpoint.
    """
    if not any(checkpoints_folder(out).glob("*.ckpt")):
        raise TrainingError(f"There is no training in {out} to finish. Give the folder of one with --out.")


class LastCheckpoint(Checkpoint):  # a `Checkpoint`: Lightning calls those after all others
    """Keeps the state every few steps and after each epoch, and once more when Ctrl-C is pressed.

    Ctrl-C ends the training at the end of its step with `Interrupted`, an epoch's last step once the epoch
    is measured; pressed twice, Python's own handler has it.
    """

    def __init__(self, path: Path, every_steps: int) -> None:
        self._path = path
        self._every = every_steps
        self._asked = False
        self._former: Any = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Listen for Ctrl-C; only a process's main thread may."""
        if threading.current_thread() is threading.main_thread():
            self._former = signal.signal(signal.SIGINT, self._ask)

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401
        batch: Any,  # noqa: ANN401
        batch_idx: int,
    ) -> None:
        """Keep the state when it is time, or when asked to stop."""
        self._asked = trainer.strategy.reduce_boolean_decision(self._asked, all=False)  # all stop, or none
        due = (batch_idx + 1) % self._every == 0
        if trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            return
        if due or self._asked:
            trainer.save_checkpoint(self._path)
        if self._asked:
            raise Interrupted(trainer.current_epoch + 1)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Keep the state of a whole epoch, with what its validation found."""
        trainer.save_checkpoint(self._path)
        self._asked = trainer.strategy.reduce_boolean_decision(self._asked, all=False)
        if self._asked and trainer.current_epoch + 1 < (trainer.max_epochs or 0):
            raise Interrupted(trainer.current_epoch + 1)

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Leave Ctrl-C to whoever had it before."""
        if self._former is not None:
            signal.signal(signal.SIGINT, self._former)
            self._former = None

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
