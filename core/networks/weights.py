"""Weights on disk: `<key>.safetensors` beside `<key>.json`, verified whenever they are loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from core.errors import ModelError, WeightsError
from core.models import MODELS, ModelSpec, model_spec
from core.networks.cards import Card, ClassScore, ScoreSet, Split, check_card, read_card, write_card
from core.networks.catalogue import build_network
from core.networks.normalisation import Normalisation, normalise
from core.networks.stored import SUFFIX, WEIGHTS_DIR, load_card, stored_in_half, verified_content

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "WEIGHTS_DIR",
    "Card",
    "ClassScore",
    "LoadedModel",
    "Normalisation",
    "ScoreSet",
    "Split",
    "load_card",
    "load_model",
    "normalise",
    "save_model",
]


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A model that is ready to predict: its spec, its card, its network in evaluation mode."""

    spec: ModelSpec
    card: Card
    network: nn.Module
    weights_sha256: str

    def built(self) -> nn.Module:
        """The network."""
        return self.network


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
    elif str(key_or_path) not in MODELS:
        raise ModelError(
            f"There is no model '{key_or_path}'. Give one of {', '.join(MODELS)}, or the path of a {SUFFIX} "
            "file with its card beside it."
        )
    else:
        card = load_card(str(key_or_path), folder)
        path = folder / f"{card.model}{SUFFIX}"
    content = verified_content(path, card)
    spec = model_spec(card.model)
    network = build_network(spec)
    _fill(network, content, path.name, spec)
    network.eval().requires_grad_(requires_grad=False)
    return LoadedModel(spec, card, network, card.sha256)


def save_model(network: nn.Module, card: Card, path: Path) -> Card:
    """Write weights to `path` (.safetensors) and the card beside it; the card returned has the sha256.

    Kernels are stored in half precision where the card says that this keeps the labels, else in float32;
    the vectors (batch norm, biases) keep float32, which costs nothing and keeps small variances exact.

    Raises:
        WeightsError: the card does not fit its model, or the path is no .safetensors file.
    """
    check_card(card, path.with_suffix(".json").name)
    if path.suffix != SUFFIX:
        raise WeightsError(f"{path.name} cannot take weights; the name must end in {SUFFIX}.")
    half = stored_in_half(card)
    tensors = {name: _stored(tensor, half=half) for name, tensor in network.state_dict().items()}
    content = tensors_to_bytes(tensors)
    card = replace(card, sha256=sha256(content).hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")  # a killed process leaves the old weights or the new, never half
    partial.write_bytes(content)
    partial.replace(path)
    write_card(card, partial)
    partial.replace(path.with_suffix(".json"))
    return card


def _stored(tensor: torch.Tensor, *, half: bool) -> torch.Tensor:
    rounded = half and tensor.is_floating_point() and tensor.ndim > 1
    return tensor.detach().cpu().to(torch.float16 if rounded else tensor.dtype).contiguous()


def _fill(network: nn.Module, content: bytes, name: str, spec: ModelSpec) -> None:
    try:
        network.load_state_dict(tensors_from_bytes(content))
    except (SafetensorError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise WeightsError(
            f"{name} does not hold weights of the model '{spec.key}' ({reason}). "
            "Use weights that were trained for this model."
        ) from None
