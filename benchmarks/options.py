"""The options that benchmarks share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from core.models import MODELS

STRIDE_PX = max(spec.stride_px for spec in MODELS.values())  # strides are powers of two: it serves all models


def odd(runs: int) -> int:
    """A number of runs that has a run in the middle.

    Raises:
        typer.BadParameter: it is even.
    """
    if runs % 2 == 0:
        raise typer.BadParameter(f"{runs} runs have none in the middle. Take {runs + 1}.")
    return runs


def whole_strides(side: int) -> int:
    """A side that every network takes as it is.

    Raises:
        typer.BadParameter: it is no multiple of the largest stride.
    """
    if side % STRIDE_PX:
        raise typer.BadParameter(
            f"{side} px is no multiple of {STRIDE_PX}, which the networks need. "
            f"Take {side + -side % STRIDE_PX}."
        )
    return side


def writable(out: Path | None) -> Path | None:
    """A stated file, tried before anything is measured for it; what it holds stays until then.

    Raises:
        typer.BadParameter: it cannot be written.
    """
    if out is None:
        return None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        new = not out.exists()
        with out.open("a", encoding="utf-8"):
            pass
        if new:
            out.unlink()
    except OSError as error:
        raise typer.BadParameter(
            f"The file {out} cannot be written ({error.strerror}). Name another --out."
        ) from None
    return out


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
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", callback=writable, help="Write the figures as JSON, too."),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the simulated input.")]
Model = Annotated[Literal["binary", "multiclass"] | None, typer.Option("--model", help="One model alone.")]


def times(runs: int) -> str:
    """How often something was measured, for a table."""
    return "once" if runs == 1 else f"median of {runs}"
