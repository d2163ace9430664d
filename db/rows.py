"""The way of a run into rows and back, exact in both directions."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from core.checks import CrossChecks
from core.models import model_spec
from core.runs import (
    AreaError,
    Artifact,
    ClassArea,
    ErrorKind,
    MapBounds,
    Options,
    OutlineCut,
    Radiometry,
    Run,
    TileFacts,
)
from core.types import Finding, Grid
from db.tables import AreaErrorRow, ArtifactRow, ClassAreaRow, RunRow, TileRow

GRID = TypeAdapter(Grid)
OPTIONS = TypeAdapter(Options)
RADIOMETRY = TypeAdapter(Radiometry)
FINDINGS = TypeAdapter(tuple[Finding, ...])
CHECKS = TypeAdapter(CrossChecks)
LATER_OPTIONS = {"symmetries": False}  # added since the first version -> what runs before them did


@dataclass(frozen=True, slots=True)
class Notes:
    """What the user says about a run: the part that can be edited later."""

    site_id: str | None
    note: str
    saved_at: datetime


def clean(text: str) -> str:
    """Text that every database can hold: no NUL, no halves of characters (odd file names have them)."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")


def fold(text: str) -> str:
    """Text in which case, width and runs of blanks no longer count, for comparing and searching."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def options_key(options: Options) -> str:
    """The hash of the options: equal options, equal key.

    Options that runs of older versions did not have count only where they differ from their default.
    """
    told = OPTIONS.dump_python(options, mode="json")  # which writes 1 as 1.0
    return _digest({name: value for name, value in told.items() if not _is_unused(name, value)})


def _is_unused(name: str, value: object) -> bool:
    return name in LATER_OPTIONS and value == LATER_OPTIONS[name]


def tile_row(facts: TileFacts) -> TileRow:
    """The facts of a tile as a row."""
    row = TileRow(
        sha256=facts.sha256,
        name=clean(facts.name),
        name_key=fold(clean(facts.name)),
        sensor=facts.sensor,
        acquired_on=facts.acquired_on,
        grid=GRID.dump_python(facts.grid, mode="json"),
        bands={band: clean(source) for band, source in facts.bands.items()},
        radiometry=RADIOMETRY.dump_python(facts.radiometry, mode="json"),
    )
    date = facts.acquired_on.isoformat() if facts.acquired_on else None
    row.fingerprint = _digest([row.sha256, row.name, row.sensor, date, row.grid, row.bands, row.radiometry])
    return row


def run_row(run: Run, tile_id: str, notes: Notes) -> RunRow:
    """A run with its areas and artifacts as rows.

    Raises:
        ModelError: no model has the run's key.
    """
    bounds = run.map_bounds
    return RunRow(
        id=run.id,
        tile_id=tile_id,
        site_id=notes.site_id,
        note=clean(notes.note),
        note_key=fold(clean(notes.note)),
        acquired_on=run.tile.acquired_on,
        model=run.model,
        weights_sha256=run.weights_sha256,
        options=OPTIONS.dump_python(run.options, mode="json"),
        options_key=options_key(run.options),
        threshold=run.threshold,
        valid_px=run.valid_px,
        total_px=run.total_px,
        valid_area_km2=run.valid_area_km2,
        total_area_km2=run.total_area_km2,
        cut_edge_share=run.cut.edge_share if run.cut else None,
        cut_no_data_share=run.cut.no_data_share if run.cut else None,
        south=bounds.south if bounds else None,
        west=bounds.west if bounds else None,
        north=bounds.north if bounds else None,
        east=bounds.east if bounds else None,
        findings=[
            {"severity": f.severity.value, "code": f.code, "message": clean(f.message)} for f in run.findings
        ],
        checks=CHECKS.dump_python(run.checks, mode="json") if run.checks else None,
        versions=run.versions,
        started_at=run.started_at,
        finished_at=run.finished_at,
        saved_at=notes.saved_at,
        areas=_area_rows(run),
        errors=_error_rows(run),
        artifacts=_artifact_rows(run),
    )


def run_of(row: RunRow) -> Run:
    """The run as it was computed."""
    return Run(
        id=row.id,
        tile=_facts_of(row.tile),
        model=row.model,
        weights_sha256=row.weights_sha256,
        options=OPTIONS.validate_python(row.options),
        threshold=row.threshold,
        areas=areas_of(row),
        valid_px=row.valid_px,
        total_px=row.total_px,
        valid_area_km2=row.valid_area_km2,
        total_area_km2=row.total_area_km2,
        map_bounds=_bounds_of(row),
        findings=FINDINGS.validate_python(row.findings),
        artifacts=tuple(Artifact(a.kind, a.name, a.sha256, a.size_bytes) for a in row.artifacts),
        started_at=row.started_at,
        finished_at=row.finished_at,
        versions=row.versions,
        errors=errors_of(row),
        checks=CHECKS.validate_python(row.checks) if row.checks else None,
        cut=cut_of(row.cut_edge_share, row.cut_no_data_share),
    )


def cut_of(edge_share: float | None, no_data_share: float | None) -> OutlineCut | None:
    """The cut in a run's columns; None where it was not measured."""
    if edge_share is None or no_data_share is None:
        return None
    return OutlineCut(edge_share, no_data_share)


def errors_of(row: RunRow) -> tuple[AreaError, ...]:
    """The errors of a run's areas, in the order they were saved in."""
    return tuple(map(error_of, row.errors))


def error_of(row: Any) -> AreaError:  # noqa: ANN401 - an `AreaErrorRow`, or its columns
    """The error in a row."""
    kind = ErrorKind(row.kind)
    return AreaError(row.class_key, kind, row.estimate_km2, row.sigma_km2, row.low_km2, row.high_km2)


def areas_of(row: RunRow) -> tuple[ClassArea, ...]:
    """The areas of a run, in the order they were saved in."""
    return tuple(
        ClassArea(a.class_index, a.key, a.label, a.pixels, a.area_km2, a.share, a.removed_px)
        for a in row.areas
    )


def _facts_of(row: TileRow) -> TileFacts:
    return TileFacts(
        name=row.name,
        sha256=row.sha256,
        grid=GRID.validate_python(row.grid),
        bands=row.bands,
        radiometry=RADIOMETRY.validate_python(row.radiometry),
        sensor=row.sensor,
        acquired_on=row.acquired_on,
    )


def _bounds_of(row: RunRow) -> MapBounds | None:
    if row.south is None or row.west is None or row.north is None or row.east is None:
        return None
    return MapBounds(row.south, row.west, row.north, row.east)


def _area_rows(run: Run) -> list[ClassAreaRow]:
    ice = {info.key for info in model_spec(run.model).classes if info.is_ice}
    return [
        ClassAreaRow(
            position=position,
            class_index=area.index,
            key=area.key,
            label=area.label,
            is_ice=area.key in ice,
            pixels=area.pixels,
            area_km2=area.area_km2,
            share=area.share,
            removed_px=area.removed_px,
        )
        for position, area in enumerate(run.areas)
    ]


def _error_rows(run: Run) -> list[AreaErrorRow]:
    return [
        AreaErrorRow(
            position=position,
            class_key=error.class_key,
            kind=error.kind.value,
            estimate_km2=error.estimate_km2,
            sigma_km2=error.sigma_km2,
            low_km2=error.low_km2,
            high_km2=error.high_km2,
        )
        for position, error in enumerate(run.errors)
    ]


def _artifact_rows(run: Run) -> list[ArtifactRow]:
    return [
        ArtifactRow(
            position=position, kind=item.kind, name=item.name, sha256=item.sha256, size_bytes=item.size_bytes
        )
        for position, item in enumerate(run.artifacts)
    ]


def _digest(value: Any) -> str:  # noqa: ANN401 - whatever JSON can hold
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
