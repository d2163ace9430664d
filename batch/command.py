"""The command line of the batch: its commands, their arguments, the progress bar and the exit code."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from batch.planning import Plan, date_is_open, plan_tiles
from batch.reporting import report
from batch.running import Crew, run_batch
from batch.verifying import verify_run
from batch.work import Settings
from batch.wrong_use import (
    a_number,
    address,
    copies_for_nobody,
    crews_named_twice,
    folder_named,
    passed,
    site_named,
    thresholds_for_nobody,
)
from core.destination import make_folder
from core.errors import ExportError, FirnlineError
from core.models import MODELS
from core.networks.versions import current_version
from core.runs import LARGEST_PIXEL_M, MIN_AREA_KM2, Options, RadiometryKind, utc_now
from db.history import open_history
from db.orders import require_shareable
from db.rights import require_writable

if TYPE_CHECKING:
    from db.location import Location

EXIT_WRONG_USE = 2
MOST_NAMED = 5  # tiles in one sentence
EPILOG = """\b
Another command, with a --help of its own:
  python -m batch verify RUN.zip   check a run that somebody gave you

\b
Environment:
  FIRNLINE_DATA           data folder, with history and compiled networks
  FIRNLINE_DATABASE_URL   the history's database; without it an SQLite file
                          in the data folder. A --scheduler on another
                          machine needs PostgreSQL.
  FIRNLINE_SCHEDULER      is the app's: the batch goes by --scheduler alone
"""


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
Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", parser=folder_named, help="Folder for the results.")
]
Site = Annotated[
    str | None,
    typer.Option("--site", metavar="NAME", callback=site_named, help="Site that the runs belong to."),
]
Acquired = Annotated[
    datetime | None,
    typer.Option(
        "--date",
        formats=["%Y-%m-%d"],
        callback=passed,
        help="Acquisition date, where names and tags tell none.",
    ),
]
MinArea = Annotated[
    float,
    typer.Option("--min-area-km2", min=0, callback=a_number, help="Smallest patch to keep; 0 keeps all."),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=0,
        max=1,
        callback=a_number,
        help="Glacier probability (binary); default: the card's.",
    ),
]
PixelSize = Annotated[
    float | None,
    typer.Option(
        "--pixel-m",
        min=0.01,
        max=LARGEST_PIXEL_M,
        callback=a_number,
        help="Pixel size of tiles without CRS, metres.",
    ),
]
Units = Annotated[
    RadiometryKind | None, typer.Option("--radiometry", help="Units of the values; default: detected.")
]
NoHistory = Annotated[
    bool,
    typer.Option(
        "--no-history",
        help="Write the files only, leave the history alone. Results that DIR holds whole are skipped all "
        "the same; tiles of the same content are each computed.",
    ),
]
KeepInput = Annotated[bool, typer.Option("--keep-input", help="Keep a copy of the input in the history.")]
Symmetries = Annotated[
    bool,
    typer.Option("--symmetries", help="Look in eight orientations: eight times the work, one error more."),
]
Workers = Annotated[
    int,
    typer.Option(
        "--workers",
        min=1,
        help="Processes on this machine, at least 1; they share its cores, and each may take 3 GB. Left out, "
        "it is 1: this process alone.",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        callback=address,
        help="Dask scheduler whose workers are to map the tiles, as tcp://host:8786.",
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Do again what was done before and replace it. An interrupted batch goes on without it and "
        "starts from the first tile with it.",
    ),
]


@app.command("map", epilog=EPILOG)
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
    workers: Workers = 1,
    scheduler: Scheduler = None,
) -> None:
    """Map every tile found in PATH... and write DIR/<tile>/<model>/ with rasters, areas and the run's record.

    What was done before, with the same content, weights and options, is skipped: run the same command again
    to go on. Exit status: 0 all done, 1 some tiles failed (the others are done), 2 wrong use, 3 the Dask
    cluster went away, 130 interrupted (Ctrl-C or SIGTERM).
    """
    console = Console(stderr=True)
    _refuse(console, *crews_named_twice(workers, scheduler), *thresholds_for_nobody(model.keys, threshold))
    _refuse(console, *copies_for_nobody(keep_input=keep_input, no_history=no_history))
    try:
        settings = Settings(
            out=out.absolute(),
            models=tuple(current_version(key) for key in model.keys),
            options=Options(threshold, min_area_km2, pixel_m, symmetries),
            radiometry=radiometry,
            undated=acquired.date() if acquired else None,
            site=site,
            location=None if no_history else _prepare_history(scheduler),
            keep_input=keep_input,
            overwrite=overwrite,
            started_at=utc_now(),
        )
        plan = plan_tiles(paths)
        make_folder(out, ExportError)
    except FirnlineError as error:
        _refuse(console, f"Cannot start: {error}")
    _look_over(plan, settings.undated, console)
    outcome = run_batch(plan, settings, Crew(workers, scheduler), console)
    report(outcome, console)
    raise typer.Exit(outcome.exit_status)


app.command("verify")(verify_run)


def _refuse(console: Console, *reasons: str) -> None:
    """End before anything is done, where there is a reason."""
    for reason in reasons:
        console.print(reason, markup=False, soft_wrap=True)
    if reasons:
        raise typer.Exit(EXIT_WRONG_USE)


def _prepare_history(scheduler: str | None) -> Location:
    """Where the history is, created or migrated before any worker opens it, and found to take new runs."""
    history = open_history()
    history.close()
    if scheduler:
        require_shareable(history.location, scheduler)
    require_writable(history.location)
    return history.location


def _look_over(plan: Plan, undated: date | None, console: Console) -> None:
    """End where there is nothing to do; say which tiles keep a date that is not the stated one."""
    if not plan.tiles and not plan.failures:
        _refuse(console, "No GeoTIFF was found there. Name .tif files, or folders that hold them.")
    dates = {
        planned.files.name: planned.files.acquired_on
        for planned in plan.tiles
        if planned.files.acquired_on != undated and not date_is_open(planned.files)
    }
    if undated is None or not dates:
        return
    shown = [f"{name} ({day})" for name, day in list(dates.items())[:MOST_NAMED]]
    more = f" and {len(dates) - len(shown)} more" if len(dates) > len(shown) else ""
    console.print(
        f"NOTE --date {undated.isoformat()} was not needed where names or tags tell another date: "
        f"{', '.join(shown)}{more}.",
        markup=False,
        soft_wrap=True,
    )
