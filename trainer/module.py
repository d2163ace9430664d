"""The training step: a network with its loss, its optimiser and its validation score."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.trainer.states import TrainerFn
from torchmetrics.classification import MulticlassConfusionMatrix

from core.errors import TrainingError
from core.measure.metrics import iou, mcc
from trainer.labels import UNKNOWN
from trainer.losses import cross_entropy, dice, focal_tversky, log_probabilities, tversky
from trainer.resumption import REMEDY, check_cycle, check_epochs, check_identity

if TYPE_CHECKING:
    from torch import Tensor, nn

    from trainer.configuration import LossName
    from trainer.lessons import Lesson

WARM_UP = 0.15  # share of a one-cycle schedule that raises the rate; batch norms settle meanwhile
CONSTANTS = "firnline_constants"  # in checkpoints: means and stds
IDENTITY = "firnline_identity"  # in checkpoints: `resumption.Identity`
MCC = "val_mcc"
MEAN_IOU = "val_mean_iou"
WATCHED = MEAN_IOU  # what decides which weights are the best: MCC hardly notices a rare class


class SegmentationModule(LightningModule):
    """Lightning's view of a training.

    Training batches are (n, 5, p, p) with labels (n, p, p); validation batches are whole padded
    tiles, or parts of large ones.
    """

    def __init__(self, network: nn.Module, lesson: Lesson) -> None:
        super().__init__()
        self.network = network
        self.configuration = lesson.configuration
        self._spec = lesson.spec
        self._constants = lesson.constants
        self._patches = lesson.patches_an_epoch
        self._identity = lesson.identity
        self._out = lesson.out
        self.loaded = (0, 0)  # epoch, from 1, and step of the checkpoint that was read last
        self._confusion = MulticlassConfusionMatrix(len(lesson.spec.classes), ignore_index=UNKNOWN)

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """The summed loss of one batch."""
        patches, labels = batch
        logits = self._logits(patches)
        loss = torch.zeros((), device=logits.device)
        for name, weight in self.configuration.losses.items():
            loss = loss + weight * self._part(name, logits, labels)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """Add one tile to the confusion matrix; glacier of unknown kind tells nothing of classes."""
        tiles, labels = batch
        classes = log_probabilities(self._logits(tiles)).argmax(dim=1)
        exact = torch.where(labels < len(self._spec.classes), labels, UNKNOWN)
        self._confusion.update(classes, exact)

    def on_validation_epoch_end(self) -> None:
        """Log the pooled scores and start afresh."""
        counts = self._confusion.compute().cpu().numpy()
        self._confusion.reset()
        overlaps = iou(counts)
        mean = float(np.nan_to_num(overlaps).sum() / max(1, np.isfinite(overlaps).sum()))
        self.log(MCC, mcc(counts), prog_bar=True, sync_dist=True)
        self.log(MEAN_IOU, mean, prog_bar=True, sync_dist=True)
        for info, value in zip(self._spec.classes, overlaps, strict=True):
            self.log(iou_name(info.key), float(value), sync_dist=True)

    def configure_optimizers(self) -> Any:  # noqa: ANN401 - Lightning's own union of dictionaries
        """The configuration's optimiser with its schedule."""
        chosen = self.configuration
        kind = torch.optim.Adam if chosen.optimiser == "adam" else torch.optim.AdamW
        optimiser = kind(self.parameters(), chosen.learning_rate, weight_decay=chosen.weight_decay)
        if chosen.schedule == "constant":
            return optimiser
        if chosen.schedule == "plateau":
            falling = torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimiser, mode="max", factor=0.1, patience=chosen.plateau_epochs
            )
            return {"optimizer": optimiser, "lr_scheduler": {"scheduler": falling, "monitor": WATCHED}}
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, chosen.learning_rate, total_steps=self._steps_in_all(), pct_start=WARM_UP
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the constants and the training that the weights belong to."""
        checkpoint[IDENTITY] = self._identity
        checkpoint[CONSTANTS] = [list(self._constants.means), list(self._constants.stds)]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse to go on with what another training left; the oldest checkpoints know their constants alone.

        Raises:
            TrainingError: the checkpoint was made from other data, other start weights or by another recipe.
        """
        if IDENTITY in checkpoint:
            check_identity(checkpoint[IDENTITY], self._identity, self._out)
        if self.trainer.state.fn == TrainerFn.FITTING:
            check_epochs(checkpoint["epoch"], self.configuration.epochs, self._out)
            for schedule in checkpoint["lr_schedulers"]:
                check_cycle(schedule, self._steps_in_all(), self._out)
        shapes, needed = (
            {name: tensor.shape for name, tensor in state.items()}
            for state in (checkpoint["state_dict"], self.state_dict())
        )
        if shapes != needed:
            raise TrainingError(f"The checkpoint in {self._out} holds weights of another network. {REMEDY}")
        ours = [list(self._constants.means), list(self._constants.stds)]
        if checkpoint.get(CONSTANTS, ours) != ours:
            raise TrainingError(
                f"The checkpoint in {self._out} was made with other tiles, split or start weights: its bands "
                f"are scaled otherwise. {REMEDY}"
            )
        self.loaded = (checkpoint["epoch"] + 1, checkpoint["global_step"])

    def _steps_in_all(self) -> int:
        """Steps of all epochs.

        Lightning would count them, but reads the patches for it before it has restored their place.
        """
        patches = self._patches // self.trainer.world_size
        return max(1, ceil(patches / self.configuration.batch) * self.configuration.epochs)

    def _part(self, name: LossName, logits: Tensor, labels: Tensor) -> Tensor:
        """One loss, with the configuration's numbers for it."""
        chosen = self.configuration
        if name == "cross_entropy":
            return cross_entropy(logits, labels, chosen.class_weights or None)
        if name == "dice":
            return dice(logits, labels)
        if name == "tversky":
            return tversky(logits, labels, false_positive=chosen.false_positive)
        return focal_tversky(logits, labels, false_positive=chosen.false_positive, gamma=chosen.focal_gamma)

    def _logits(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x.contiguous(memory_format=torch.channels_last))
        return logits.float()


def iou_name(class_key: str) -> str:
    """What the IoU of a class is called while a training runs."""
    return f"val_iou_{class_key}"
