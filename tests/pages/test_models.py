"""The models page's own words."""

from __future__ import annotations

from dataclasses import replace

from core.models import MODELS
from core.networks.weights import load_card
from pages.parts.wording import plain
from pages.show_models import comparison


def test_both_models_stand_in_one_table_with_the_scores_of_their_cards() -> None:
    cards = {key: load_card(key) for key in MODELS}
    table = comparison(cards).splitlines()
    titles = [cell.strip() for cell in table[0].strip("|").split("|")][1:]
    assert titles == [plain(spec.title) for spec in MODELS.values()]
    (mcc,) = [line for line in table if "MCC" in line]
    for card in cards.values():
        of_real_ground = [s for s in card.scores if len(s.classes) == 2 and s.on.startswith("glacierhack")]
        assert plain(f"{of_real_ground[0].mcc:.2f}") in mcc


def test_a_model_without_such_a_score_says_so() -> None:
    card = replace(load_card("binary"), scores=())
    assert "not measured" in comparison({"binary": card})
