"""The optimisation: Lightning's trainer with what a configuration asks of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader

from core.errors import TrainingError
from core.networks.cards import Stage
from core.networks.curves import SUFFIX, read_curves
from trainer.checkpoints import EVERY_STEPS, Interrupted, LastCheckpoint, checkpoints_folder
from trainer.curves import CurveWriter
from trainer.module import WATCHED, SegmentationModule
from trainer.patches import Drawing, EndlessSampler, PatchDataset, PatchLoader
from trainer.precision import training_precision
from trainer.progress import TrainingProgress
from trainer.resumption import check_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from core.networks.curves import EpochScores
    from trainer.configuration import Configuration
    from trainer.lessons import Lesson


BEST_HELPS = (
    "Delete it to begin anew, copy best.ckpt over it to go on from the best epoch, or write the best epoch's "
    "weights with 'python -m trainer finish'."
)


@dataclass(frozen=True, slots=True)
class Hardware:
    """What to train on, in Lightning's own words; `quiet` shows no progress.

    `devices` counts processors or cards a machine, `num_nodes` machines; each takes batches of its own.
    """

    accelerator: str = "auto"
    devices: str = "1"
    num_nodes: int = 1
    strategy: str = "auto"
    quiet: bool = False


def optimise(network: nn.Module, lesson: Lesson, hardware: Hardware, *, steps: bool = True) -> Stage | None:
    """Train, and leave the best weights in the network; None in a process that is not to write the results.

    Goes on from the last checkpoint in `lesson.out`, where there is one and its training has not come to its
    end. Ctrl-C ends it with the best weights so far. `steps` false trains no further. Of several processes
    only the first writes.

    Raises:
        TrainingError: the device cannot be had; a checkpoint is damaged or of another training.
        WeightsError: the curves in `lesson.out` are damaged.
    """
    folder = checkpoints_folder(lesson.out)
    module = SegmentationModule(network, lesson)
    held_out: Any = lesson.held_out  # a list is as good as a `Dataset`
    validation: DataLoader[tuple[Tensor, Tensor]] = DataLoader(held_out, batch_size=1)
    trainer = _trainer(lesson, hardware, folder)
    last, best = folder / "last.ckpt", folder / "best.ckpt"
    rows = read_curves(_curves_path(lesson))  # damaged ones are told before a step, not at the epoch's end
    if not (last.exists() or best.exists()):
        _curves_path(lesson).unlink(missing_ok=True)  # of a training that is gone
        rows = ()
    check_whole(best, "Delete it; what last.ckpt beside it holds counts then.")
    if steps or not best.exists():
        check_whole(last, BEST_HELPS if best.exists() else "Delete it to begin anew, or give another --out.")
    with warnings.catch_warnings():
        for expected in (
            ".*does not have many workers",  # a patch is made in milliseconds
            "Checkpoint directory .* not empty",  # that is how it goes on
            ".*LeafSpec.*is deprecated",  # Lightning 2.6 against torch 2.15
            ".*callbacks used to create the checkpoint",  # of a training that an earlier version began
        ):
            warnings.filterwarnings("ignore", message=expected)
        finished = _ended(rows, lesson.configuration)
        if steps and not _out_of_patience(rows, lesson.configuration):  # Lightning would train on
            try:
                trainer.fit(module, _patches(lesson), validation, ckpt_path=last if last.exists() else None)
                finished = True
            except Interrupted:  # what is best so far counts
                finished = _ended(read_curves(_curves_path(lesson)), lesson.configuration)
        at_its_end = finished and lesson.configuration.kept == "last"  # before it, the last step is no rest
        kept = last if at_its_end or not best.exists() else best
        trainer.validate(module, validation, ckpt_path=kept, verbose=False)
    epoch, step = module.loaded
    return Stage(epoch, lesson.configuration.epochs, step, finished) if trainer.is_global_zero else None


def _ended(rows: Sequence[EpochScores], chosen: Configuration) -> bool:
    """Whether all epochs were trained, or as many after the best as patience allows."""
    return (bool(rows) and rows[-1].epoch >= chosen.epochs) or _out_of_patience(rows, chosen)


def _out_of_patience(rows: Sequence[EpochScores], chosen: Configuration) -> bool:
    """Whether as many epochs brought nothing better as the training has patience for."""
    patience = chosen.patience_epochs
    if not rows or not patience:
        return False
    best = max(rows, key=lambda row: -inf if row.mean_iou is None else row.mean_iou)  # the first of equals
    return rows[-1].epoch - best.epoch >= patience


def _curves_path(lesson: Lesson) -> Path:
    """Where the curves of a training are."""
    return lesson.out / f"{lesson.spec.key}{SUFFIX}"


def _patches(lesson: Lesson) -> PatchLoader:
    chosen = lesson.configuration
    drawing = Drawing(
        chosen.patch_px, chosen.rare, chosen.sources, each=chosen.drawn == "each", as_is=chosen.as_is
    )
    patches = PatchDataset(lesson.teaching, drawing, chosen.augmentation, lesson.constants, chosen.seed)
    numbers = EndlessSampler(lesson.patches_an_epoch)
    return PatchLoader(patches, numbers, chosen.batch)


def _trainer(lesson: Lesson, hardware: Hardware, folder: Path) -> Trainer:
    chosen = lesson.configuration
    callbacks: list[Callback] = [
        ModelCheckpoint(folder, "best", monitor=WATCHED, mode="max", enable_version_counter=False),
        LastCheckpoint(folder / "last.ckpt", EVERY_STEPS),
        CurveWriter(_curves_path(lesson), lesson.spec),
    ]
    if not hardware.quiet:
        callbacks.append(TrainingProgress())
    if chosen.patience_epochs:
        callbacks.append(EarlyStopping(WATCHED, mode="max", patience=chosen.patience_epochs))
    try:
        return _lightning(chosen, hardware, callbacks)
    except (MisconfigurationException, ValueError, TypeError, ModuleNotFoundError) as error:
        raise TrainingError(
            f"Lightning cannot train with --accelerator {hardware.accelerator}, --devices {hardware.devices} "
            f"and --strategy {hardware.strategy}: {str(error).strip().splitlines()[0]} "
            "Give what this machine has, such as --accelerator cpu."
        ) from None


def _lightning(chosen: Configuration, hardware: Hardware, callbacks: list[Callback]) -> Trainer:
    return Trainer(
        accelerator=hardware.accelerator,
        devices=hardware.devices,
        num_nodes=hardware.num_nodes,
        strategy=hardware.strategy,
        precision=training_precision(half=chosen.half_precision),
        max_epochs=chosen.epochs,
        logger=False,
        callbacks=callbacks,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # the sampler shares the patches itself
        enable_progress_bar=not hardware.quiet,
        enable_model_summary=False,
    )
