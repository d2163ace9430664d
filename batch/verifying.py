"""The command that verifies a run: its arguments, its sentences and its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from batch.verification import verify
from core.errors import FirnlineError
from core.export.rasters import PROBABILITY_SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch.recomputing import Recomputed
    from batch.verification import Verification

EXIT_DIFFERS = 1
EXIT_CANNOT_TELL = 2

Place = Annotated[Path, typer.Argument(metavar="RUN.zip", help="A run's ZIP, or its folder.", exists=True)]
Inputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--input", metavar="PATH", help="File or folder of the run's input; repeat it.", exists=True
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="The run's weights (.safetensors).", exists=True),
]


def verify_run(place: Place, inputs: Inputs = None, weights: Weights = None) -> None:
    """Check the files, tables and numbers of a run against each other, and compute its result anew.

    Every file must have the hash in the record, the tables must say what the record says, and areas, errors,
    cut and agreement with simple rules must be those of the rasters. The result is computed anew where the
    ZIP holds the input, or --input names it, with the engine that the record names where this machine has
    it. On the machine that made the run it is the same, bit for bit; on another at most 0.1 % of the pixels
    may differ, and no class's area by more than 0.1 % of the valid ground. Where only another precision is
    at hand (bfloat16, float32), 0.5 % of both may. What nothing at hand can tell is listed as not checked.

    Exit status: 0 it holds, 1 something differs, 2 it cannot be told.
    """
    console = Console(stderr=True)
    try:
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task("Computing anew", total=1.0)
            found = verify(
                place, inputs or (), weights, lambda fraction: progress.update(bar, completed=fraction)
            )
    except FirnlineError as error:
        console.print(f"Cannot verify: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(EXIT_CANNOT_TELL) from None
    for sentence in sentences(found):
        typer.echo(sentence)
    raise typer.Exit(0 if found.holds else EXIT_DIFFERS)


def sentences(found: Verification) -> Iterator[str]:
    """What was found, one sentence a line."""
    run, differences = found.run, found.differences
    yield f"Run {run.id}: {run.tile.name}, model {run.model}, weights {run.weights_sha256[:12]}…"
    yield from (f"ALTERED: {difference.name} {difference.what}." for difference in differences)
    if not differences:
        yield (
            f"Files: all {len(run.artifacts)} are as the record has them, and tables and rasters say what it "
            "says."
        )
    if found.recomputed is not None:
        yield from _compared(found.recomputed)
    elif differences:
        yield "Not computed anew, because files and record do not agree."
    else:
        yield "Not computed anew: the input is not in the ZIP. Name its files with --input to do so."
    if found.unchecked:
        yield f"Not checked: {'; '.join(found.unchecked)}."
    yield "The run holds." if found.holds else "The run does NOT hold."


def _compared(again: Recomputed) -> Iterator[str]:
    pixels, apart = again.classes.pixels, again.classes.differing_px
    if again.identical:
        yield f"Computed anew: classes, probabilities and areas are the same, bit for bit ({pixels:,} px)."
    else:
        verdict = "within" if again.within_tolerance else "OUTSIDE"
        yield (
            f"Computed anew: {apart:,} of {pixels:,} px have another class "
            f"({100 * again.classes.share:.4f} %, tolerance {100 * again.tolerance.pixels:.1f} %)."
        )
        limit = again.tolerance
        unlike, most = again.probabilities.differing_px, again.probabilities.largest / PROBABILITY_SCALE
        far = 100 * again.probabilities.beyond_share
        yield (
            f"{unlike:,} px have another probability, by {100 * most:.1f} % at most; {far:.4f} % of all by "
            f"more than {100 * limit.probability:.0f} % (tolerance {100 * limit.pixels:.1f} %)."
        )
        yield (
            f"Areas differ by up to {100 * again.area_share:.4f} % of the valid ground "
            f"(tolerance {100 * again.tolerance.ground:.1f} %): {verdict} the tolerance."
        )
    yield from (f"DIFFERS: {difference.name} {difference.what}." for difference in again.differences)
    if again.unlike:
        names = ", ".join(again.unlike)
        yield f"Not the same bytes, as other software or another machine may draw them: {names}."
    if again.changed:
        told = ", ".join(f"{name} {then} then, {now} now" for name, (then, now) in again.changed.items())
        yield f"The software is not the same: {told}."
