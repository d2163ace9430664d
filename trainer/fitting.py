"""One training from labelled tiles to weights with their card."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import torch
from lightning.pytorch import seed_everything

from core.errors import Cancelled, TrainingError
from core.models import model_spec
from core.networks.cards import Calibration
from core.networks.catalogue import build_network, outputs_of
from core.networks.stored import LEAST_ALIKE
from core.networks.weights import LoadedModel, save_model
from core.types import BANDS
from trainer.alternatives import build_alternative
from trainer.calibration import calibration_error, fit_temperature, reliability
from trainer.checkpoints import check_begun
from trainer.configuration import check_numbers
from trainer.drafting import UNTAUGHT_STD, draft_card, untaught
from trainer.evaluate.evaluation import evaluate_tiles
from trainer.exact_labels import usable_tiles
from trainer.known_pixels import check_known, choosing
from trainer.labels import UNKNOWN
from trainer.lessons import Lesson, measuring_parts
from trainer.losses import log_probabilities
from trainer.optimising import Hardware, optimise
from trainer.resumption import identity_of
from trainer.settling import mix_in, round_kernels, shift_logits
from trainer.shares import check_shares, tell_shares
from trainer.splits import seen_ground, split_tiles
from trainer.start_weights import check_start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor, nn

    from core.models import ModelSpec
    from core.networks.cards import Card, Rung
    from core.networks.weights import Normalisation
    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile
    from trainer.evaluate.evaluation import Evaluation

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Constants:
    """Means and stds of the training data, one a band, in reflectance and kelvin."""

    means: tuple[float, ...]
    stds: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Materials:
    """What a training is given.

    `tiles` are split into those that teach and those that measure; `tests` do neither and are scored in the
    end. `init` gives start weights and their constants. `command` is what the card says repeats it,
    `ablation` what it says of other recipes.
    """

    tiles: Sequence[LabelledTile]
    tests: Sequence[LabelledTile] = ()
    init: LoadedModel | None = None
    command: str = ""
    ablation: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A trained model, its scores in the card; `weights_sha256` is empty until it is saved."""

    model: LoadedModel
    evaluation: Evaluation


def fit(materials: Materials, configuration: Configuration, out: Path, hardware: Hardware) -> Card | None:
    """Train a model, write `out`/<key>.safetensors with its card, and return the card.

    The weights are those of the epoch with the best mean IoU on the measuring tiles, or of the last one where
    `configuration.kept` says so and it came to its end. A training that was killed goes on from its last step
    when called again with the same `out`. None comes back where another process writes the results.

    Raises:
        TrainingError: the tiles cannot be split as configured.
    """
    fitted = train(materials, configuration, out, hardware)
    if fitted is None:
        return None
    model = fitted.model
    return save_model(model.network, model.card, out / f"{model.spec.key}.safetensors")


def train(
    materials: Materials,
    configuration: Configuration,
    out: Path,
    hardware: Hardware,
    *,
    steps: bool = True,
) -> Fitted | None:
    """Train a model and score it; checkpoints and curves go to `out`, weights do not.

    `steps` false takes the best checkpoint in `out` as it is. Test tiles on ground that teaches or measures
    are scored; a warning and the limits of the card say how many they are.

    Raises:
        TrainingError: the tiles cannot be split as configured or none is left, a number of the configuration
            is out of its range, its shares are for some of the folders alone, nothing teaches or measures,
            start weights do not fit the network, the device cannot be had, or `out` has no checkpoint to
            take, a damaged one or one of another training.
    """
    check_numbers(configuration)
    check_start(materials.init, configuration)
    spec = model_spec(configuration.model)
    if not steps:
        check_begun(out)
    tiles = usable_tiles(materials.tiles, configuration)
    check_shares(tiles, sources := {} if configuration.drawn == "each" else configuration.sources)
    teaching, measuring = split_tiles(tiles, configuration.split, configuration.seed)
    check_known(teaching, measuring)
    configuration = choosing(configuration, spec, measuring)
    tell_shares(materials.tiles, teaching, sources)
    flattered = _flattered(materials.tests, (*teaching, *measuring))
    init = materials.init
    constants: Normalisation = init.card if init else constants_of(teaching)
    seed_everything(configuration.seed, verbose=False)
    network = _begun(spec, configuration, init)
    held_out = [part for tile in measuring for part in measuring_parts(tile, spec, constants)]
    identity = identity_of(configuration, (teaching, measuring), init.card.sha256 if init else "")
    lesson = Lesson(spec, configuration, teaching, held_out, constants, out, identity)
    stage = optimise(network, lesson, hardware, steps=steps)
    if stage is None:
        return None
    if init:
        mix_in(network, init.network.state_dict(), configuration.init_share)
    draft = draft_card(materials, configuration, (teaching, measuring), constants)
    notes = " ".join(note for note in (flattered, untaught(constants), draft.limits) if note)
    draft = replace(draft, stage=stage, limits=notes)
    return _finished(network.cpu(), draft, lesson, [*measuring, *materials.tests])


def _flattered(tests: Sequence[LabelledTile], seen: Sequence[LabelledTile]) -> str:
    """What card and warning say of test tiles on ground that the training saw; empty without any."""
    shared = seen_ground(tests, seen)
    if not shared:
        return ""
    told = f"{shared} Scores on such tiles flatter."
    _log.warning("%s Test on other ground, or leave that ground out of --data.", told)
    return told


def check_finished(fitted: Fitted, name: str) -> None:
    """See that one of several trainings came to its end. `name` begins the message.

    Raises:
        Cancelled: somebody stopped it; its scores would stand for what it never became.
    """
    stage = fitted.model.card.stage
    if stage and not stage.finished:
        raise Cancelled(f"{name} was stopped and has no scores; the same command goes on from there.")


def _finished(network: nn.Module, draft: Card, lesson: Lesson, scored: Sequence[LabelledTile]) -> Fitted:
    """The trained network as it will be stored: rounded where that keeps labels, calibrated, scored."""
    network.eval().requires_grad_(requires_grad=False)
    shift_logits(network, lesson.configuration.logit_shift)
    draft = replace(draft, half_precision_alike=_round_where_alike(network, lesson.held_out))
    calibration = _calibration(network, lesson.held_out)
    card = replace(draft, temperature=calibration.temperature, calibration=calibration)
    evaluation = evaluate_tiles(
        scored,
        LoadedModel(lesson.spec, card, network, ""),
        command=draft.reproduce,
        min_area_km2=lesson.configuration.min_area_km2,
    )
    return Fitted(LoadedModel(lesson.spec, replace(card, scores=evaluation.sets), network, ""), evaluation)


def _begun(spec: ModelSpec, configuration: Configuration, init: LoadedModel | None) -> nn.Module:
    """The network as the training finds it."""
    network = _network(spec, configuration)
    if init:
        network.load_state_dict(init.network.state_dict())
    return network.to(memory_format=torch.channels_last)


def _network(spec: ModelSpec, configuration: Configuration) -> nn.Module:
    pretrained = configuration.encoder_weights
    try:
        if configuration.network is None:
            return build_network(spec, encoder_weights=pretrained)
        return build_alternative(configuration.network, outputs_of(spec), pretrained)
    except OSError:  # no connection, none of its weights there, or no room for them
        if pretrained is None:
            raise
        raise TrainingError(
            "ImageNet's weights could not be fetched: allow internet once, or leave encoder_weights out."
        ) from None


def constants_of(tiles: Sequence[LabelledTile]) -> Constants:
    """Mean and std of each band over the valid pixels of all tiles, in reflectance and kelvin.

    A band that no tile has gets `UNTAUGHT_STD`, which makes it mute in every map.
    """
    means, stds = [], []
    for band in range(len(BANDS)):
        values = np.concatenate([tile.pixels.values[band][tile.pixels.valid] for tile in tiles])
        known = values[np.isfinite(values)].astype(np.float64)
        means.append(round(float(known.mean()), 5) if known.size else 0.0)
        stds.append(round(float(max(known.std(), 1e-4)), 5) if known.size else UNTAUGHT_STD)
    return Constants(tuple(means), tuple(stds))


def _round_where_alike(network: nn.Module, held_out: Sequence[tuple[Tensor, Tensor]]) -> float:
    """Round the kernels unless that moves too many labels; the share of known pixels whose label stays."""
    exact = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    before = _labels(network, held_out)
    round_kernels(network)
    alike = round(float((before == _labels(network, held_out)).float().mean()), 6)
    if alike < LEAST_ALIKE:
        network.load_state_dict(exact)
    return alike


def _labels(network: nn.Module, held_out: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """The classes of the held-out tiles' known pixels, in a row."""
    with torch.inference_mode():
        parts = [log_probabilities(network(x[None])).argmax(dim=1)[0][y != UNKNOWN] for x, y in held_out]
    return torch.cat(parts)


def _calibration(network: nn.Module, held_out: Sequence[tuple[Tensor, Tensor]]) -> Calibration:
    """The temperature of the held-out tiles' known pixels, in a row (they need not share a size)."""
    logits, labels = [], []
    with torch.inference_mode():
        for x, y in held_out:
            known = y != UNKNOWN
            logits.append(network(x[None])[0][:, known])
            labels.append(y[known])
    pooled, answers = torch.cat(logits, dim=1)[None, :, None], torch.cat(labels)[None, None]
    temperature = fit_temperature(pooled, answers)
    return Calibration(temperature, *(_error(pooled / t, answers) for t in (1.0, temperature)))


def _error(logits: Tensor, labels: Tensor) -> float | None:
    """Expected calibration error of logits (1, K, 1, n) on exact labels (1, 1, n); None without any."""
    probabilities = log_probabilities(logits).exp()[0, :, 0].numpy()
    answers = labels[0, 0].numpy()
    exact = answers < len(probabilities)
    error = calibration_error(reliability(probabilities[:, exact], answers[exact]))
    return round(error, 4) if isfinite(error) else None
