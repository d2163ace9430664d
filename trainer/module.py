"""The training step: a network with its loss, its optimiser and its validation score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch import LightningModule

from core.measure.metrics import confusion_matrix, iou, mcc
from trainer.losses import LOSSES, cross_entropy, log_probabilities

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.models import ModelSpec
    from trainer.configuration import Configuration

WARM_UP = 0.15  # share of a one-cycle schedule that raises the rate; batch norms settle meanwhile
PLATEAU_PATIENCE = 5  # epochs without a better score before the rate falls to a tenth
WATCHED = "val_mean_iou"  # what decides which weights are the best: MCC hardly notices a rare class


class SegmentationModule(LightningModule):
    """Lightning's view of a training.

    Training batches are (n, 5, p, p) with labels (n, p, p); validation batches are whole padded tiles.
    """

    def __init__(self, network: nn.Module, spec: ModelSpec, configuration: Configuration) -> None:
        super().__init__()
        self.network = network
        self._spec = spec
        self.configuration = configuration
        self._counts = self._no_counts()

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """The summed loss of one batch."""
        patches, labels = batch
        logits = self._logits(patches)
        loss = torch.zeros((), device=logits.device)
        for name, weight in self.configuration.losses.items():
            if name == "cross_entropy":
                part = cross_entropy(logits, labels, self.configuration.class_weights or None)
            else:
                part = LOSSES[name](logits, labels)
            loss = loss + weight * part
        self.log("loss", loss, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """Add one tile to the confusion matrix."""
        tiles, labels = batch
        classes = log_probabilities(self._logits(tiles)).argmax(dim=1)
        self._counts += confusion_matrix(labels.cpu().numpy(), classes.cpu().numpy(), len(self._counts))

    def on_validation_epoch_end(self) -> None:
        """Log the pooled scores and start afresh."""
        overlaps = iou(self._counts)
        self.log("val_mcc", mcc(self._counts), prog_bar=True)
        self.log(
            WATCHED, float(np.nan_to_num(overlaps).sum() / max(1, np.isfinite(overlaps).sum())), prog_bar=True
        )
        for info, value in zip(self._spec.classes, overlaps, strict=True):
            self.log(f"val_iou_{info.key}", float(value))
        self._counts = self._no_counts()

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's own union of dictionaries
        """AdamW (Adam where there is no weight decay) with the configuration's schedule."""
        chosen = self.configuration
        optimiser = torch.optim.AdamW(
            self.parameters(), chosen.learning_rate, weight_decay=chosen.weight_decay
        )
        if chosen.schedule == "constant":
            return optimiser
        if chosen.schedule == "plateau":
            falling = torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimiser, mode="max", factor=0.1, patience=PLATEAU_PATIENCE
            )
            return {"optimizer": optimiser, "lr_scheduler": {"scheduler": falling, "monitor": WATCHED}}
        steps = max(1, int(self.trainer.estimated_stepping_batches))
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, chosen.learning_rate, total_steps=steps, pct_start=WARM_UP
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def _logits(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x.contiguous(memory_format=torch.channels_last))
        return logits.float()

    def _no_counts(self) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        size = len(self._spec.classes)
        return np.zeros((size, size), np.int64)
