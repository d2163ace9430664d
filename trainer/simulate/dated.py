"""The command `python -m trainer series`: one place in several years, dated, with its true areas."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from core.errors import ExportError
from core.measure.areas import Counts, class_areas, pixel_areas_m2
from core.models import MULTICLASS
from trainer.destination import prepare_out
from trainer.simulate.series import simulate_series
from trainer.simulate.writing import write_five_bands, write_labels

if TYPE_CHECKING:
    from core.runs import ClassArea
    from trainer.simulate.scene import SimulatedTile

TRUTH_FILE = "truth.csv"
TRUTH_COLUMNS = ("tile", "acquired_on", "valid_share", "ice_km2", "clean_ice_km2", "debris_km2", "water_km2")

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the tiles; made if missing.")]
Years = Annotated[int, typer.Option("--years", min=1, max=100, help="How many years.")]
PerYear = Annotated[int, typer.Option("--per-year", min=1, max=30, help="Tiles of each year.")]
First = Annotated[int, typer.Option("--first-year", min=1985, max=2100, help="The first year.")]
Loss = Annotated[
    float,
    typer.Option("--loss-per-year", min=0, max=1, help="Share of the first year's ice that goes each year."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the landscape and its weather.")]
Size = Annotated[int, typer.Option("--size", min=32, help="Side of a tile in pixels of 30 m.")]

AnyWeather = Annotated[
    bool,
    typer.Option(
        "--any-weather",
        help="Any summer day, with clouds, snow and no data; else clear days at the end of the melt season.",
    ),
]


def series(  # noqa: PLR0913, PLR0917 - one argument an option of the command line
    out: Out,
    years: Years = 6,
    per_year: PerYear = 2,
    first_year: First = 2015,
    loss_per_year: Loss = 0.03,
    seed: Seed = 24,
    size: Size = 512,
    any_weather: AnyWeather = False,
) -> None:
    """Write a glacier's tiles of several years, to try the Follow page on a known loss.

    `tiles/simulated_<date>.tif`, their labels, and `truth.csv` with the true area of each class, under cloud
    and no data too.
    """
    prepare_out(out)
    tiles = simulate_series(
        seed,
        size,
        years=range(first_year, first_year + years),
        loss_per_year=loss_per_year,
        per_year=per_year,
        any_weather=any_weather,
    )
    rows = [_write(out, tile) for tile in track(tiles, total=years * per_year, description="Simulating")]
    try:
        with (out / TRUTH_FILE).open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, TRUTH_COLUMNS)
            table.writeheader()
            table.writerows(rows)
    except OSError as error:
        raise ExportError(f"{out / TRUTH_FILE} cannot be written ({error.strerror or error}).") from error
    typer.echo(f"Written: {out / 'tiles'} and {out / TRUTH_FILE}.")


def true_areas(tile: SimulatedTile) -> tuple[ClassArea, ...]:
    """The true area of each class of the four-class model, under cloud and no data too."""
    whole = tile.grid.full_window
    return class_areas(Counts.of(tile.truth, MULTICLASS, pixel_areas_m2(tile.grid, whole)), MULTICLASS)


def true_ice_km2(tile: SimulatedTile) -> float:
    """The true area of all ice, under cloud and no data too."""
    ice = {info.key for info in MULTICLASS.classes if info.is_ice}
    return sum(area.area_km2 or 0.0 for area in true_areas(tile) if area.key in ice)


def _write(out: Path, tile: SimulatedTile) -> dict[str, object]:
    """Write one tile and its labels; its line of the table."""
    day = tile.conditions.acquired_on
    name = f"simulated_{day:%Y%m%d}.tif"  # the input check reads the date from it
    for folder in ("tiles", "labels"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    write_five_bands(out / "tiles" / name, tile)
    write_labels(out / "labels" / name, tile)
    km2 = {area.key: area.area_km2 or 0.0 for area in true_areas(tile)}
    return {
        "tile": Path(name).stem,
        "acquired_on": day.isoformat(),
        "valid_share": round(float(tile.valid.mean()), 4),
        "ice_km2": round(true_ice_km2(tile), 4),
    } | {f"{info.key}_km2": round(km2[info.key], 4) for info in MULTICLASS.foreground}
