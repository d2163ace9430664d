"""Remeasuring: what the rasters of a run count, and whether its record says the same."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from math import isclose
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ExportError
from core.export.archive import Difference
from core.export.byte_rasters import raster_window
from core.export.rasters import PROBABILITY_SCALE
from core.export.records import RUN_FILE
from core.export.sameness import told_damage
from core.export.tracing import open_classes
from core.inference.postprocess import plan_strips
from core.measure.area_errors import ErrorStrips, Trust
from core.measure.areas import Counts, class_areas
from core.measure.clouds import cloud_check
from core.measure.cuts import CutStrips
from core.measure.ground import area_field
from core.measure.votes import count_votes, rule_checks
from core.models import model_spec
from core.runs import ErrorKind
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio.io import DatasetReader

    from core.networks.cards import Card
    from core.runs import Run

    Facts = Mapping[str, tuple[object, object]]  # what -> as recorded and as measured anew

CLOSE = 1e-6  # relative; other processors add up in another order
CARD = ": it was altered, or the card of the weights was written anew since"  # an evaluation does so
TINY = 1e-9  # km2 and shares: a thousandth of a square metre


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """What the rasters of a run count. `votes`: pixels by vote (256,), None without that raster."""

    counts: Counts
    errors: ErrorStrips
    cut: CutStrips
    votes: NDArray[np.int64] | None


def remeasure(run: Run, folder: Path, card: Card | None) -> Iterator[Difference]:
    """Where the record of a run says other than its own rasters.

    Areas, their errors by buffer and by probability, the cut of the outline and the agreement with simple
    rules follow from class map, probabilities and votes, whatever machine made these. `card`: that of the
    weights, which the errors by probability need; None leaves these out.

    Raises:
        ExportError: a raster is missing, of another size, or cannot be read.
        TileError: the record's grid has no areas.
    """
    found = _measure(run, folder)
    yield from _areas(run, found.counts)
    if run.cut is not None:
        facts = {"cut": (run.cut, found.cut.finish())}
        yield from _apart("has another cut of the outline than the class map", facts)
    yield from _errors(run, found, card)
    yield from _checks(run, found)


def _areas(run: Run, counts: Counts) -> Iterator[Difference]:
    """The areas that the class map does not have."""
    spec = model_spec(run.model)
    if len(run.areas) != len(spec.classes):
        yield Difference(
            RUN_FILE, f"has {len(run.areas)} areas, and the model has {len(spec.classes)} classes"
        )
        return
    removed_px = tuple(area.removed_px for area in run.areas)
    facts = {
        f"{now.key} {what}": (getattr(area, what), getattr(now, what))
        for area, now in zip(run.areas, class_areas(counts, spec, removed_px), strict=True)
        for what in ("index", "key", "pixels", "area_km2", "share")
    }
    yield from _apart("has other areas than the class map", facts)
    ground: Facts = {
        "valid_px": (run.valid_px, counts.valid_px),
        "total_px": (run.total_px, counts.valid_px + counts.no_data_px),
        "valid_area_km2": (run.valid_area_km2, counts.valid_km2),
        "total_area_km2": (run.total_area_km2, counts.total_km2),
    }
    yield from _apart("has other ground than the class map", ground)


def same(one: object, other: object, close: float = CLOSE) -> bool:
    """Whether two facts are equal, numbers within them up to rounding."""
    if is_dataclass(one) and is_dataclass(other) and type(one) is type(other):
        return all(same(getattr(one, f.name), getattr(other, f.name), close) for f in fields(one))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same(*pair, close) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, (float, int)):
        return isclose(one, other, rel_tol=close, abs_tol=TINY)
    return one == other


def _measure(run: Run, folder: Path) -> _Measured:
    """Read the rasters of a run once, strip by strip."""
    spec, grid = model_spec(run.model), run.tile.grid
    field = area_field(grid, run.options.pixel_m)
    counts = Counts.none(spec, measured=field is not None)
    errors, cut, votes = ErrorStrips(spec), CutStrips(spec), _votes(run, folder)
    classes_path, probabilities_path = (raster_of(run, folder, k) for k in ("classes", "probabilities"))
    with open_classes(classes_path) as classes, open_classes(probabilities_path) as probabilities:
        _require_size(run, classes, classes_path, 1)
        _require_size(run, probabilities, probabilities_path, len(spec.foreground))
        with told_damage(classes_path):
            for strip in plan_strips(grid.shape):
                window = raster_window(strip)
                values, levels = classes.read(1, window=window), probabilities.read(window=window)
                _require_values(values, len(spec.classes) - 1, classes_path)
                _require_values(levels, PROBABILITY_SCALE, probabilities_path)
                ground = field.read(strip) if field else None
                counts += Counts.of(values, spec, ground)
                cut.add(values)
                if ground is not None:
                    errors.add(values, levels, ground)
    return _Measured(counts, errors, cut, votes)


def _require_size(run: Run, raster: DatasetReader, path: Path, bands: int) -> None:
    grid = run.tile.grid
    if raster.shape != grid.shape or raster.count != bands:
        raise ExportError(
            f"{path.name} has {raster.count} bands of {raster.width} x {raster.height} pixels; the tile in "
            f"the record needs {bands} of {grid.width} x {grid.height}. Use another ZIP."
        )


def _require_values(values: NDArray[np.uint8], most: int, path: Path) -> None:
    strange = values[(values > most) & (values != NO_DATA)]
    if strange.size:
        raise ExportError(
            f"{path.name} has pixels of value {strange[0]}; {most} is the most that a run of this model has. "
            "Use another ZIP."
        )


def _votes(run: Run, folder: Path) -> NDArray[np.int64] | None:
    if run.artifact("votes") is None:
        return None
    path = raster_of(run, folder, "votes")
    counted = np.zeros(NO_DATA + 1, np.int64)
    with open_classes(path) as raster, told_damage(path):
        for strip in plan_strips(raster.shape):
            counted += count_votes(raster.read(1, window=raster_window(strip)))
    return counted


def raster_of(run: Run, folder: Path, kind: str) -> Path:
    """The file of a kind in an unpacked run.

    Raises:
        ExportError: the record names none.
    """
    artifact = run.artifact(kind)
    if artifact is None:
        raise ExportError(f"The record of this run names no file of the kind '{kind}'. Use another ZIP.")
    return folder / artifact.name


def _errors(run: Run, found: _Measured, card: Card | None) -> Iterator[Difference]:
    """The errors that follow from the rasters; the spread of the views does not."""
    if not run.errors:
        return
    now = found.errors.finish(found.counts, Trust.of(card) if card else Trust())
    kinds = {ErrorKind.BUFFER, ErrorKind.PROBABILITY} if card else {ErrorKind.BUFFER}
    then = [error for error in run.errors if error.kind in kinds]
    again = {(error.class_key, error.kind): error for error in now if error.kind in kinds}
    if sorted((e.class_key, e.kind) for e in then) != sorted(again):
        yield Difference(RUN_FILE, "has errors of other areas or kinds than its rasters give")
        return
    for error in then:
        anew, kind = again[error.class_key, error.kind], error.kind.value
        why = CARD if error.kind is ErrorKind.PROBABILITY else ""
        facts = {
            f"{kind} {part} of {error.class_key}": (getattr(error, part), getattr(anew, part))
            for part in ("estimate_km2", "sigma_km2", "low_km2", "high_km2")
        }
        yield from _apart(f"has another error than its rasters give{why}", facts)


def _checks(run: Run, found: _Measured) -> Iterator[Difference]:
    """The cross-checks that follow from the votes."""
    if run.checks is None or found.votes is None:
        return
    rules = tuple(rule_checks(found.votes))
    if run.checks.rules != rules:
        yield Difference(RUN_FILE, "has another agreement with simple rules than votes.tif")
    if run.checks.clouds is not None and run.checks.clouds != cloud_check(found.votes):
        yield Difference(RUN_FILE, "has other cloud than votes.tif")


def _apart(what: str, facts: Facts) -> Iterator[Difference]:
    """The first of some facts, each as recorded and as measured anew, that is not the same."""

    def shown(value: object) -> str:
        return f"{value:.6g}" if isinstance(value, float) else str(value)

    for where, (then, now) in facts.items():
        if not same(then, now):
            yield Difference(RUN_FILE, f"{what} ({where}: {shown(then)}, anew {shown(now)})")
            return
