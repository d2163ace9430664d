"""The command `python -m trainer evaluate`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer
from rich.console import Console
from rich.progress import track

from core.errors import TrainingError
from core.networks.weights import load_model
from trainer.datasets import read_labelled_tiles, require_distinct
from trainer.destination import prepare_out, room_in
from trainer.evaluate.evaluation import evaluate_tiles, write_evaluation
from trainer.evaluate.panels import Panel, draw_panel
from trainer.evaluate.report import write_report
from trainer.reporting import score_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ModelSpec
    from trainer.datasets import LabelledTile

ModelOption = Annotated[
    str, typer.Argument(help="A model's key, or a .safetensors file with its card beside it.")
]
DataOption = Annotated[
    list[Path], typer.Option("--data", help="Folder of tiles with labels; may be given several times.")
]
OnlyOption = Annotated[
    str, typer.Option(help="Names of the tiles to score, separated by commas; default: all.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Write evaluation.json and evaluation.html there.")
]
ThreadsOption = Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")]
MinAreaOption = Annotated[
    float, typer.Option(min=0, help="Remove smaller components first, km2; 0: score what the network says.")
]
PanelsOption = Annotated[int, typer.Option(min=0, help="Sample tiles a folder in the HTML, worst first.")]


def evaluate(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    model: ModelOption,
    data: DataOption,
    only: OnlyOption = "",
    out: OutOption = None,
    threads: ThreadsOption = 0,
    min_area_km2: MinAreaOption = 0.0,
    panels: PanelsOption = 6,
) -> None:
    """Score a model on labelled tiles beside simple thresholds, on valid and on all pixels."""
    torch.set_num_threads(threads or os.cpu_count() or 1)
    if out:
        prepare_out(out)
    loaded = load_model(model)
    tiles = chosen_tiles(data, loaded.spec, only)
    command = shlex.join(["python", "-m", "trainer", *sys.argv[1:]])
    shown = track(tiles, description="Predicting", console=Console(stderr=True), transient=True)
    drawn: list[Panel] = []
    evaluation = evaluate_tiles(
        shown,
        loaded,
        command=command,
        min_area_km2=min_area_km2,
        watch=lambda one: drawn.append(draw_panel(one, loaded.spec)) if out and panels else None,
    )
    if evaluation.flattery:
        typer.echo(f"Warning: {evaluation.flattery}", err=True)
    typer.echo("\n".join(score_lines(evaluation.sets)))
    if out:
        with room_in(out):
            write_evaluation(evaluation, out / "evaluation.json")
            write_report(evaluation, drawn, out / "evaluation.html", panels)
        typer.echo(f"Written: {out / 'evaluation.json'} and evaluation.html")


def chosen_tiles(folders: Sequence[Path], spec: ModelSpec, only: str) -> list[LabelledTile]:
    """The labelled tiles of several folders; `only` names some of them, separated by commas.

    Raises:
        TrainingError: a folder has no labelled tiles or another's name, or no tile has such a name.
        TileError: a file cannot be read.
    """
    require_distinct(folders)
    wanted = {name.strip() for name in only.split(",") if name.strip()}
    tiles = [tile for folder in folders for tile in read_labelled_tiles(folder, spec, wanted)]
    unknown = wanted - {tile.name for tile in tiles}
    if unknown:
        raise TrainingError(
            f"No tile is named {', '.join(sorted(unknown))} in "
            f"{', '.join(folder.name for folder in folders)}. Give the names that the files have."
        )
    return tiles
