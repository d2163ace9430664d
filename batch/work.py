"""The work of the batch on one tile, in whichever process it is done."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from batch.leftovers import catch_up, differences
from batch.planning import PlannedTile, date_is_open
from core.errors import ExportError, HistoryError
from core.export.records import RUN_FILE, name_site, run_from_json
from core.inference.engines import default_engine, spare_networks
from core.models import model_spec
from core.networks.versions import ModelVersion, load_version
from core.pipeline import analyse
from core.runs import Options, RadiometryKind, Run
from core.tiles.files import Stated
from core.tiles.reading import open_tile
from core.types import OnProgress, part_of
from db.claims import claimed
from db.location import Location, engine_cache
from db.orders import Order, close_histories, history_at, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.runs import RunKey
    from core.tiles.tile import Tile
    from db.history import History
    from db.records import StoredRun

CLAIMS = ".claims"  # folder beside the results; gone when the batch is done


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every tile of a batch. `location` None: files only, no history.

    `undated`: acquisition date of the tiles whose names and tags tell none. `started_at` tells results of
    this batch from older ones, which `overwrite` replaces.
    """

    out: Path
    models: tuple[ModelVersion, ...]
    options: Options
    radiometry: RadiometryKind | None
    undated: date | None
    site: str | None
    location: Location | None
    keep_input: bool
    overwrite: bool
    started_at: datetime

    @property
    def since(self) -> datetime | None:
        """Results from then on count as done; None: any."""
        return self.started_at if self.overwrite else None

    @property
    def claims(self) -> Path:
        """Where a worker says which tile it has."""
        return self.out / CLAIMS


@dataclass(frozen=True, slots=True)
class TileOrder:
    """One tile of a batch and what is to be done with it; travels to other processes."""

    planned: PlannedTile
    settings: Settings

    @property
    def stated(self) -> Stated:
        """What the command line states of this tile; names and tags win over its date."""
        undated = date_is_open(self.planned.files)
        return Stated(
            radiometry=self.settings.radiometry, acquired_on=self.settings.undated if undated else None
        )

    @property
    def place(self) -> Path:
        """The folder of the tile's results, one below it for each model."""
        return self.settings.out / self.planned.folder_name


@dataclass(frozen=True, slots=True)
class Product:
    """One model's result on one tile.

    `done_before`: nothing had to be computed. `shared`: another tile of the same content in this batch had it
    computed. `notes`: where that result has not what is stated now, and what else is to be said of it.
    """

    tile: str
    run: Run
    folder: Path
    done_before: bool = False
    shared: bool = False
    notes: tuple[str, ...] = ()

    @property
    def row(self) -> tuple[str, str, str, str, str, str]:
        """Cells for the summary: tile, model, ice area, valid share, folder, what was done."""
        ice = {info.index for info in model_spec(self.run.model).classes if info.is_ice}
        areas = [area for area in self.run.areas if area.index in ice]
        known = [area.area_km2 for area in areas if area.area_km2 is not None]
        size = f"{sum(known):.3f} km2" if len(known) == len(areas) else f"{sum(a.pixels for a in areas)} px"
        valid = f"{100 * self.run.valid_share:.1f} %"
        return self.tile, self.run.model, size, valid, str(self.folder), self.state

    @property
    def state(self) -> str:
        """What was done for it, in words."""
        if self.shared:
            return "was there already"
        return "done before" if self.done_before else "mapped"


def finish(settings: Settings) -> None:
    """Clear away what killed workers left behind, as far as nobody uses it any more."""
    with suppress(OSError):
        settings.claims.rmdir()
    if settings.location is not None:
        with suppress(HistoryError):  # then the next one who opens the history does it
            history_at(settings.location).sweep()
    close_histories()


def map_tile(order: TileOrder, on_progress: OnProgress) -> tuple[Product, ...]:
    """Run every model of the batch on one tile and write its results; what is done already is left alone.

    Raises:
        FirnlineError: the tile cannot be read or run, or its results cannot be written.
    """
    settings, stated = order.settings, order.stated
    tile = open_tile(order.planned.files, radiometry=stated.radiometry, acquired_on=stated.acquired_on)
    with tile, claimed(settings.claims, order.planned.folder_name, on_progress, setting="--out"):
        for key in _keys(tile, settings):
            _refuse_to_replace(order.place / key.model, key, settings)
        if settings.location is None:
            return tuple(_write(tile, order, on_progress))
        return tuple(_record(tile, order, history_at(settings.location), on_progress))


def _keys(tile: Tile, settings: Settings) -> list[RunKey]:
    return [version.question(tile, settings.options) for version in settings.models]


def _refuse_to_replace(folder: Path, key: RunKey, settings: Settings) -> None:
    """Leave other results and the user's own files alone; what is left of the same result may be replaced."""
    if settings.overwrite or not folder.exists():
        return
    held = "another result"
    try:
        if run_from_json((folder / RUN_FILE).read_bytes()).key.answers(key):
            return
    except HistoryError:
        return  # a damaged record
    except OSError:
        if _is_empty(folder):
            return
        held = f"something without a {RUN_FILE} that can be read, which may be no result"
    raise ExportError(
        f"{folder} already holds {held}. Add --overwrite to replace it, or name another --out folder."
    )


def _is_empty(folder: Path) -> bool:
    try:
        return not any(folder.iterdir())
    except OSError:  # a file, or a folder that may not be looked into
        return False


def _complete_run(folder: Path) -> Run | None:
    """The run that a folder holds with all its files; None for anything else."""
    try:
        run = run_from_json((folder / RUN_FILE).read_bytes())
        sizes = [(folder / artifact.name).stat().st_size for artifact in run.artifacts]
    except (OSError, HistoryError):
        return None
    return run if sizes == [artifact.size_bytes for artifact in run.artifacts] else None


def _write(tile: Tile, order: TileOrder, on_progress: OnProgress) -> Iterator[Product]:
    """Results that no history keeps; a model at a time."""
    settings = order.settings
    for number, (version, key) in enumerate(zip(settings.models, _keys(tile, settings), strict=True)):
        folder = order.place / version.key
        run = _complete_run(folder)
        started_at = settings.since
        if run is not None and run.key.answers(key) and (started_at is None or run.started_at >= started_at):
            notes = tuple(differences(run, folder, tile.acquired_on, settings.site))
            yield Product(tile.name, run, folder, done_before=True, notes=notes)
            continue
        part = part_of(on_progress, number, len(settings.models))
        with _replacing(folder) as aside:
            model = load_version(version)
            run = analyse(tile, model, settings.options, aside, part, default_engine(model, engine_cache()))
            spare_networks(tile.grid)
            run = name_site(run, aside, settings.site)
        yield Product(tile.name, run, folder)


def _record(tile: Tile, order: TileOrder, history: History, on_progress: OnProgress) -> Iterator[Product]:
    """Results that the history keeps, and a copy of each in the batch's folder.

    Raises:
        HistoryError: the history has lost files of a run that was done before; after all others are written.
    """
    settings = order.settings
    lost: list[StoredRun] = []
    recorded = record(
        tile,
        Order(
            files=order.planned.files,
            models=settings.models,
            options=settings.options,
            stated=order.stated,
            site=settings.site,
            keep_input=settings.keep_input,
            since=settings.since,
        ),
        history,
        on_progress,
    )
    if not settings.keep_input:
        history.note_input(tile)  # files of a batch stay where they are
    for run_id, done_before in recorded:
        stored = history.get_run(run_id)
        stated = order.stated.acquired_on is not None
        notes = catch_up(history, stored, tile.acquired_on, settings.site, stated=stated)
        folder = order.place / stored.run.model
        present = _complete_run(folder)
        if present is None or present.id != run_id:
            if _complete_run(stored.folder) is None:
                lost.append(stored)
                continue
            with _replacing(folder) as aside:
                shutil.copytree(stored.folder, aside)
        yield Product(tile.name, stored.run, folder, done_before, notes=tuple(notes) if done_before else ())
    for stored in lost:
        raise HistoryError(
            f"The history has the run of {stored.run.model} (id {stored.run.id[:8]}), but its folder "
            f"{stored.folder} is gone or lacks files. Put it back, or name this tile alone with --overwrite "
            "to map it again."
        )


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A path to write to; it takes the folder's place only when all went well."""
    aside = folder.with_name(f"{folder.name}.part")
    ours = False
    try:
        ours = not aside.parent.exists()
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
        if ours:
            with suppress(OSError):
                aside.parent.rmdir()  # when no result is in it
