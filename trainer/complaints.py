"""Complaints: what is wrong with a configuration, in words."""

from __future__ import annotations

from dataclasses import asdict
from difflib import get_close_matches
from math import inf
from typing import TYPE_CHECKING

from core.models import model_spec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from trainer.configuration import Configuration

ALTERNATIVE_STRIDE_PX = 32  # encoders of segmentation_models_pytorch halve five times
LARGEST_SEED = 2**32 - 1  # NumPy's
LARGEST = {  # augmentation -> the most that still looks like nature; probabilities end at 1
    "scale": 1.0,  # e times wider or narrower: 30 m become 11 or 82
    "gain": 1.0,
    "haze": 0.5,  # reflectance
    "warmth_k": 50.0,
    "noise": 0.5,
    "no_thermal": 1.0,
    "no_swir1": 1.0,
    "blobs": 1.0,
}
MOST = 1_000_000  # patches an epoch: more is a slip of the finger
LARGEST_SHIFT = 10  # a factor of 22,000: more says the opposite of the network
LARGEST_PATCH_PX = 8192  # no tile that teaches is larger
KINDS = {  # how pydantic's names of types begin -> what a TOML file needs there
    "int_": "a whole number",
    "float_": "a number",
    "bool_": "true or false",
    "string_": "words in quotation marks",
    "dict_": "a table, such as { name = 1.0 }",
    "tuple_": "a list, such as [1.0, 2.0]",
    "dataclass_": "a table, such as { name = 1.0 }",
}


def complaint_of(error: ErrorDetails, keys: Mapping[str, Collection[str]]) -> str:
    """What pydantic found, as what follows 'the configuration ...'.

    `keys`: table ("" is the file's top) -> the keys that a training knows there.
    """
    place = [str(part) for part in error["loc"] if part != "[key]"]
    name, found = ".".join(place), error["input"]
    if error["type"] == "unexpected_keyword_argument":
        known = sorted(keys.get(place[0] if len(place) > 1 else "", ()))
        near = get_close_matches(place[-1], known, 1)
        meant = f"did you mean {near[0]}?" if near else f"it knows {', '.join(known)}."
        return f"has a key {name} that no training knows; {meant}"
    if error["type"] == "missing":
        return f"lacks {name}. Add it."
    if error["type"] == "literal_error" and error["loc"][-1] == "[key]":
        known = error["ctx"]["expected"].replace("'", "").replace(" or ", " and ")
        return f"has a loss {place[-1]}; known are {known}. Correct it."
    if error["type"] == "literal_error":
        return f"has {name} = {as_toml(found)}; needed is {error['ctx']['expected']}. Correct it."
    needed = next((words for kind, words in KINDS.items() if error["type"].startswith(kind)), error["msg"])
    return f"has {name} = {as_toml(found)}; needed is {needed}. Correct it."


def number_complaint(configuration: Configuration) -> str | None:
    """The first number that no training can work with, as what follows 'the configuration ...'; else None."""
    for name, value, good, needed in (*_optimisation(configuration), *_drawing(configuration)):
        if not good:
            return f"has {name} = {as_toml(value)}; needed is {needed}. Correct it."
    return None


def as_toml(value: object) -> str:
    """A value as a TOML file has it; none where there is none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {as_toml(each)}' for key, each in value.items())} }}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _optimisation(chosen: Configuration) -> Iterator[tuple[str, object, bool, str]]:
    """Losses, steps and scores: name, value, whether it will do, what is needed."""
    classes = len(model_spec(chosen.model).classes)
    weights = chosen.class_weights
    yield "losses", chosen.losses, bool(chosen.losses), "at least one, such as { cross_entropy = 1.0 }"
    for loss, weight in chosen.losses.items():
        yield f"losses.{loss}", weight, 0 < weight < inf, "a number above 0"
    for name, count, most in (("batch", chosen.batch, 4096), ("epochs", chosen.epochs, 100_000)):
        yield name, count, 1 <= count <= most, f"a whole number from 1 to {most}"
    for name, value, largest in (
        ("learning_rate", chosen.learning_rate, 1),
        ("focal_gamma", chosen.focal_gamma, 10),
    ):
        yield name, value, 0 < value <= largest, f"a number above 0, {largest} at most"
    for name, value in (
        ("weight_decay", chosen.weight_decay),
        ("min_area_km2", chosen.min_area_km2),
        ("plateau_epochs", chosen.plateau_epochs),
        ("patience_epochs", chosen.patience_epochs),
    ):
        yield name, value, 0 <= value < inf, "0 or more"
    yield "false_positive", chosen.false_positive, 0 <= chosen.false_positive <= 1, "a number from 0 to 1"
    yield "init_share", chosen.init_share, 0 <= chosen.init_share < 1, "a share from 0 on, below 1"
    yield "seed", chosen.seed, 0 <= chosen.seed <= LARGEST_SEED, f"a whole number from 0 to {LARGEST_SEED}"
    shift = chosen.logit_shift
    argmax = not model_spec(chosen.model).has_threshold
    fits = len(shift) in ({0, classes} if argmax else {0}) and all(
        abs(each) <= LARGEST_SHIFT for each in shift
    )
    needed = (
        f"a list of {classes} numbers from -{LARGEST_SHIFT} to {LARGEST_SHIFT}, one a class, or none"
        if argmax
        else "none: this model has a threshold instead"
    )
    yield "logit_shift", shift, fits, needed
    fits = len(weights) in {0, classes} and all(0 <= weight < inf for weight in weights)
    needed = f"a list of {classes} numbers from 0 on, one a class of the model '{chosen.model}', or none"
    yield "class_weights", weights, fits and (not weights or max(weights) > 0), needed


def _drawing(chosen: Configuration) -> Iterator[tuple[str, object, bool, str]]:
    """Patches, split and augmentation: name, value, whether it will do, what is needed."""
    spec = model_spec(chosen.model)
    stride = ALTERNATIVE_STRIDE_PX if chosen.network else spec.stride_px
    fits = stride <= chosen.patch_px <= LARGEST_PATCH_PX and chosen.patch_px % stride == 0
    needed = f"a multiple of {stride}, the network's stride, up to {LARGEST_PATCH_PX}"
    yield "patch_px", chosen.patch_px, fits, needed
    least = 0 if chosen.drawn == "each" else 1  # who takes each tile once has nothing to count
    enough = least <= chosen.patches_per_epoch <= MOST
    yield "patches_per_epoch", chosen.patches_per_epoch, enough, f"a whole number from {least} to {MOST}"
    for code, share in chosen.rare.items():
        yield "rare", chosen.rare, 0 <= code < len(spec.classes), f"a class from 0 to {len(spec.classes) - 1}"
        yield f"rare.{code}", share, 0 <= share <= 1, "a share from 0 to 1"
    yield "rare", chosen.rare, sum(chosen.rare.values()) <= 1, "shares that add up to 1 or less"
    for source, share in chosen.sources.items():
        yield f"sources.{source}", share, 0 < share < inf, "a number above 0"
    for source, share in chosen.as_is.items():
        yield f"as_is.{source}", share, 0 <= share <= 1, "a share from 0 to 1"
    yield "split.folds", chosen.split.folds, chosen.split.folds >= 2, "a whole number from 2 on"
    yield "split.fold", chosen.split.fold, chosen.split.fold >= 0, "a whole number from 0 on"
    for name, value in asdict(chosen.augmentation).items():
        most = LARGEST.get(name, 1.0)  # `turns` is true or false
        yield f"augmentation.{name}", value, 0 <= value <= most, f"a number from 0 to {most:g}"
