"""The command line of the batch: its commands, their arguments, the progress bar and the exit code."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text
from typer.core import TyperGroup

from batch.verifying import verify_run
from batch.work import Failure, Plan, Product, Settings, make_folder, plan_tiles, process
from core.errors import FirnlineError
from core.models import MODELS
from core.networks.weights import load_model
from core.runs import MIN_AREA_KM2, Options, RadiometryKind
from core.types import part_of
from db.history import open_history

EXIT_SOME_FAILED = 1
EXIT_WRONG_USE = 2


class MapUnlessNamed(TyperGroup):
    """The commands of the batch; `map` is meant where the first word names none of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own context
        """The arguments with the command that they are for in front."""
        named = bool(args) and args[0] in self.commands
        return super().parse_args(ctx, args if named else ["map", *args])


app = typer.Typer(add_completion=False, rich_markup_mode=None, cls=MapUnlessNamed)


@app.callback()
def commands() -> None:
    """Firnline without a browser. `python -m batch PATH... --out DIR` is short for `python -m batch map`."""


class ModelChoice(StrEnum):
    """Which models to run on every tile."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    BOTH = "both"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the chosen models."""
        return tuple(MODELS) if self is ModelChoice.BOTH else (self.value,)


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="GeoTIFF files, or folders of them.", exists=True)
]
Model = Annotated[ModelChoice, typer.Option("--model", help="Model to run on every tile.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.", file_okay=False)]
Site = Annotated[str | None, typer.Option("--site", metavar="NAME", help="Site that the runs belong to.")]
Acquired = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Acquisition date, where names and tags tell none."),
]
MinArea = Annotated[float, typer.Option("--min-area-km2", min=0, help="Smallest patch to keep; 0 keeps all.")]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", min=0, max=1, help="Glacier probability (binary); default: the card's."),
]
PixelSize = Annotated[
    float | None, typer.Option("--pixel-m", min=0.01, help="Pixel size of tiles without CRS, metres.")
]
Units = Annotated[
    RadiometryKind | None, typer.Option("--radiometry", help="Units of the values; default: detected.")
]
NoHistory = Annotated[
    bool, typer.Option("--no-history", help="Write the files only, leave the history alone.")
]
KeepInput = Annotated[bool, typer.Option("--keep-input", help="Keep a copy of the input in the history.")]
Symmetries = Annotated[
    bool,
    typer.Option("--symmetries", help="Look in eight orientations: eight times the work, one error more."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that DIR already holds.")]


@app.command("map")
def map_tiles(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    paths: Paths,
    out: Out,
    model: Model = ModelChoice.BOTH,
    site: Site = None,
    acquired: Acquired = None,
    min_area_km2: MinArea = MIN_AREA_KM2,
    threshold: Threshold = None,
    pixel_m: PixelSize = None,
    radiometry: Units = None,
    no_history: NoHistory = False,
    keep_input: KeepInput = False,
    overwrite: Overwrite = False,
    symmetries: Symmetries = False,
) -> None:
    """Map every tile found in PATH... and write DIR/<tile>/<model>/ with rasters, areas and the run's record.

    Exit status: 0 all done, 1 some tiles failed (the others are done), 2 wrong use.
    """
    console = Console(stderr=True)
    day: date | None = acquired.date() if acquired else None
    try:
        settings = Settings(
            out=out,
            models=tuple(load_model(key) for key in model.keys),
            options=Options(threshold, min_area_km2, pixel_m, symmetries),
            site=site,
            acquired_on=day,
            radiometry=radiometry,
            history=None if no_history else open_history(),
            keep_input=keep_input,
            overwrite=overwrite,
        )
        plan = plan_tiles(paths)
        make_folder(out)
    except FirnlineError as error:
        console.print(f"Cannot start: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(EXIT_WRONG_USE) from None
    if not plan.tiles and not plan.failures:
        console.print("No GeoTIFF was found there. Name .tif files, or folders that hold them.")
        raise typer.Exit(EXIT_WRONG_USE)
    products, failures = _run(plan, settings, console)
    _report(products, failures, console)
    raise typer.Exit(EXIT_SOME_FAILED if failures else 0)


app.command("verify")(verify_run)


def _run(plan: Plan, settings: Settings, console: Console) -> tuple[list[Product], list[Failure]]:
    products: list[Product] = []
    failures = list(plan.failures)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Tiles", total=1.0)

        def show(fraction: float) -> None:
            progress.update(bar, completed=fraction)

        for number, planned in enumerate(plan.tiles):
            progress.update(bar, description=f"{number + 1}/{len(plan.tiles)} {planned.files.name}")
            try:
                products += process(planned, settings, part_of(show, number, len(plan.tiles)))
            except FirnlineError as error:
                failures.append(Failure(planned.files.name, str(error)))
            show((number + 1) / len(plan.tiles))
    return products, failures


def _report(products: list[Product], failures: list[Failure], console: Console) -> None:
    if products and not Console().is_terminal:
        for product in products:
            typer.echo("\t".join(product.row))
    elif products:
        table = Table("tile", "model", Column("ice area", justify="right"), "valid", "written to", box=SIMPLE)
        for product in products:
            table.add_row(*(Text(cell, overflow="fold") for cell in product.row))
        Console().print(table)
    for failure in failures:
        console.print(f"FAILED {failure.name}: {failure.reason}", markup=False, soft_wrap=True)
    done = len({product.folder.parent for product in products})
    console.print(f"Tiles done: {done}. Failed: {len(failures)}.")
