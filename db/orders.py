"""Orders: all that a worker needs to know to map a tile and record its runs, wherever the worker is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from core.errors import HistoryError
from core.networks.versions import ModelVersion, load_version
from core.runs import Options
from core.tiles.files import NOTHING_STATED, Stated, TileFiles
from core.tiles.reading import open_tile
from core.types import OnProgress, part_of
from db.claims import claimed
from db.history import History, open_history
from db.location import Location
from db.recording import analyse_and_save

if TYPE_CHECKING:
    from core.tiles.tile import Tile

_OPENED: dict[Location, History] = {}
_OPENING = Lock()


@dataclass(frozen=True, slots=True)
class Order:
    """A tile to map with each model, and what is recorded with its runs.

    `since`: only runs saved from then on count as done already; None: any.
    """

    files: TileFiles
    models: tuple[ModelVersion, ...]
    options: Options
    stated: Stated = NOTHING_STATED
    site: str | None = None
    note: str = ""
    keep_input: bool = True
    since: datetime | None = None


class Recorded(NamedTuple):
    """A run that the history has; `done_before`: it was there already."""

    run_id: str
    done_before: bool


def fulfil(order: Order, history: History, on_progress: OnProgress) -> tuple[Recorded, ...]:
    """Open the tile of an order and `record` it.

    Raises:
        FirnlineError: the tile cannot be read or analysed, or the history cannot take a run.
    """
    stated = order.stated
    tile = open_tile(
        order.files, radiometry=stated.radiometry, sensor=stated.sensor, acquired_on=stated.acquired_on
    )
    with tile:
        return record(tile, order, history, on_progress)


def record(tile: Tile, order: Order, history: History, on_progress: OnProgress) -> tuple[Recorded, ...]:
    """Map a tile with each model unless the history has that run; the runs in the order of the models.

    An order that is given to two workers, or again after its worker was killed, is recorded once.

    Raises:
        FirnlineError: the tile cannot be analysed, or the history cannot take a run.
    """
    recorded = []
    with claimed(history.location.claims, tile.sha256, on_progress):
        for number, version in enumerate(order.models):
            found = history.find_run(version.question(tile, order.options), since=order.since)
            run_id = (
                found
                or analyse_and_save(
                    history,
                    tile,
                    [load_version(version)],
                    order.options,
                    site=order.site,
                    note=order.note,
                    keep_input=order.keep_input,
                    on_progress=part_of(on_progress, number, len(order.models)),
                )[0]
            )
            recorded.append(Recorded(run_id, found is not None))
    return tuple(recorded)


def fulfil_at(placed: tuple[Location, Order], on_progress: OnProgress) -> tuple[str, ...]:
    """Fulfil an order for the history at a location, wherever this process runs; the ids of the runs.

    Raises:
        FirnlineError: as `fulfil`, or the history cannot be opened from here.
    """
    location, order = placed
    return tuple(recorded.run_id for recorded in fulfil(order, history_at(location), on_progress))


def history_at(location: Location) -> History:
    """The history at a location, opened once in each process and for all its threads.

    Raises:
        HistoryError: it cannot be opened from here.
    """
    with _OPENING:
        if location not in _OPENED:
            address = location.url.render_as_string(hide_password=False)
            _OPENED[location] = open_history(location.folder, address)
        return _OPENED[location]


def close_histories() -> None:
    """Give back the connections of every history that `history_at` opened."""
    with _OPENING:
        while _OPENED:
            _OPENED.popitem()[1].close()


def require_shareable(location: Location, scheduler: str) -> None:
    """Refuse to let workers on other machines write to a database that only one machine can use.

    Raises:
        HistoryError: the history is in SQLite and the scheduler is not on this machine.
    """
    host = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}").hostname or ""
    here = host in ("localhost", "::1") or host.startswith("127.")
    if location.database_file is not None and not here:
        raise HistoryError(
            f"The history is the SQLite file {location.database_file}, which workers on other machines "
            "cannot share safely. Name a PostgreSQL database in FIRNLINE_DATABASE_URL."
        )
