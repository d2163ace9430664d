"""The options that benchmarks share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Repeats = Annotated[int, typer.Option("--repeats", min=1, help="Runs of which the median counts.")]
Runs = Annotated[
    int, typer.Option("--runs", min=1, help="Whole runs, each in a process of its own; the median counts.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the figures as JSON, too.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the simulated input.")]
Model = Annotated[str | None, typer.Option("--model", help="One model alone.")]


def times(runs: int) -> str:
    """How often something was measured, for a table."""
    return "once" if runs == 1 else f"median of {runs}"
