"""Versions of models: which weights a piece of work is for, wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from core.errors import WeightsError
from core.models import model_spec
from core.networks import stored
from core.networks.cards import deciding_numbers
from core.runs import RunKey

if TYPE_CHECKING:
    from core.networks.cards import Card
    from core.runs import Options
    from core.tiles.tile import Tile


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model by its key, and the hashes of the weights and of the card's numbers that are meant."""

    key: str
    weights_sha256: str
    card: str

    def question(self, tile: Tile, options: Options) -> RunKey:
        """What a run of the tile by this version and with these options answers."""
        units = tile.radiometry.kind
        used = options.used_by(model_spec(self.key))
        return RunKey(tile.sha256, units, self.key, self.weights_sha256, used, self.card)


def current_version(key: str) -> ModelVersion:
    """The version that this installation has, its weights verified.

    Raises:
        ModelError: no model has this key.
        WeightsError: weights or card are missing or altered.
    """
    card = stored.load_card(key)
    version = ModelVersion(key, card.sha256, deciding_numbers(card))
    load_version(version)
    return version


def asked_of(card: Card, key: RunKey, options: Options) -> RunKey:
    """The question of `key` asked of the model with this card and with these options."""
    used = options.used_by(model_spec(card.model))
    return replace(
        key, model=card.model, weights_sha256=card.sha256, options=used, card=deciding_numbers(card)
    )


@lru_cache(maxsize=4)
def load_version(version: ModelVersion) -> stored.StoredModel:
    """The model with these weights, verified once a process. Its network is built when an engine needs it.

    Raises:
        WeightsError: this machine has other weights or another card, or they are missing or altered.
    """
    model = stored.find_model(version.key)
    if model.weights_sha256 != version.weights_sha256:
        raise WeightsError(
            f"This worker has other weights of '{version.key}' ({model.weights_sha256[:12]}) than the ones "
            f"asked for ({version.weights_sha256[:12]}). Put the same Firnline and weights on every machine."
        )
    if deciding_numbers(model.card) != version.card:
        raise WeightsError(
            f"This worker has another card of '{version.key}': constants, temperature or threshold "
            "differ from those asked for. Put the same Firnline and weights on every machine, and start the "
            "workers anew."
        )
    return model
