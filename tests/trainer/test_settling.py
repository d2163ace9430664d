"""What trained weights go through before they are scored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from core.models import MULTICLASS
from tests.trainer.scenes import tiny_network
from tests.trainer.small_trainings import QUICK, TILES, fit
from trainer.settling import shift_logits

if TYPE_CHECKING:
    from pathlib import Path


def test_a_shift_is_added_to_what_the_network_says_of_each_class() -> None:
    torch.manual_seed(2)
    network, x = tiny_network(4).eval(), torch.randn(1, 5, 64, 64)
    with torch.inference_mode():
        before = network(x)
        shift_logits(network, (0.0, 0.0, 0.5, -0.7))
        after = network(x)
    expected = torch.tensor([0.0, 0.0, 0.5, -0.7]).view(1, 4, 1, 1).expand_as(before)
    torch.testing.assert_close(after - before, expected)


@pytest.mark.usefixtures("small_network", "one_thread")
def test_a_finished_training_is_settled_anew_with_another_shift(tmp_path: Path) -> None:
    wished = replace(QUICK, model=MULTICLASS.key, epochs=1)
    rare = fit(TILES, wished, tmp_path)
    never = fit(TILES, replace(wished, logit_shift=(0.0, -10.0, 0.0, 0.0)), tmp_path)
    found = [card.scores[0].classes[1].found_px for card in (rare, never)]
    assert found[0] > 0
    assert found[1] == 0
