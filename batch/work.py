"""The work of the batch: which tiles there are, and what is done with each."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from core.errors import ExportError
from core.export.records import name_site
from core.models import model_spec
from core.pipeline import analyse
from core.tiles.grouping import find_files, group_files
from core.tiles.reading import open_tile
from core.types import part_of
from db.recording import analyse_and_save

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from core.networks.weights import LoadedModel
    from core.runs import Options, RadiometryKind, Run
    from core.tiles.grouping import TileFiles
    from core.tiles.tile import Tile
    from core.types import OnProgress
    from db.history import History


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every tile of a batch. `history` None: files only."""

    out: Path
    models: tuple[LoadedModel, ...]
    options: Options
    site: str | None
    acquired_on: date | None
    radiometry: RadiometryKind | None
    history: History | None
    keep_input: bool
    overwrite: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A tile or a file that gave no result, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Product:
    """One model's result on one tile."""

    tile: str
    run: Run
    folder: Path

    @property
    def row(self) -> tuple[str, str, str, str, str]:
        """Cells for the summary: tile, model, ice area, valid share, folder."""
        ice = {info.index for info in model_spec(self.run.model).classes if info.is_ice}
        areas = [area for area in self.run.areas if area.index in ice]
        known = [area.area_km2 for area in areas if area.area_km2 is not None]
        size = f"{sum(known):.3f} km2" if len(known) == len(areas) else f"{sum(a.pixels for a in areas)} px"
        return self.tile, self.run.model, size, f"{self.run.valid_share:.1%}", str(self.folder)


@dataclass(frozen=True, slots=True)
class PlannedTile:
    """A tile to do, and the name of its folder below the batch's own (unique in the batch)."""

    files: TileFiles
    folder_name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The tiles to do, and the files that belong to none."""

    tiles: tuple[PlannedTile, ...]
    failures: tuple[Failure, ...]


def plan_tiles(paths: Sequence[Path]) -> Plan:
    """Group every raster below the paths into tiles.

    Each folder is grouped on its own, so that equal names in two folders stay two tiles.
    """
    tiles: list[TileFiles] = []
    failures: list[Failure] = []
    folders = [path for path in paths if path.is_dir()]
    loose = [path for path in paths if not path.is_dir()]
    for files in [*(find_files(folder) for folder in folders), loose]:
        grouping = group_files(files)
        tiles += grouping.tiles
        failures += [Failure(left.name, left.reason) for left in grouping.unplaced]
    names = unique_folder_names([tile.name for tile in tiles])
    return Plan(tuple(map(PlannedTile, tiles, names)), tuple(failures))


def make_folder(out: Path) -> None:
    """Make the batch's own folder, before any work is done for it.

    Raises:
        ExportError: it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(
            f"The folder {out} cannot be made ({error.strerror or error}). Name another --out folder."
        ) from error


def unique_folder_names(tile_names: Sequence[str]) -> list[str]:
    """Folder names that every file system takes; a name seen before gets a number."""
    taken: set[str] = set()
    names = []
    for tile_name in tile_names:
        stem = re.sub(r"[^\w.-]+", "_", tile_name).strip("._") or "tile"
        candidates = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
        names.append(next(name for name in candidates if name.casefold() not in taken))
        taken.add(names[-1].casefold())
    return names


def process(planned: PlannedTile, settings: Settings, on_progress: OnProgress) -> list[Product]:
    """Run every model of the batch on one tile and write its results.

    Raises:
        FirnlineError: the tile cannot be read or run, or its results cannot be written.
    """
    place = settings.out / planned.folder_name
    for model in settings.models:
        _refuse_to_replace(place / model.spec.key, settings)
    with open_tile(planned.files, radiometry=settings.radiometry, acquired_on=settings.acquired_on) as tile:
        if settings.history is None:
            return _analyse(tile, settings, place, on_progress)
        return _record(tile, settings, settings.history, place, on_progress)


def _refuse_to_replace(folder: Path, settings: Settings) -> None:
    if folder.exists() and not settings.overwrite:
        raise ExportError(
            f"{folder} already holds a result. Add --overwrite to replace it, or name another --out folder."
        )


def _analyse(tile: Tile, settings: Settings, place: Path, on_progress: OnProgress) -> list[Product]:
    products = []
    for number, model in enumerate(settings.models):
        with _replacing(place / model.spec.key) as aside:
            run = analyse(
                tile,
                model,
                settings.options,
                aside,
                part_of(on_progress, number, len(settings.models)),
            )
            run = name_site(run, aside, settings.site)
        products.append(Product(tile.name, run, place / model.spec.key))
    return products


def _record(
    tile: Tile, settings: Settings, history: History, place: Path, on_progress: OnProgress
) -> list[Product]:
    ids = analyse_and_save(
        history,
        tile,
        settings.models,
        settings.options,
        site=settings.site,
        keep_input=settings.keep_input,
        on_progress=on_progress,
    )
    if not settings.keep_input:
        history.note_input(tile)  # files of a batch stay where they are
    products = []
    for run_id in ids:
        stored = history.get_run(run_id)
        folder = place / stored.run.model
        with _replacing(folder) as aside:
            shutil.copytree(stored.folder, aside)
        products.append(Product(tile.name, stored.run, folder))
    return products


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A path to write to; it takes the folder's place only when all went well."""
    aside = folder.with_name(f"{folder.name}.part")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        if folder.exists():
            shutil.rmtree(folder)
        aside.rename(folder)
    except OSError as error:
        raise ExportError(f"{folder} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(OSError):
            aside.parent.rmdir()  # when no result is in it
