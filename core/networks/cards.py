"""The card of a weights file: what the weights are, were trained on and scored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING

from pydantic import JsonValue, TypeAdapter, ValidationError

from core.errors import WeightsError
from core.models import MODELS
from core.networks.catalogue import architecture_of
from core.networks.error_tests import ErrorTest
from core.types import BANDS

if TYPE_CHECKING:
    from pathlib import Path


Interval = tuple[float, float]  # 95 %, by drawing tiles, or squares of few tiles, again with replacement


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Scores of one class, 0..1; None where the class occurs neither in labels nor in the result.

    `found_px`: pixels that the result calls this class; cards before it was kept have None.
    """

    key: str
    label_px: int
    iou: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    found_px: int | None = None
    iou_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class ScoreSet:
    """Scores on one set of pixels, pooled.

    `on` says which pixels. `mcc` is -1..1 (Gorodkin's R_K for more than two classes),
    `calibration_error` the expected calibration error of the confidence, 0..1. Means are over the classes
    that occur. `confusion`: pixels, rows are labels, columns results. `method` is the rule that was measured
    instead of the model, where one was. `simulated`: whether all tiles are; None in cards that do not say.
    `drawn_px`: side of the squares that were drawn for the intervals, where the tiles were too few to draw;
    such intervals tell of other ground of the same tiles, and are too narrow for other tiles.
    """

    on: str
    pixels: int
    accuracy: float
    mcc: float
    mean_iou: float
    classes: tuple[ClassScore, ...]
    calibration_error: float | None = None
    tiles: int | None = None
    simulated: bool | None = None
    method: str | None = None
    mcc_interval: Interval | None = None
    mean_iou_interval: Interval | None = None
    mean_precision: float | None = None
    mean_recall: float | None = None
    mean_f1: float | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    drawn_px: int | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Which tiles taught the weights and which measured them, as `folder/name`.

    `kind` is "place" or "random"; part number `fold` of `folds` measured. `test` tiles did neither: no
    choice was made on them.
    """

    kind: str
    training: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...] = ()
    folds: int | None = None
    fold: int | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    """One data folder: its tiles, and what is known on the valid pixels of those that taught.

    `class_px`: class key -> labelled pixels; "glacier of unknown kind" where outlines alone are known.
    """

    name: str
    training_tiles: int
    validation_tiles: int
    test_tiles: int
    simulated: bool
    class_px: dict[str, int]
    places: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the temperature changed, on the valid pixels of the measuring tiles.

    Expected calibration errors, 0..1, without and with it. It was chosen on these very pixels.
    """

    temperature: float
    error_before: float | None
    error_after: float | None


@dataclass(frozen=True, slots=True)
class FailurePicture:
    """A picture of a tile that went badly, beside the card: input and truth above, map and errors below.

    `file`: its name. `tile`: `folder/name`. `mcc` and `accuracy` are the tile's, on valid pixels.
    """

    file: str
    tile: str
    simulated: bool
    composite: str
    mcc: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Stage:
    """Where in their training weights are from: after `step` steps of the optimiser, in `epoch` (from 1).

    `epochs` were planned. `finished`: whether the training had come to its end when they were written.
    """

    epoch: int
    epochs: int
    step: int
    finished: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of an ablation: what it adds to the one before, and what that scored.

    `scores`: name of a set of pixels -> MCC. `steps`: optimiser steps of the training.
    """

    adds: str
    steps: int
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Card:
    """What a weights file is.

    `means` and `stds` follow `bands`, in reflectance and kelvin. `threshold` is None for a model that
    decides by argmax. Logits are divided by `temperature` before the activation (Guo et al. 2017,
    arXiv:1706.04599). `sha256` is that of the weights file, `started_from` that of the weights that the
    training began with, empty for none. `half_precision_alike`: share of the measuring pixels whose class
    stays the same when kernels are rounded to half precision. `error_test` is None where it was not done.
    """

    model: str
    architecture: str
    bands: tuple[str, ...]
    means: tuple[float, ...]
    stds: tuple[float, ...]
    threshold: float | None
    temperature: float
    status: str
    trained_on: str
    split: Split
    scores: tuple[ScoreSet, ...]
    limits: str
    reproduce: str
    created_on: datetime
    sha256: str = ""
    units: str = "reflectance (0..1, above 1 on sunlit snow) and kelvin"
    licence: str = "MIT"
    settings: dict[str, JsonValue] = field(default_factory=dict)
    error_test: ErrorTest | None = None
    data: tuple[DataSource, ...] = ()
    failures: tuple[str, ...] = ()
    failure_pictures: tuple[FailurePicture, ...] = ()
    calibration: Calibration | None = None
    ablation: tuple[Rung, ...] = ()
    started_from: str = ""
    half_precision_alike: float | None = None
    stage: Stage | None = None


_CARD = TypeAdapter(Card)


def deciding_numbers(card: Card) -> str:
    """A short hash of the card's numbers that a map depends on: constants, temperature and threshold."""
    numbers = (card.means, card.stds, card.temperature, card.threshold)
    return sha256(repr(numbers).encode()).hexdigest()[:16]


def read_card(path: Path) -> Card:
    """The card in a JSON file, checked against the model that it names.

    Raises:
        WeightsError: the card is missing, unreadable, or does not fit its model.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise WeightsError(
            f"There is no card {path.name} in {path.parent}. Weights need their card beside them: "
            "put both files of one training there."
        ) from None
    try:
        card = _CARD.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WeightsError(
            f"The card {path.name} cannot be read: {place}: {first['msg']}. "
            "Take the card that was written together with the weights."
        ) from None
    check_card(card, path.name)
    return card


def write_card(card: Card, path: Path) -> None:
    """Write a card as JSON that people can read and compare."""
    path.write_bytes(_CARD.dump_json(card, indent=2) + b"\n")


def check_card(card: Card, name: str) -> None:
    """Compare a card with the model that it names. `name` is what messages call the card.

    Raises:
        WeightsError: the card does not fit its model.
    """
    spec = MODELS.get(card.model)
    if spec is None:
        raise WeightsError(
            f"The card {name} is for a model '{card.model}'; this version of Firnline knows "
            f"{', '.join(MODELS)}. Use weights of one of these."
        )
    for wrong, found, needed in (
        (card.architecture != architecture_of(spec), card.architecture, f"'{architecture_of(spec)}'"),
        (card.bands != BANDS, f"bands {', '.join(card.bands)}", f"bands {', '.join(BANDS)}"),
        (not _are_numbers(card.means), f"means {card.means}", f"{len(BANDS)} finite means"),
        (
            not _are_numbers(card.stds) or min(card.stds) <= 0,
            f"stds {card.stds}",
            f"{len(BANDS)} finite stds above 0",
        ),
        (
            not isfinite(card.temperature) or card.temperature <= 0,
            f"temperature {card.temperature}",
            "a temperature above 0",
        ),
        (
            spec.has_threshold != (card.threshold is not None),
            f"threshold {card.threshold}",
            "a threshold" if spec.has_threshold else "no threshold",
        ),
        (
            card.threshold is not None and not 0 < card.threshold < 1,
            f"threshold {card.threshold}",
            "a threshold between 0 and 1",
        ),
        (
            not all(isfinite(factor) and factor > 0 for factor in error_factors(card).values()),
            f"error factors {error_factors(card)}",
            "factors above 0",
        ),
    ):
        if wrong:
            raise WeightsError(
                f"The card {name} says {found}; the model '{spec.key}' needs {needed}. "
                "Use weights that were trained for this model."
            )


def error_factors(card: Card) -> dict[str, float]:
    """By how much each group's interval is widened; empty where it was not tested."""
    return card.error_test.factors if card.error_test else {}


def _are_numbers(values: tuple[float, ...]) -> bool:
    return len(values) == len(BANDS) and all(isfinite(value) for value in values)
