"""The command `python -m trainer reproduce`: from the sources to weights and card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainer.commands import ModelArgument, SeedOption, fit
from trainer.destination import prepare_out, room_in
from trainer.reproduce.materials import make_folders, read_recipes
from trainer.start_weights import read_start
from trainer.wishes import configured

Sources = Annotated[
    Path,
    typer.Option("--sources", metavar="DIR", help="Folder of real tiles and terrain (docs/training.md)."),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the tiles and the training.")]
Init = Annotated[str | None, typer.Option(help="Start from these weights; else from nothing.")]
Threads = Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")]


def reproduce(
    model: ModelArgument,
    sources: Sources,
    out: Out = Path("reproduced"),
    init: Init = None,
    seed: SeedOption = None,
    threads: Threads = 0,
) -> None:
    """Make the tiles that taught a shipped model, and train it by its recipe.

    The same command goes on where it was stopped.
    """
    recipes = read_recipes()
    configuration = configured(model, None)
    read_start(init, configuration)  # before hours of making tiles
    names = configuration.sources
    prepare_out(out)
    with room_in(out):
        made = make_folders(recipes, (*names, *recipes.tests), sources, out / "data")
    data, tests = made[: len(names)], made[len(names) :]
    fit(model, data, test=tests, init=init, seed=seed, out=out / model, threads=threads)
