"""Scores as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.networks.weights import ScoreSet


def score_lines(sets: Sequence[ScoreSet]) -> list[str]:
    """A table a set of scores: one line for all classes together, then one a class."""
    lines = []
    for one in sets:
        error = "" if one.calibration_error is None else f"  calibration error {one.calibration_error:.3f}"
        lines.append(
            f"{one.on} ({one.pixels} pixels): MCC {one.mcc:.3f}  accuracy {one.accuracy:.3f}  "
            f"mean IoU {one.mean_iou:.3f}{error}"
        )
        for each in one.classes:
            numbers = "  ".join(
                f"{name} {'  -  ' if value is None else format(value, '.3f')}"
                for name, value in (
                    ("IoU", each.iou),
                    ("precision", each.precision),
                    ("recall", each.recall),
                    ("F1", each.f1),
                )
            )
            lines.append(f"    {each.key:<14}{each.label_px:>10} px  {numbers}")
    return lines
