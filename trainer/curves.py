"""The curve writer: one row of CSV an epoch, while a training runs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch.callbacks import Callback

from core.networks.curves import EpochScores, read_curves, write_curves
from trainer.module import MCC, MEAN_IOU, iou_name

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import LightningModule, Trainer
    from torch import Tensor

    from core.models import ModelSpec


class CurveWriter(Callback):
    """Adds a row after each epoch's validation; a training that goes on replaces rows from there on.

    The loss so far and the rate are in checkpoints, so that an epoch in two parts has the row of a whole one.
    """

    def __init__(self, path: Path, spec: ModelSpec) -> None:
        self._path = path
        self._spec = spec
        self._epoch = -1  # Lightning's, from 0: the one that `_sums` is of
        self._sums = torch.zeros(2)  # of the losses of all patches, and how many these are
        self._rate = 0.0

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Note the rate of this step: after it, the schedule has moved on."""
        self._rate = optimizer.param_groups[0]["lr"]

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401
        batch: tuple[Tensor, Tensor],
        batch_idx: int,
    ) -> None:
        """Add the step's loss, of all devices."""
        loss, patches = outputs["loss"], len(batch[0])
        sums: Tensor = trainer.strategy.reduce(torch.stack([loss * patches, loss.new_tensor(patches)]), "sum")
        if self._epoch != trainer.current_epoch:
            self._epoch, self._sums = trainer.current_epoch, torch.zeros_like(sums)
        self._sums = self._sums.to(sums.device) + sums

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"epoch": self._epoch, "sums": self._sums.tolist(), "rate": self._rate}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what a checkpoint kept."""
        self._epoch, self._rate = state_dict["epoch"], state_dict["rate"]
        self._sums = torch.tensor(state_dict["sums"])

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the epoch's row."""
        if not trainer.is_global_zero:
            return
        told = {name: float(value) for name, value in trainer.callback_metrics.items()}
        total, patches = self._sums.tolist() if self._epoch == trainer.current_epoch else (0.0, 0.0)
        row = EpochScores(
            epoch=trainer.current_epoch + 1,
            step=trainer.global_step,
            learning_rate=self._rate,
            loss=_known(total / patches if patches else None),
            mcc=_known(told.get(MCC)),
            mean_iou=_known(told.get(MEAN_IOU)),
            class_iou={info.key: _known(told.get(iou_name(info.key))) for info in self._spec.classes},
        )
        earlier = [one for one in read_curves(self._path) if one.epoch < row.epoch]
        write_curves([*earlier, row], self._path)


def _known(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
