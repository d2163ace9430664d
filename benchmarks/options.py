"""The options that benchmarks share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def odd(runs: int) -> int:
    """A number of runs that has a run in the middle.

    Raises:
        typer.BadParameter: it is even.
    """
    if runs % 2 == 0:
        raise typer.BadParameter(f"{runs} runs have none in the middle. Take {runs + 1}.")
    return runs


Repeats = Annotated[int, typer.Option("--repeats", min=1, help="Runs of which the median counts.")]
Runs = Annotated[
    int,
    typer.Option(
        "--runs",
        min=1,
        callback=odd,
        help="Whole runs, an odd number of processes; the median time and the highest peak count.",
    ),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the figures as JSON, too.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the simulated input.")]
Model = Annotated[Literal["binary", "multiclass"] | None, typer.Option("--model", help="One model alone.")]


def times(runs: int) -> str:
    """How often something was measured, for a table."""
    return "once" if runs == 1 else f"median of {runs}"
