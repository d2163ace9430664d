"""The trainer's command line: `python -m trainer --help`."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from core.errors import FirnlineError, TrainingError
from core.models import model_spec
from core.networks.weights import load_model
from trainer.configuration import CONFIGS_DIR, read_configuration
from trainer.datasets import read_labelled_tiles
from trainer.evaluate.command import evaluate
from trainer.fitting import fit as fit_model
from trainer.reporting import score_lines
from trainer.simulate.command import simulate
from trainer.simulate.dated import series
from trainer.simulate.sample import sample

app = typer.Typer(help="Train Firnline's models on your own labelled tiles.", no_args_is_help=True)
app.command()(simulate)
app.command()(sample)
app.command()(series)
app.command()(evaluate)

DataOption = Annotated[
    list[Path], typer.Option("--data", help="Folder of tiles with labels; may be given several times.")
]


@app.command()
def fit(
    model: Annotated[str, typer.Argument(help="binary or multiclass")],
    data: DataOption,
    init: Annotated[
        str | None, typer.Option(help="Start from these weights: a model's key or a .safetensors file.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Configuration; default: the model's own.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for weights, card, curves and checkpoints.")] = Path(
        "fit"
    ),
    threads: Annotated[int, typer.Option(help="Processor threads; 0: all.")] = 0,
) -> None:
    """Train a model; run the same command again to go on after an interruption."""
    torch.set_num_threads(threads or os.cpu_count() or 1)
    spec = model_spec(model)
    configuration = read_configuration(config or CONFIGS_DIR / f"{spec.key}.toml")
    if configuration.model != spec.key:
        raise TrainingError(
            f"The configuration {config} is for '{configuration.model}', the model asked for is "
            f"'{spec.key}'. Choose the configuration of that model."
        )
    start = load_model(init) if init else None
    tiles = [tile for folder in data for tile in read_labelled_tiles(folder, spec)]
    command = shlex.join(["python", "-m", "trainer", *sys.argv[1:]])
    card = fit_model(tiles, configuration, out, init=start, reproduce=command)
    print("\n".join([*score_lines(card.scores), f"Written: {out / spec.key}.safetensors and its card."]))


def main() -> None:
    """Run the command line; expected errors become one sentence and exit code 1."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # devices and tips are not asked for
    try:
        app()
    except FirnlineError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
