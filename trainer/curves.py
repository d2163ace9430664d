"""The curve writer: one row of CSV an epoch, while a training runs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from lightning.pytorch.callbacks import Callback

from core.networks.curves import EpochScores, read_curves, write_curves
from trainer.module import MCC, MEAN_IOU, iou_name

if TYPE_CHECKING:
    from pathlib import Path

    from lightning.pytorch import LightningModule, Trainer

    from core.models import ModelSpec


class CurveWriter(Callback):
    """Adds a row after each epoch's validation; a training that goes on replaces rows from there on."""

    def __init__(self, path: Path, spec: ModelSpec) -> None:
        self._path = path
        self._spec = spec

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the epoch's row."""
        if not trainer.is_global_zero:
            return
        told = {name: float(value) for name, value in trainer.callback_metrics.items()}
        row = EpochScores(
            epoch=trainer.current_epoch + 1,
            step=trainer.global_step,
            learning_rate=trainer.optimizers[0].param_groups[0]["lr"],
            loss=_known(told.get("loss")),
            mcc=_known(told.get(MCC)),
            mean_iou=_known(told.get(MEAN_IOU)),
            class_iou={info.key: _known(told.get(iou_name(info.key))) for info in self._spec.classes},
        )
        earlier = [one for one in read_curves(self._path) if one.epoch < row.epoch]
        write_curves([*earlier, row], self._path)


def _known(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
