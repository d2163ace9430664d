"""Losses: what they are without partial labels, and what partial and unknown labels do to them."""

from __future__ import annotations

from math import log

import pytest
import torch
from torch.nn import functional

from trainer.labels import GLACIER, UNKNOWN
from trainer.losses import LOSSES, cross_entropy, dice, focal_tversky, tversky

LOGITS = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(3))
LABELS = torch.randint(0, 4, (2, 6, 6), generator=torch.Generator().manual_seed(4))
every_loss = pytest.mark.parametrize("name", LOSSES)


def test_exact_labels_give_plain_cross_entropy() -> None:
    torch.testing.assert_close(cross_entropy(LOGITS, LABELS), functional.cross_entropy(LOGITS, LABELS))


def test_class_weights_average_as_torch_has_it() -> None:
    weights = [1.0, 2.0, 5.0, 9.0]
    expected = functional.cross_entropy(LOGITS, LABELS, torch.tensor(weights))
    torch.testing.assert_close(cross_entropy(LOGITS, LABELS, weights), expected)


def test_one_logit_gives_binary_cross_entropy() -> None:
    logits, labels = LOGITS[:, :1], LABELS % 2
    expected = functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
    torch.testing.assert_close(cross_entropy(logits, labels), expected)


def test_glacier_of_unknown_kind_counts_the_summed_probability() -> None:
    logits = torch.tensor([0.5, 0.2, 0.2, 0.1]).log().view(1, 4, 1, 1)
    loss = cross_entropy(logits, torch.full((1, 1, 1), GLACIER))
    assert float(loss) == pytest.approx(-log(0.5), abs=1e-6)


def test_glacier_of_unknown_kind_does_not_choose_between_kinds() -> None:
    logits = torch.tensor([0.5, 0.3, 0.1, 0.1]).log().view(1, 4, 1, 1).requires_grad_()
    cross_entropy(logits, torch.full((1, 1, 1), GLACIER)).backward()
    assert logits.grad is not None
    slopes = logits.grad.flatten()
    assert slopes[0] > 0
    torch.testing.assert_close(slopes[1:] / slopes[1:].sum(), torch.tensor([0.6, 0.2, 0.2]))  # as they stand


def test_dice_of_glacier_of_unknown_kind_is_measured_on_the_background_alone() -> None:
    labels = torch.full((1, 2, 2), GLACIER)
    ice = torch.tensor([-20.0, 20.0, 0.0, 0.0]).view(1, 4, 1, 1).expand(1, 4, 2, 2)
    debris = ice[:, [0, 2, 1, 3]]
    torch.testing.assert_close(dice(ice, labels), dice(debris, labels))
    assert dice(ice.flip(1), labels) == dice(ice, labels)  # water is glacier of unknown kind as well
    assert dice(ice[:, [1, 0, 2, 3]], labels) > dice(ice, labels)


@pytest.mark.parametrize("name", ["dice", "tversky", "focal_tversky"])
def test_kinds_are_not_measured_where_the_kind_is_unknown(name: str) -> None:
    labels = torch.tensor([[[0, 1, 1, 2, GLACIER]]])
    sure = 20 * functional.one_hot(torch.tensor([[[0, 1, 1, 2, 1]]]), 4).permute(0, 3, 1, 2).float()
    other = sure[:, [0, 2, 1, 3], :, 4:]
    swapped = torch.cat([sure[..., :4], other], dim=3)
    torch.testing.assert_close(LOSSES[name](swapped, labels), LOSSES[name](sure, labels))


@every_loss
def test_unknown_pixels_never_count(name: str) -> None:
    labels = LABELS.clone()
    labels[:, :3] = UNKNOWN
    changed = LOGITS.clone()
    changed[:, :, :3] = 7 * changed[:, :, :3].flip(1)
    torch.testing.assert_close(LOSSES[name](changed, labels), LOSSES[name](LOGITS, labels))


@every_loss
@pytest.mark.parametrize("outputs", [1, 4])
def test_nothing_known_costs_nothing_and_breaks_nothing(name: str, outputs: int) -> None:
    logits = LOGITS[:, :outputs].clone().requires_grad_()
    loss = LOSSES[name](logits, torch.full_like(LABELS, UNKNOWN))
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0, abs=1e-4)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@every_loss
def test_a_sure_and_right_prediction_costs_next_to_nothing(name: str) -> None:
    logits = 40 * functional.one_hot(LABELS, 4).permute(0, 3, 1, 2).float()
    assert float(LOSSES[name](logits, LABELS)) < 1e-4


def test_tversky_with_even_weights_is_dice() -> None:
    torch.testing.assert_close(tversky(LOGITS, LABELS, false_positive=0.5), dice(LOGITS, LABELS))


def test_tversky_punishes_what_is_missed_more_than_what_is_too_much() -> None:
    labels = torch.tensor([[[1, 1, 0, 0]]])
    missed = torch.tensor([20.0, -20.0, -20.0, -20.0]).view(1, 1, 1, 4)
    too_much = torch.tensor([20.0, 20.0, 20.0, -20.0]).view(1, 1, 1, 4)
    assert tversky(missed, labels) > tversky(too_much, labels)


def test_focal_tversky_is_the_power_of_the_tversky_distance() -> None:
    logits, labels = LOGITS[:, :1], LABELS % 2  # one class: no average between
    distance = tversky(logits, labels)
    torch.testing.assert_close(focal_tversky(logits, labels, gamma=0.5), distance.sqrt())
