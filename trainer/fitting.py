"""One training from labelled tiles to weights with their card."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from lightning.pytorch import Trainer, seed_everything
from lightning.pytorch.callbacks import Callback, EarlyStopping, LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from core.models import model_spec
from core.networks.catalogue import architecture_of, build_network
from core.networks.weights import Card, LoadedModel, Split, normalise, save_model
from core.runs import utc_now
from core.types import BANDS
from trainer.calibration import fit_temperature
from trainer.evaluate.evaluation import evaluate_tiles
from trainer.labels import GLACIER, UNKNOWN
from trainer.module import WATCHED, SegmentationModule
from trainer.patches import Drawing, EndlessSampler, PatchDataset
from trainer.splits import split_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from core.models import ModelSpec
    from core.networks.weights import Normalisation
    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile


@dataclass(frozen=True, slots=True)
class Constants:
    """Means and stds of the training data, one a band, in reflectance and kelvin."""

    means: tuple[float, ...]
    stds: tuple[float, ...]


def fit(
    tiles: Sequence[LabelledTile],
    configuration: Configuration,
    out: Path,
    *,
    init: LoadedModel | None = None,
    reproduce: str = "",
    quiet: bool = False,
) -> Card:
    """Train a model, write `out`/<key>.safetensors with its card, and return the card.

    The weights are those of the epoch with the best mean IoU on the measuring tiles. A training that was
    killed goes on from its last epoch when called again with the same `out`. `init` gives start weights and
    their constants, `reproduce` is the command that the card will state.

    Raises:
        TrainingError: the tiles cannot be split as configured.
    """
    spec = model_spec(configuration.model)
    teaching, measuring = split_tiles(tiles, configuration.split, configuration.seed)
    constants: Normalisation = init.card if init else constants_of(teaching)
    seed_everything(configuration.seed, verbose=False)
    network = build_network(spec, encoder_weights=configuration.encoder_weights)
    if init:
        network.load_state_dict(init.network.state_dict())
    network = network.to(memory_format=torch.channels_last)
    held_out = [_whole(tile, spec, constants) for tile in measuring]
    _optimise(
        SegmentationModule(network, spec, configuration), teaching, held_out, constants, out, quiet=quiet
    )
    round_kernels(network)
    network.eval().requires_grad_(requires_grad=False)
    draft = _card(spec, configuration, teaching, measuring, constants, reproduce)
    draft = replace(draft, temperature=_temperature(network, held_out))
    model = LoadedModel(spec, draft, network, "")
    scores = evaluate_tiles(measuring, model).sets
    return save_model(network, replace(draft, scores=scores), out / f"{spec.key}.safetensors")


def constants_of(tiles: Sequence[LabelledTile]) -> Constants:
    """Mean and std of each band over the valid pixels of all tiles, in reflectance and kelvin."""
    means, stds = [], []
    for band in range(len(BANDS)):
        values = np.concatenate([tile.pixels.values[band][tile.pixels.valid] for tile in tiles])
        known = values[np.isfinite(values)].astype(np.float64)
        means.append(round(float(known.mean()), 5) if known.size else 0.0)
        stds.append(round(float(max(known.std(), 1e-4)), 5) if known.size else 1.0)
    return Constants(tuple(means), tuple(stds))


def round_kernels(network: nn.Module) -> None:
    """Round kernels to the half precision in which they are stored, so that scores are those of the file."""
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point() and tensor.ndim > 1:
                tensor.copy_(tensor.half().float())


def _optimise(
    module: SegmentationModule,
    teaching: Sequence[LabelledTile],
    held_out: list[tuple[Tensor, Tensor]],
    constants: Normalisation,
    out: Path,
    *,
    quiet: bool,
) -> None:
    """Run Lightning and leave the best weights in the module's network."""
    chosen = module.configuration
    drawing = Drawing(chosen.patch_px, chosen.rare, chosen.sources)
    patches = PatchDataset(teaching, drawing, chosen.augmentation, constants, chosen.seed)
    training = DataLoader(
        patches, batch_size=chosen.batch, sampler=EndlessSampler(chosen.patches_per_epoch), drop_last=True
    )
    validation: DataLoader[tuple[Tensor, Tensor]] = DataLoader(held_out, batch_size=1)  # type: ignore[arg-type]
    best = ModelCheckpoint(out / "checkpoints", "best", monitor=WATCHED, mode="max")
    last = ModelCheckpoint(out / "checkpoints", "last", enable_version_counter=False)  # of every epoch
    callbacks: list[Callback] = [best, last, LearningRateMonitor("epoch")]
    if chosen.patience_epochs:
        callbacks.append(EarlyStopping(WATCHED, mode="max", patience=chosen.patience_epochs))
    trainer = Trainer(
        accelerator="auto",
        precision="bf16-mixed" if chosen.half_precision else "32-true",
        max_epochs=chosen.epochs,
        logger=CSVLogger(out, "curves", flush_logs_every_n_steps=1),
        callbacks=callbacks,
        log_every_n_steps=1,
        num_sanity_val_steps=0,
        enable_progress_bar=not quiet,
        enable_model_summary=False,
    )
    stopped = out / "checkpoints" / "last.ckpt"
    with warnings.catch_warnings():
        for expected in (
            ".*does not have many workers",  # a patch is made in milliseconds
            "Checkpoint directory .* not empty",  # that is how it goes on
            ".*LeafSpec.*is deprecated",  # Lightning 2.6 against torch 2.15
        ):
            warnings.filterwarnings("ignore", message=expected)
        trainer.fit(module, training, validation, ckpt_path=stopped if stopped.exists() else None)
        trainer.validate(module, validation, ckpt_path=best.best_model_path, verbose=False)


def _whole(tile: LabelledTile, spec: ModelSpec, constants: Normalisation) -> tuple[Tensor, Tensor]:
    """A tile normalised and padded to the stride, (5, h, w), with the labels of its valid pixels (h, w)."""
    labels = np.where(tile.pixels.valid, tile.labels, UNKNOWN)
    missing = [(0, -extent % spec.stride_px) for extent in labels.shape]
    x = np.pad(normalise(tile.pixels, constants), [(0, 0), *missing])
    y = np.pad(labels, missing, constant_values=UNKNOWN).astype(np.int64)
    return torch.from_numpy(x), torch.from_numpy(y)


def _temperature(network: nn.Module, held_out: list[tuple[Tensor, Tensor]]) -> float:
    """The temperature of the held-out tiles' known pixels, in a row (they need not share a size)."""
    logits, labels = [], []
    with torch.inference_mode():
        for x, y in held_out:
            known = y != UNKNOWN
            logits.append(network(x[None])[0][:, known])
            labels.append(y[known])
    pooled = torch.cat(logits, dim=1)[None, :, None]
    return fit_temperature(pooled, torch.cat(labels)[None, None])


def _card(
    spec: ModelSpec,
    configuration: Configuration,
    teaching: Sequence[LabelledTile],
    measuring: Sequence[LabelledTile],
    constants: Normalisation,
    reproduce: str,
) -> Card:
    kind = configuration.split.kind
    words = ("status", "places", "limits")  # the card says these in their own place
    settings = {name: _plain(value) for name, value in asdict(configuration).items() if name not in words}
    return Card(
        model=spec.key,
        architecture=architecture_of(spec),
        bands=BANDS,
        means=tuple(constants.means),
        stds=tuple(constants.stds),
        threshold=0.5 if spec.has_threshold else None,
        temperature=1.0,
        status=configuration.status,
        trained_on=f"{_described(teaching, spec)}. {configuration.places}".strip(),
        split=Split(kind, tuple(tile.name for tile in teaching), tuple(tile.name for tile in measuring)),
        scores=(),
        limits=configuration.limits,
        reproduce=reproduce,
        created_on=utc_now(),
        settings=settings,
    )


def _plain(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _described(tiles: Sequence[LabelledTile], spec: ModelSpec) -> str:
    """Tiles and labelled valid pixels of each source and class, in words."""
    names = {info.index: info.label.lower() for info in spec.classes}
    names[GLACIER] = "glacier of unknown kind"
    parts = []
    for source in sorted({tile.source for tile in tiles}):
        members = [tile for tile in tiles if tile.source == source]
        pooled = np.concatenate([tile.labels[tile.pixels.valid] for tile in members])
        counts = ", ".join(
            f"{int((pooled == code).sum())} {name}" for code, name in names.items() if (pooled == code).any()
        )
        parts.append(f"{source}: {len(members)} tiles, valid pixels: {counts}")
    return "; ".join(parts)
