"""Weights on disk: `<key>.safetensors` beside `<key>.json`, verified whenever they are loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from core.errors import WeightsError
from core.models import ModelSpec, model_spec
from core.networks.cards import Card, ClassScore, ScoreSet, Split, check_card, read_card, write_card
from core.networks.catalogue import build_network

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from core.types import Pixels

__all__ = [
    "WEIGHTS_DIR",
    "Card",
    "ClassScore",
    "LoadedModel",
    "ScoreSet",
    "Split",
    "load_card",
    "load_model",
    "normalise",
    "save_model",
]

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
SUFFIX = ".safetensors"


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A model that is ready to predict: its spec, its card, its network in evaluation mode."""

    spec: ModelSpec
    card: Card
    network: nn.Module
    weights_sha256: str


class Normalisation(Protocol):
    """What `normalise` needs to know; a `Card` is one."""

    @property
    def means(self) -> tuple[float, ...]:
        """One a band, in reflectance and kelvin."""

    @property
    def stds(self) -> tuple[float, ...]:
        """One a band, in reflectance and kelvin."""


def normalise(pixels: Pixels, card: Normalisation) -> NDArray[np.float32]:
    """The network's input, float32 (5, h, w): (value - mean) / std.

    0, which is the mean, stands where a value is NaN or a pixel is not valid; a missing band is a whole
    plane of 0. The constants come from the card, never from the pixels at hand.
    """
    means = np.array(card.means, np.float32)[:, None, None]
    stds = np.array(card.stds, np.float32)[:, None, None]
    known = pixels.valid & np.isfinite(pixels.values)
    return np.where(known, (pixels.values - means) / stds, np.float32(0)).astype(np.float32, copy=False)


def load_card(key: str, folder: Path = WEIGHTS_DIR) -> Card:
    """The card of a model's weights.

    Raises:
        ModelError: no model has this key.
        WeightsError: the card is missing, unreadable, or does not fit the model.
    """
    card = read_card(folder / f"{model_spec(key).key}.json")
    _expect_model(card, key)
    return card


def load_model(key_or_path: str | Path, folder: Path = WEIGHTS_DIR) -> LoadedModel:
    """A model by its key, from `folder`, or by the path of a weights file with its card beside it.

    The network is in float32, evaluation mode, without gradients.

    Raises:
        ModelError: neither a model's key nor the path of a .safetensors file.
        WeightsError: weights or card are missing, altered, or do not fit the model.
    """
    path = Path(key_or_path)
    if path.suffix == SUFFIX:
        card = read_card(path.with_suffix(".json"))
    else:
        card = load_card(str(key_or_path), folder)
        path = folder / f"{card.model}{SUFFIX}"
    content = _verified_content(path, card)
    spec = model_spec(card.model)
    network = build_network(spec)
    _fill(network, content, path.name, spec)
    network.eval().requires_grad_(requires_grad=False)
    return LoadedModel(spec, card, network, card.sha256)


def save_model(network: nn.Module, card: Card, path: Path) -> Card:
    """Write weights to `path` (.safetensors) and the card beside it; the card returned has the sha256.

    Kernels are stored in half precision; the vectors (batch norm, biases) keep float32, which costs
    nothing and keeps small variances exact.

    Raises:
        WeightsError: the card does not fit its model, or the path is no .safetensors file.
    """
    check_card(card, path.with_suffix(".json").name)
    if path.suffix != SUFFIX:
        raise WeightsError(f"{path.name} cannot take weights; the name must end in {SUFFIX}.")
    content = tensors_to_bytes({name: _stored(tensor) for name, tensor in network.state_dict().items()})
    card = replace(card, sha256=sha256(content).hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")  # a killed process leaves the old weights or the new, never half
    partial.write_bytes(content)
    partial.replace(path)
    write_card(card, partial)
    partial.replace(path.with_suffix(".json"))
    return card


def _stored(tensor: torch.Tensor) -> torch.Tensor:
    kernel = tensor.is_floating_point() and tensor.ndim > 1
    return tensor.detach().cpu().to(torch.float16 if kernel else tensor.dtype).contiguous()


def _verified_content(path: Path, card: Card) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise WeightsError(
            f"There are no weights {path.name} in {path.parent}. Put the file there, or train it with "
            f"'python -m trainer fit {card.model}'."
        ) from None
    found = sha256(content).hexdigest()
    if found != card.sha256:
        raise WeightsError(
            f"The weights {path.name} were altered: their SHA-256 begins with {found[:12]}, their card says "
            f"{card.sha256[:12] or 'none'}. Put weights and card of one training there."
        )
    return content


def _fill(network: nn.Module, content: bytes, name: str, spec: ModelSpec) -> None:
    try:
        network.load_state_dict(tensors_from_bytes(content))
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise WeightsError(
            f"{name} does not hold weights of the model '{spec.key}' ({reason}). "
            "Use weights that were trained for this model."
        ) from None


def _expect_model(card: Card, key: str) -> None:
    if card.model != key:
        raise WeightsError(
            f"The card {key}.json is for the model '{card.model}'; '{key}' is needed. "
            "Put the card that belongs to these weights there."
        )
