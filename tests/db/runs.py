"""Small runs for tests: `make_run` makes the value, `stage_run` its folder, `save_run` saves both."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.models import model_spec
from core.runs import (
    AreaError,
    Artifact,
    ClassArea,
    ErrorKind,
    MapBounds,
    Options,
    Radiometry,
    RadiometryKind,
    Run,
    TileFacts,
)
from core.tiles.reading import open_tile
from core.tiles.tile import Tile
from core.types import BANDS, Finding, Grid, Severity
from db.history import History
from db.records import RunRecord
from tests.rasters import level2_numbers, write_tile

STARTED_AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
TEXT = b"not a raster, but bytes"
GRID = Grid("EPSG:32643 in words", (30.0, 0.0, 600000.0, 0.0, -30.0, 3600000.0), 100, 120)


def make_facts(**changes: Any) -> TileFacts:
    facts = TileFacts(
        name="Chhota Shigri",
        sha256=hashlib.sha256(b"chhota").hexdigest(),
        grid=GRID,
        bands={"blue": "B2.tif:1", "green": "B3.tif:1", "red": "B4.tif:1", "swir1": "B6.tif:1"},
        radiometry=Radiometry(RadiometryKind.LANDSAT_L2, "the name says L2SP"),
        sensor="Landsat 8",
        acquired_on=date(2020, 9, 15),
    )
    return replace(facts, **changes)


def make_areas(model: str, km2: float | None = 2.5) -> tuple[ClassArea, ...]:
    return tuple(
        ClassArea(info.index, info.key, info.label, 1000 * (info.index + 1), km2, 0.25, info.index)
        for info in model_spec(model).classes
    )


def make_errors(class_key: str, km2: float = 2.5) -> tuple[AreaError, ...]:
    """The three errors of one area; each kind has another width."""
    widths = {ErrorKind.BUFFER: 0.2, ErrorKind.PROBABILITY: 0.5, ErrorKind.SPREAD: 0.125}
    return tuple(
        AreaError(class_key, kind, km2, width, km2 - 2 * width, km2 + 2 * width)
        for kind, width in widths.items()
    )


def make_run(**changes: Any) -> Run:
    """A run with an id of its own; `areas` follow the model unless given."""
    model = changes.get("model", "binary")
    run = Run(
        id=str(uuid4()),
        tile=make_facts(),
        model=model,
        weights_sha256=hashlib.sha256(model.encode()).hexdigest(),
        options=Options(),
        threshold=0.5 if model == "binary" else None,
        areas=make_areas(model),
        valid_px=9000,
        total_px=12000,
        valid_area_km2=8.1,
        total_area_km2=10.8,
        map_bounds=MapBounds(32.1, 77.4, 32.3, 77.6),
        findings=(Finding(Severity.WARNING, "missing-thermal", "No thermal band. Add B10 or go on."),),
        artifacts=(Artifact("areas", "areas.csv", hashlib.sha256(TEXT).hexdigest(), len(TEXT)),),
        started_at=STARTED_AT,
        finished_at=STARTED_AT + timedelta(seconds=2.5),
        versions={"firnline": "0.1.0"},
    )
    return replace(run, **changes)


def stage_run(folder: Path, run: Run) -> Path:
    """A folder with the run's artifacts (each file holds `TEXT`), ready to be saved."""
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in run.artifacts:
        path = folder / artifact.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TEXT)
    return folder


def save_run(history: History, run: Run, **remarks: Any) -> RunRecord:
    """The run, staged and saved."""
    with history.staging() as folder:
        return history.save_run(run, stage_run(folder / "run", run), **remarks)


def open_tiny_tile(path: Path, seed: int = 0) -> Tile:
    """A tile of five bands and 16 x 16 px, written to one GeoTIFF; another seed, another content."""
    return open_tile(write_tile(path, level2_numbers(16, 16, seed), descriptions=BANDS))


def run_of_tile(tile: Tile, *, note_in_versions: str = "", **changes: Any) -> Run:
    """A run of this tile; the versions take a word to know it by."""
    return make_run(tile=tile.facts(), versions={"word": note_in_versions}, **changes)
