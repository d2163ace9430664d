"""What the cards of the models say of how often errors held the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import WeightsError
from pages.parts.cached import model_card

if TYPE_CHECKING:
    from core.measure.observations import Method
    from core.networks.error_tests import ErrorTest


def error_test(model: str, weights_sha256: str) -> ErrorTest | None:
    """What the card of these weights says; None where it cannot be read, or other weights lie there now."""
    try:
        card = model_card(model)
    except WeightsError:
        return None
    return card.error_test if card.sha256 == weights_sha256 else None


def method_test(method: Method) -> ErrorTest | None:
    """What the card of a method's own weights says; None as in `error_test`."""
    return error_test(method.model, method.weights_sha256)
