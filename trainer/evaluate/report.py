"""The report: an evaluation as one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from core.models import BINARY, model_spec
from core.present.mistakes import mistake_rows
from trainer.evaluate.scores import first_of_tiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from core.networks.cards import ClassScore, ScoreSet
    from trainer.evaluate.evaluation import Evaluation
    from trainer.evaluate.panels import Panel

PLOT_PX = 150  # side of a reliability diagram


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a confusion matrix: pixels, and their share of the row, 0..1."""

    pixels: int
    share: float

    @property
    def light(self) -> bool:
        """Whether dark text can be read on the cell's shade."""
        return self.share < 0.55


def write_report(evaluation: Evaluation, panels: Sequence[Panel], path: Path, panels_shown: int) -> None:
    """Write the report; `panels_shown` tiles of each folder have pictures, the worst first."""
    spec = model_spec(evaluation.model)
    labels = {info.key: info.label for info in (*BINARY.classes, *spec.classes)}
    environment = Environment(
        loader=PackageLoader("trainer.evaluate", "."),
        autoescape=True,  # names of files and folders are the user's
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["drawn"] = lambda one: "*" if one.drawn_px else ""
    environment.filters["between"] = lambda pair: "" if pair is None else f"{pair[0]:.2f} to {pair[1]:.2f}"
    page = environment.get_template("report.html.jinja").render(
        spec=spec,
        evaluation=evaluation,
        labels=labels,
        sets=[one for one in evaluation.sets if not one.method],
        rules=_rules(evaluation.sets),
        water=_water(evaluation.sets),
        matrix=_matrix,
        tiles=[one for one in evaluation.tiles if not one.method],
        curve=_curve,
        plot_px=PLOT_PX,
        panels=_worst_first(evaluation.tiles, panels, panels_shown),
        kinds=[(row.colour, row.label) for row in mistake_rows(spec)],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, "utf-8")


def _rules(sets: Iterable[ScoreSet]) -> dict[str, list[ScoreSet]]:
    """The rules that were measured on each set of pixels."""
    found: dict[str, list[ScoreSet]] = {}
    for one in sets:
        if one.method:
            found.setdefault(one.on, []).append(one)
    return found


def _water(sets: Iterable[ScoreSet]) -> list[tuple[ScoreSet, ClassScore]]:
    """Water's scores wherever the model tells it."""
    return [(one, each) for one in sets if not one.method for each in one.classes if each.key == "water"]


def _matrix(one: ScoreSet) -> list[tuple[str, list[Cell]]]:
    """Rows of the confusion matrix: the true class's key and its cells."""
    rows = []
    for each, counts in zip(one.classes, one.confusion, strict=True):
        total = sum(counts)
        rows.append((each.key, [Cell(pixels, pixels / total if total else 0.0) for pixels in counts]))
    return rows


def _curve(confidence: Sequence[float], hits: Sequence[float]) -> str:
    """Points of a line in a square of `PLOT_PX`: confidence to the right, hits upwards."""
    return " ".join(
        f"{PLOT_PX * x:.1f},{PLOT_PX * (1 - y):.1f}" for x, y in zip(confidence, hits, strict=True)
    )


def _worst_first(
    tiles: Sequence[ScoreSet], panels: Sequence[Panel], shown: int
) -> list[tuple[Panel, ScoreSet | None]]:
    """The panels of each folder with the lowest accuracy on valid pixels, and that score."""
    scores = first_of_tiles(tiles)
    paired = [(panel, scores.get(f"{panel.source}/{panel.tile}")) for panel in panels]
    paired.sort(key=lambda pair: pair[1].accuracy if pair[1] else 1.0)
    chosen = []
    for source in sorted({panel.source for panel in panels}):
        chosen += [pair for pair in paired if pair[0].source == source][:shown]
    return chosen


def _number(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}"
