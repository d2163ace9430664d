"""Curves of a training: one row an epoch, as CSV beside the weights."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from core.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SUFFIX = ".curves.csv"  # <model>.curves.csv beside <model>.safetensors
FIXED = ("epoch", "step", "learning_rate", "loss", "mcc", "mean_iou")
CLASS_PREFIX = "iou_"


@dataclass(frozen=True, slots=True)
class EpochScores:
    """What one epoch came to.

    `epoch` counts from 1, `step` optimiser steps so far. `loss` is the mean over the training patches; `mcc`,
    `mean_iou` and `class_iou` (class key -> IoU) are of the measuring tiles, pooled over valid pixels. None
    where a value does not exist.
    """

    epoch: int
    step: int
    learning_rate: float
    loss: float | None
    mcc: float | None
    mean_iou: float | None
    class_iou: Mapping[str, float | None]


def write_curves(rows: Sequence[EpochScores], path: Path) -> None:
    """Write the rows as CSV; an interrupted write leaves the former file."""
    classes = list(rows[0].class_iou) if rows else []
    partial = path.with_suffix(".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FIXED, *(CLASS_PREFIX + key for key in classes)])
        for row in rows:
            numbers = (row.loss, row.mcc, row.mean_iou, *(row.class_iou[key] for key in classes))
            writer.writerow([row.epoch, row.step, f"{row.learning_rate:.3e}", *map(_text, numbers)])
    partial.replace(path)


def read_curves(path: Path) -> tuple[EpochScores, ...]:
    """The rows of a CSV that `write_curves` wrote; none where there is no such file.

    Raises:
        WeightsError: it is damaged.
    """
    if not path.is_file():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(_row(fields) for fields in csv.DictReader(file, strict=True))
    except (KeyError, ValueError, csv.Error):
        raise WeightsError(
            f"The curves {path} are cut off or were altered. Put back the file that the training wrote, or "
            "delete it: only the picture of the training is lost."
        ) from None


def _row(fields: dict[str, str]) -> EpochScores:
    if None in fields or None in fields.values():
        raise ValueError("a row has more or fewer cells than the header")
    return EpochScores(
        epoch=int(fields["epoch"]),
        step=int(fields["step"]),
        learning_rate=float(fields["learning_rate"]),
        loss=_value(fields["loss"]),
        mcc=_value(fields["mcc"]),
        mean_iou=_value(fields["mean_iou"]),
        class_iou={
            name.removeprefix(CLASS_PREFIX): _value(text)
            for name, text in fields.items()
            if name.startswith(CLASS_PREFIX)
        },
    )


def _text(value: float | None) -> str:
    return "" if value is None or not isfinite(value) else f"{value:.4f}"


def _value(text: str) -> float | None:
    return float(text) if text else None
