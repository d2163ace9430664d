"""The pipeline: the one place that orders the steps of an analysis."""

from __future__ import annotations

import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from core.checks import CrossChecks
from core.errors import ExportError, ModelError, TileError
from core.export.overlays import Overlay, write_overlays
from core.export.previews import write_previews
from core.export.provenance import software_versions
from core.export.records import artifact_of, write_areas, write_record
from core.export.tile_pictures import MAX_PX, draw_tile
from core.inference.decision import deciding_threshold
from core.inference.engines import default_engine, engine_name
from core.mapping import (
    CLASSES_FILE,
    PROBABILITIES_FILE,
    SPREAD_FILE,
    VOTES_FILE,
    Mapped,
    Predicted,
    Work,
    measure_classes,
    predicted_classes,
)
from core.measure.clouds import cloud_findings
from core.measure.ground import area_field
from core.networks.cards import deciding_numbers
from core.present.verdicts import cloud_palette, rule_palette, spread_palette
from core.runs import CARD, Run, utc_now
from core.tiles.likeness import band_fits, unlike_training
from core.types import Finding, Severity, ignore_progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from core.checks import BandFit
    from core.export.tile_pictures import TilePictures
    from core.inference.engines import Engine
    from core.networks.stored import Model
    from core.runs import MapBounds, Options
    from core.tiles.tile import Tile
    from core.types import OnProgress

DRAWN = 0.99  # progress after the pictures, by the share of the time


def analyse(
    tile: Tile,
    model: Model,
    options: Options,
    folder: Path,
    on_progress: OnProgress = ignore_progress,
    engine: Engine | None = None,
) -> Run:
    """Map a tile, measure its classes and write everything into `folder`; `run.json` comes last.

    `folder` must be new or empty. When the work fails or `on_progress` raises, the folder is gone
    afterwards. `engine` None takes the machine's fastest, compiled anew. Memory does not depend on the size
    of the tile, but for the number of components that its class map has.

    Raises:
        TileError: the input check found an error, or the tile cannot be read.
        ModelError: an option is out of range.
        WeightsError: the weights give values that are not numbers.
        ExportError: the folder is not empty, or a result cannot be written.
    """
    _require_options(options)
    _require_sound(tile)
    options = options.used_by(model.spec)
    areas = area_field(tile.grid, options.pixel_m)
    work = Work(
        tile, model, options, folder, deciding_threshold(model.spec, model.card, options.threshold), areas
    )
    started_at = utc_now()
    engine = engine or default_engine(model)
    with _fresh_folder(folder):
        parts = _map(work, engine, on_progress)
        drawn, bounds = write_previews(
            folder,
            parts.pictures,
            model.spec,
            parts.mapped.areas,
            classes_path=folder / CLASSES_FILE,
            probabilities_path=folder / PROBABILITIES_FILE,
        )
        on_progress(DRAWN)
        results = _Results(parts, (*drawn, *parts.overlays), bounds, engine_name(engine))
        run = _record(work, results, started_at)
        write_record(run, folder)
        on_progress(1.0)
    return run


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    predicted: Predicted
    mapped: Mapped
    pictures: TilePictures
    fits: tuple[BandFit, ...]
    overlays: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class _Results:
    parts: _Parts
    drawn: tuple[tuple[str, str], ...]
    bounds: MapBounds | None
    engine: str


def _map(work: Work, engine: Engine, on_progress: OnProgress) -> _Parts:
    """Predict, then measure; what needs the tile or the prediction alone is done beside the measuring."""
    with (
        predicted_classes(work, engine, on_progress) as predicted,
        ThreadPoolExecutor(1, "firnline-beside") as beside,
    ):
        # In this order: pictures take memory, and measuring begins with little.
        looking, publishing = beside.submit(_look, work), beside.submit(_publish, work, predicted)
        try:
            mapped = measure_classes(work, predicted, on_progress)
        finally:
            # Nobody may have begun: a small tile is measured before its pictures are drawn, a run may fail.
            unpublished = publishing.cancel()
        overlays = _publish(work, predicted) if unpublished else publishing.result()
        pictures, fits = looking.result()
        return _Parts(predicted, mapped, pictures, fits, overlays)


def _look(work: Work) -> tuple[TilePictures, tuple[BandFit, ...]]:
    """What the tile alone shows: its pictures, and how its values lie to those of the training."""
    card = work.model.card
    pixels, view = work.tile.overview(MAX_PX)
    return draw_tile(work.folder, work.tile, pixels, view), band_fits(pixels, card.means, card.stds)


def _publish(work: Work, predicted: Predicted) -> list[tuple[str, str]]:
    """Write what is kept of votes and probabilities, and the overlays; kind and file name of these."""
    predicted.rasters.votes.publish()
    overlays = write_overlays(work.folder, work.tile.grid, _overlays(predicted, work.options))
    predicted.rasters.probabilities.publish()
    return overlays


def _overlays(predicted: Predicted, options: Options) -> list[Overlay]:
    """A map for each rule that could tell, one of cloud where some was found, one of the spread."""
    rules = [check.rule for check in predicted.rules]
    overlays = [Overlay(f"{rule}-map", VOTES_FILE, rule_palette(rule)) for rule in rules]
    if predicted.clouds.cloud_px:
        overlays.append(Overlay("cloud-map", VOTES_FILE, cloud_palette()))
    return overlays + ([Overlay("spread-map", SPREAD_FILE, spread_palette())] if options.symmetries else [])


def _record(work: Work, results: _Results, started_at: datetime) -> Run:
    """The run, after its table of areas is written."""
    parts, options = results.parts, work.options
    counts, rules, clouds = parts.mapped.counts, parts.predicted.rules, parts.predicted.clouds
    rasters = [("classes", CLASSES_FILE), ("probabilities", PROBABILITIES_FILE), ("votes", VOTES_FILE)]
    if options.symmetries:
        rasters.append(("spread", SPREAD_FILE))
    files = (*rasters, *results.drawn)
    run = Run(
        id=uuid.uuid4().hex,
        tile=work.tile.facts(),
        model=work.model.spec.key,
        weights_sha256=work.model.weights_sha256,
        options=options,
        threshold=work.threshold,
        areas=parts.mapped.areas,
        valid_px=counts.valid_px,
        total_px=counts.valid_px + counts.no_data_px,
        valid_area_km2=counts.valid_km2,
        total_area_km2=counts.total_km2,
        map_bounds=results.bounds,
        findings=(
            *work.tile.findings,
            *unlike_training(parts.fits),
            *cloud_findings(clouds),
            *_findings(work),
        ),
        artifacts=tuple(artifact_of(kind, work.folder / name) for kind, name in files),
        started_at=started_at,
        finished_at=utc_now(),
        versions={
            **software_versions(),
            "engine": results.engine,
            CARD: deciding_numbers(work.model.card),
        },
        errors=parts.mapped.errors,
        checks=CrossChecks(rules, parts.fits, clouds),
        cut=parts.mapped.cut,
    )
    return write_areas(run, work.folder)


def _findings(work: Work) -> Iterator[Finding]:
    """What the analysis has to say of what it could not do."""
    if work.areas is not None:
        return
    yield Finding(
        Severity.NOTE,
        "no-areas",
        "The tile has no coordinate reference system, so areas are counted in pixels. "
        "State the size of a pixel in metres to get square kilometres.",
    )
    if work.options.min_area_km2 > 0:
        yield Finding(
            Severity.NOTE,
            "min-area-not-applied",
            f"The smallest area of {work.options.min_area_km2:g} km2 was not applied, because the size of a "
            "pixel is unknown. State it in metres to have small patches removed.",
        )


def _require_sound(tile: Tile) -> None:
    errors = [finding.message for finding in tile.findings if finding.severity is Severity.ERROR]
    if errors:
        raise TileError(f"{tile.name} cannot be analysed. {' '.join(errors)}")


def _require_options(options: Options) -> None:
    threshold, smallest, pixel_m = options.threshold, options.min_area_km2, options.pixel_m
    if threshold is not None and not 0 <= threshold <= 1:
        raise ModelError(f"The threshold is {threshold}; it must lie between 0 and 1. Choose another one.")
    if not (isfinite(smallest) and smallest >= 0):
        raise ModelError(f"The smallest area is {smallest} km2; it must be 0 (off) or more. Change it.")
    if pixel_m is not None and not (isfinite(pixel_m) and pixel_m > 0):
        raise ModelError(f"The pixel size is {pixel_m} m; it must be more than 0. State a side's length.")


@contextmanager
def _fresh_folder(folder: Path) -> Iterator[None]:
    """A new or empty folder, which is gone again when the block fails or is stopped."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ExportError(f"{folder} is not empty; a run needs a folder of its own. Choose a new one.")
    complete = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
        complete = True
    except OSError as error:
        raise ExportError(
            f"The results could not be written to {folder} ({error.strerror or error}). Free some "
            "space, check the rights of the folder, and run again."
        ) from error
    finally:
        if not complete:
            shutil.rmtree(folder, ignore_errors=True)
