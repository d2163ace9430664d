"""Figures of a training: curves and confusion."""

from __future__ import annotations

import pytest

from core.models import MULTICLASS
from core.networks.curves import EpochScores
from core.present.training import confusion_picture, training_curves

ROWS = tuple(
    EpochScores(n, 50 * n, 1e-4, 1 / n, 0.1 * n, 0.1, {"clean_ice": 0.2, "debris": None, "water": 0.0})
    for n in (1, 2, 3)
)


def test_every_mapped_class_has_a_curve_in_its_colour() -> None:
    figure = training_curves(ROWS, MULTICLASS)
    lines = {trace.name: trace for trace in figure.data}
    assert set(lines) == {
        "MCC",
        "IoU, clean ice",
        "IoU, debris-covered ice",
        "IoU, water",
        "Loss",
        "Learning rate",
    }
    assert lines["IoU, water"].line.color == MULTICLASS.classes[3].colour
    assert list(lines["MCC"].y) == pytest.approx([0.1, 0.2, 0.3])


def test_confusion_is_shaded_by_the_share_of_the_true_class() -> None:
    counts = [[8, 2, 0, 0], [1, 9, 0, 0], [0, 5, 5, 0], [0, 0, 0, 0]]
    (heat,) = confusion_picture(counts, MULTICLASS.classes).data
    assert list(heat.z[0]) == pytest.approx([0.8, 0.2, 0, 0])
    assert list(heat.z[3]) == [0, 0, 0, 0]  # a class that does not occur
    assert heat.text[2][1] == "50.0 %"
