"""Scores as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.networks.stored import LEAST_ALIKE, stored_in_half

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.networks.cards import Card, Interval, ScoreSet


def score_lines(sets: Sequence[ScoreSet]) -> list[str]:
    """A table a set of scores: one line for all classes together, then one a class.

    Rules that were measured beside the model have the first line alone, with the IoU of what they map.
    """
    lines = []
    width = max((len(one.method) for one in sets if one.method), default=0)
    for one in sets:
        if one.method:
            lines.append(
                f"    rule: {one.method:<{width}}  MCC {_number(one.mcc)}{_between(one.mcc_interval)}  "
                f"IoU {_number(one.classes[-1].iou)}{_between(one.classes[-1].iou_interval)}"
            )
            continue
        tiles = f"{one.tiles} {'tile' if one.tiles == 1 else 'tiles'}, " if one.tiles else ""
        error = (
            "" if one.calibration_error is None else f"  calibration error {_number(one.calibration_error)}"
        )
        lines.append(
            f"{one.on} ({tiles}{one.pixels} pixels): MCC {_number(one.mcc)}{_between(one.mcc_interval)}  "
            f"accuracy {_number(one.accuracy)}  "
            f"mean IoU {_number(one.mean_iou)}{_between(one.mean_iou_interval)}{error}"
        )
        lines += _class_lines(one)
    return lines


def precision_lines(card: Card) -> list[str]:
    """That weights are stored in single precision, where they are."""
    if stored_in_half(card) or card.half_precision_alike is None:
        return []
    return [
        f"In half precision {100 * card.half_precision_alike:.3f} % of the measuring pixels would keep their "
        f"class; {100 * LEAST_ALIKE:.2f} % are needed. So the weights are stored in single precision, which "
        "doubles the file."
    ]


def stage_lines(card: Card) -> list[str]:
    """Where in their training the weights are from."""
    if card.stage is None:
        return []
    epoch = f"epoch {card.stage.epoch} of {card.stage.epochs}, step {card.stage.step}"
    ended = "finished" if card.stage.finished else "not finished"
    return [f"Weights of {epoch}; the training is {ended}."]


def _class_lines(one: ScoreSet) -> list[str]:
    lines = []
    for each in one.classes:
        numbers = "  ".join(
            f"{name} {_number(value)}"
            for name, value in (("precision", each.precision), ("recall", each.recall), ("F1", each.f1))
        )
        found = "" if each.found_px is None else f", {each.found_px} found"
        overlap = f"IoU {_number(each.iou)}{_between(each.iou_interval)}"
        lines.append(f"    {each.key:<14}{each.label_px:>10} px{found:<18}  {overlap}  {numbers}")
    return lines


def _number(value: float | None) -> str:
    return "  -  " if value is None else f"{value:.3f}"


def _between(interval: Interval | None) -> str:
    return "" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]"
