"""Models on disk: verified weights whose network nobody has built yet, so that torch may stay away."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.errors import WeightsError
from core.models import ModelSpec, model_spec
from core.networks.cards import Card, read_card

if TYPE_CHECKING:
    from torch import nn

WEIGHTS_DIR = Path(__file__).resolve().parents[2] / "weights"
SUFFIX = ".safetensors"
LEAST_ALIKE = 0.9999  # of the labels must half precision keep; below, single precision is worth its bytes


def stored_in_half(card: Card) -> bool:
    """Whether kernels are stored in half precision: where it keeps the labels, or nobody compared."""
    return card.half_precision_alike is None or card.half_precision_alike >= LEAST_ALIKE


class Model(Protocol):
    """A model whose weights were verified. Its network is built when an engine asks for it, if ever."""

    @property
    def spec(self) -> ModelSpec:
        """What the model is."""

    @property
    def card(self) -> Card:
        """What its weights are."""

    @property
    def weights_sha256(self) -> str:
        """Hash of the weights file."""

    def built(self) -> nn.Module:
        """The network in float32, evaluation mode, without gradients. Imports torch."""

    def __hash__(self) -> int:
        """Of this very model: what was compiled for it is found by it."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredModel:
    """A model by the path of its weights; the hash was compared with the card's."""

    spec: ModelSpec
    card: Card
    path: Path

    @property
    def weights_sha256(self) -> str:
        """Hash of the weights file."""
        return self.card.sha256

    def built(self) -> nn.Module:
        """The network in float32, evaluation mode, without gradients. Imports torch.

        Raises:
            WeightsError: the weights were altered or replaced since, or do not fit the model.
        """
        from core.networks.weights import load_model

        loaded = load_model(self.path)
        _refuse_another(loaded.card, self.card, self.path.name)
        return loaded.network


def find_model(key: str, folder: Path = WEIGHTS_DIR) -> StoredModel:
    """A model by its key, from `folder`, with its weights verified. Does without torch.

    Raises:
        ModelError: no model has this key.
        WeightsError: weights or card are missing or altered.
    """
    card = load_card(key, folder)
    path = folder / f"{key}{SUFFIX}"
    verified_content(path, card)
    return StoredModel(model_spec(key), card, path)


def model_at(path: Path) -> StoredModel:
    """A model by the path of its weights, its card beside them, the weights verified. Does without torch.

    Raises:
        ModelError: the card is for a model that Firnline does not have.
        WeightsError: weights or card are missing or altered.
    """
    card = read_card(path.with_suffix(".json"))
    verified_content(path, card)
    return StoredModel(model_spec(card.model), card, path)


def _refuse_another(found: Card, meant: Card, name: str) -> None:
    """Refuse a network that a run would record under the card of another one."""
    if found.sha256 != meant.sha256:
        raise WeightsError(
            f"The weights {name} were replaced while Firnline ran: their SHA-256 begins with "
            f"{found.sha256[:12]}, {meant.sha256[:12]} is needed. Start again to use those that are there "
            "now."
        )
    for part in ("temperature", "means", "stds", "threshold"):
        now, before = getattr(found, part), getattr(meant, part)
        if now != before:
            raise WeightsError(
                f"The card of {name} was replaced while Firnline ran: it says {part} {now}, {before} is "
                "needed. Start again to use the one that is there now."
            )


def load_card(key: str, folder: Path = WEIGHTS_DIR) -> Card:
    """The card of a model's weights.

    Raises:
        ModelError: no model has this key.
        WeightsError: the card is missing, unreadable, or does not fit the model.
    """
    card = read_card(folder / f"{model_spec(key).key}.json")
    if card.model != key:
        raise WeightsError(
            f"The card {key}.json is for the model '{card.model}'; '{key}' is needed. "
            "Put the card that belongs to these weights there."
        )
    return card


def verified_content(path: Path, card: Card) -> bytes:
    """The bytes of a weights file.

    Raises:
        WeightsError: the file is missing, or its hash is not the card's.
    """
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
