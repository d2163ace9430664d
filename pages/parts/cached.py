"""What the pages keep between reruns: the history, the job queue, loaded models, checked tiles.

This is the only module that uses Streamlit's caches. Nothing here reports progress, and no array is ever a
cache key: Streamlit hashes large arrays by sampling.

OpenVINO, SciPy and what runs need beside them take seconds to import. Nothing imports them at the top of a
page's modules: the first page draws without them, while a thread fetches them for the first run.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from core.errors import WeightsError
from core.jobs import JobQueue
from core.present.composites import available_composites, channel_planes, paint, stretch_limits
from core.tiles.files import Stated
from core.tiles.reading import open_tile
from db.history import open_history
from db.location import find_location
from pages.parts.places import WEIGHTS

if TYPE_CHECKING:
    from datetime import date

    from core.measure.scene import ScenePart
    from core.networks.cards import Card
    from core.networks.stored import StoredModel
    from core.outlines.outline import OutlineSet
    from core.runs import Radiometry
    from core.tiles.grouping import TileFiles
    from core.tiles.tile import Tile
    from core.types import Finding, Grid
    from db.history import History

THUMBNAIL_PX = 640


def history() -> History:
    """The history that the environment names, opened once a process.

    Raises:
        HistoryError: it cannot be opened.
    """
    location = find_location()
    return _history(str(location.folder), location.url.render_as_string(hide_password=False))


@st.cache_resource(show_spinner="Opening the history…")
def _history(folder: str, url: str) -> History:
    del folder, url  # they are the key; opening reads the environment again
    return open_history()


@st.cache_resource(show_spinner=False)
def job_queue() -> JobQueue:
    """The process's one background worker."""
    return JobQueue()


@st.cache_resource(show_spinner=False)
def comparison_jobs() -> dict[tuple[str, ...], str]:
    """The jobs of the process that compare runs: what they do to which runs -> the job's id."""
    return {}


@st.cache_resource(show_spinner=False)
def run_imports() -> threading.Thread:
    """The thread that imports what runs need, started once a process.

    Whoever imports them later joins it first: Python hands out half-made modules when two threads import
    modules that need each other.
    """
    thread = threading.Thread(target=_import_for_runs, name="run-imports", daemon=True)
    thread.start()
    return thread


def _import_for_runs() -> None:
    import db.recording  # noqa: F401
    from core.inference.openvino_runtime import find_openvino

    find_openvino()


def stored_model(key: str) -> StoredModel:
    """A model whose weights were verified when its card was first met; a new card is a new model.

    Raises:
        WeightsError: weights or card are missing or altered.
    """
    card = WEIGHTS / f"{key}.json"
    return _stored_model(key, sha256(card.read_bytes()).hexdigest() if card.is_file() else "")


@st.cache_resource(show_spinner=False, max_entries=4)
def _stored_model(key: str, card_sha256: str) -> StoredModel:
    del card_sha256  # part of the cache's key: weights are replaced together with their card
    run_imports().join()
    from core.networks.stored import find_model

    return find_model(key, WEIGHTS)


@st.cache_data(show_spinner="Reading the model's card…", ttl=60)
def model_card(key: str) -> Card:
    """The card of a model's weights.

    Raises:
        WeightsError: the card is missing, unreadable or another model's.
    """
    run_imports().join()
    from core.networks.cards import read_card

    card = read_card(WEIGHTS / f"{key}.json")
    if card.model != key:
        raise WeightsError(
            f"The card {key}.json is for the model '{card.model}'; '{key}' is needed. "
            "Put the card that belongs to these weights there."
        )
    return card


@dataclass(frozen=True)
class CheckedTile:
    """What the input check found out about a tile, without its pixels or open files.

    `pictures`: a small PNG of each composite by its title.
    """

    name: str
    grid: Grid
    bands: dict[str, str]
    radiometry: Radiometry
    sensor: str | None
    acquired_on: date | None
    findings: tuple[Finding, ...]
    runnable: bool
    pictures: dict[str, bytes]


@st.cache_data(show_spinner="Checking the tile…", ttl=3600, max_entries=200)
def checked_tile(hand_in: str, _files: TileFiles, bands: str, stated: Stated) -> CheckedTile:
    """The input check's result for a tile of an upload.

    `hand_in` and `bands` are the key: the upload's id, and which file is which band.

    Raises:
        TileError: the files cannot be a tile.
    """
    del hand_in, bands
    tile = open_tile(
        _files, radiometry=stated.radiometry, sensor=stated.sensor, acquired_on=stated.acquired_on
    )
    with tile:
        return CheckedTile(
            name=tile.name,
            grid=tile.grid,
            bands={band: f"{file.label}, band {file.index}" for band, file in tile.bands.items()},
            radiometry=tile.radiometry,
            sensor=tile.sensor,
            acquired_on=tile.acquired_on,
            findings=tile.findings,
            runnable=tile.runnable,
            pictures=_thumbnails(tile),
        )


def _thumbnails(tile: Tile) -> dict[str, bytes]:
    """Small pictures of every composite that the tile has the bands for."""
    pixels, _ = tile.overview(THUMBNAIL_PX)
    pictures = {}
    for composite in available_composites(tile.present):
        planes = channel_planes(composite, pixels)
        limits = stretch_limits(composite, planes)
        if limits is not None:
            buffer = io.BytesIO()
            Image.fromarray(paint(planes, limits)).save(buffer, "PNG")
            pictures[composite.title] = buffer.getvalue()
    return pictures


@st.cache_data(show_spinner="Measuring outside the outlines…", max_entries=100)
def scene_of(repeated: tuple[str, str], outlines_sha256: str, _outlines: OutlineSet) -> ScenePart | None:
    """The scene's part of the change between two runs of one model, by the outlines of their site.

    Raises:
        OutlineError: too many outlines lie over one another.
        FirnlineError: a run is gone, or its rasters cannot be read.
    """
    del outlines_sha256  # it is the key
    run_imports().join()
    from core.comparison import ComparedRun, scene_part

    one, other = (history().get_run(run_id) for run_id in repeated)
    return scene_part(ComparedRun(one.run, one.folder), ComparedRun(other.run, other.folder), _outlines)
