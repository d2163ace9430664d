"""The configuration of a training: a TOML file, every field named and checked."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from pydantic import JsonValue, TypeAdapter, ValidationError

from core.errors import TrainingError
from trainer.alternatives import Alternative
from trainer.augmentation import Augmentation
from trainer.complaints import complaint_of, number_complaint
from trainer.splits import SplitRule

CONFIGS_DIR = Path(__file__).parent / "configs"
LossName = Literal["cross_entropy", "dice", "tversky", "focal_tversky"]
Schedule = Literal["constant", "one-cycle", "plateau"]
Drawn = Literal["anywhere", "each"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the tiles of one data folder come from, in words for the card."""

    places: str
    licence: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a training does. `trainer/configs/*.toml` give every number with its reason.

    `losses` are added, each with its weight; `class_weights` (one a class, empty: all alike) belong to the
    cross-entropy, `false_positive` to both Tversky losses (false negatives weigh the rest), `focal_gamma` to
    the focal one. Patches are drawn `anywhere`, or from `each` tile once an epoch, when `patches_per_epoch`
    does not count. `rare` maps a class index to the share of patches centred on it, `sources` the name of a
    data folder to its share of the rest, `as_is` to the share of its patches that are turned alone and not
    augmented. `plateau_epochs` without a better score let the rate fall to a tenth; `patience_epochs` end the
    training, 0 never. The weights of the `kept` epoch count; `init_share` of the start weights is averaged
    into them (Wortsman et al. 2022, arXiv:2109.01903), which keeps more of what those knew. `logit_shift`
    (one a class, empty: none) is added to what the trained network says before it is scored. `partial_labels`
    false leaves out what is known to be glacier and not of which kind. Components below `min_area_km2` are
    removed before maps are scored.
    `network` tries another one than the model's own; its weights stay out of the app. `status`, `origins`
    by data folder, `places` (of the data in all), `limits` and `failures` are words for the card.
    """

    model: Literal["binary", "multiclass"]
    losses: dict[LossName, float]
    learning_rate: float
    batch: int
    epochs: int
    patches_per_epoch: int
    patch_px: int
    class_weights: tuple[float, ...] = ()
    false_positive: float = 0.3
    focal_gamma: float = 0.75
    optimiser: Literal["adam", "adamw"] = "adamw"
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    plateau_epochs: int = 5
    patience_epochs: int = 0
    half_precision: bool = True
    encoder_weights: Literal["imagenet"] | None = None
    seed: int = 0
    drawn: Drawn = "anywhere"
    partial_labels: bool = True
    min_area_km2: float = 0.0
    network: Alternative | None = None
    rare: dict[int, float] = field(default_factory=dict)
    sources: dict[str, float] = field(default_factory=dict)
    as_is: dict[str, float] = field(default_factory=dict)
    kept: Literal["best", "last"] = "best"
    init_share: float = 0.0
    logit_shift: tuple[float, ...] = ()
    split: SplitRule = field(default_factory=SplitRule)
    augmentation: Augmentation = field(default_factory=Augmentation)
    status: str = "preliminary"
    origins: dict[str, Origin] = field(default_factory=dict)
    places: str = ""
    limits: str = ""
    failures: tuple[str, ...] = ()


_CONFIGURATION = TypeAdapter(Configuration)
WORDS = ("status", "origins", "places", "limits", "failures")  # cards say these in their own place
_TABLES = {
    "": Configuration,
    "origins": Origin,
    "network": Alternative,
    "split": SplitRule,
    "augmentation": Augmentation,
}


def read_configuration(path: Path) -> Configuration:
    """The configuration in a TOML file.

    Raises:
        TrainingError: the file is missing, is no TOML, or a field is wrong.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        # As JSON, because there strict means what it says: no true for 1, no words for a number.
        configuration = _CONFIGURATION.validate_json(
            json.dumps(found, default=str), strict=True, extra="forbid"
        )
    except (FileNotFoundError, IsADirectoryError):
        raise TrainingError(f"There is no configuration {path}. Take one from {CONFIGS_DIR}.") from None
    except UnicodeDecodeError:
        raise TrainingError(f"The configuration {path.name} is no text. Give a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(
            f"The configuration {path.name} is no TOML: {error}. Correct that line."
        ) from None
    except ValidationError as error:
        keys = {table: [one.name for one in fields(kind)] for table, kind in _TABLES.items()}
        raise TrainingError(
            f"The configuration {path.name} {complaint_of(error.errors()[0], keys)}"
        ) from None
    check_numbers(configuration, f"The configuration {path.name}")
    return configuration


def settings_of(configuration: Configuration) -> dict[str, JsonValue]:
    """All but the words for the card, as JSON has it: field -> value."""
    plain: dict[str, JsonValue] = _CONFIGURATION.dump_python(configuration, mode="json")
    return {name: value for name, value in plain.items() if name not in WORDS}


def check_numbers(configuration: Configuration, name: str = "The configuration") -> None:
    """See that a training can work with every number. `name` begins the message.

    Raises:
        TrainingError: it cannot work with one.
    """
    if complaint := number_complaint(configuration):
        raise TrainingError(f"{name} {complaint}")
