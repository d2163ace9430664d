"""What the history hands out: lines of the list, whole runs, rows for tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from core.runs import AreaError, ClassArea, Options, Run


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One line of the history list.

    `acquired_on`, `site` and `note` are as the user edited them. `ice_area_km2` sums the classes that
    are ice; None where the run has no areas in km2. `errors` is empty in runs from before they were
    estimated. `warnings` counts the findings that flag the result. `input_kept`: the tile's
    files are in the archive, so that the run can be repeated.
    """

    id: str
    site: str | None
    note: str
    tile_name: str
    input_sha256: str
    sensor: str | None
    acquired_on: date | None
    model: str
    weights_sha256: str
    options: Options
    threshold: float | None
    areas: tuple[ClassArea, ...]
    errors: tuple[AreaError, ...]
    ice_area_km2: float | None
    valid_share: float
    warnings: int
    started_at: datetime
    finished_at: datetime
    folder: Path
    input_kept: bool


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A whole run with what the user says about it.

    `run` is as it was computed, `run.tile.acquired_on` included; `acquired_on`, `site` and `note` are as
    edited. `folder` holds the artifacts. `input_place`: a file of an input that was not copied, where it lay.
    """

    run: Run
    folder: Path
    site: str | None
    note: str
    acquired_on: date | None
    saved_at: datetime
    input_kept: bool
    input_place: Path | None = None

    @property
    def input_there(self) -> bool:
        """Whether the input can be expected to be read again: a copy is kept, or its file is where it was."""
        return self.input_kept or (self.input_place is not None and self.input_place.is_file())

    def path(self, kind: str) -> Path | None:
        """The file of an artifact's kind, or None."""
        artifact = self.run.artifact(kind)
        return self.folder / artifact.name if artifact else None


@dataclass(frozen=True, slots=True)
class Site:
    """A named place with the numbers of its runs and of its glacier outlines."""

    name: str
    note: str
    runs: int
    outlines: int = 0
