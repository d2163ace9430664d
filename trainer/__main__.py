"""The trainer's command line: `python -m trainer --help`."""

from __future__ import annotations

import logging
import sys

import typer

from core.errors import FirnlineError
from trainer.commands import ablate, crossvalidate, finish, fit
from trainer.evaluate.command import evaluate
from trainer.evaluate.failing import failures
from trainer.reproduce.command import reproduce
from trainer.simulate.command import simulate
from trainer.simulate.dated import series
from trainer.simulate.sample import sample

app = typer.Typer(help="Train Firnline's models on your own labelled tiles.", no_args_is_help=True)
for command in (fit, finish, crossvalidate, ablate, evaluate, failures, reproduce, simulate, series, sample):
    app.command()(command)


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
