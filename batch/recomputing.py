"""Recomputing: how a result that was computed anew compares with the run's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batch.remeasuring import raster_of, same
from core.export.archive import Difference
from core.export.rasters import PROBABILITY_SCALE, SPREAD_SCALE
from core.export.records import AREAS_FILE, ERRORS_FILE, RUN_FILE
from core.export.sameness import Sameness, compare_rasters
from core.inference.engines import same_precision
from core.measure.area_errors import STUDENT_95
from core.runs import ErrorKind
from core.tiles.checks import STATED_DATE, STATED_SENSOR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.runs import Run
    from core.types import Grid


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What another machine may change.

    `pixels`: share of the pixels with another class, other votes, or a probability that is off by more than
    `probability`, 0..1. `ground`: how far a class's area may be off, as a share of the valid ground.
    `spread`: how far the spread of the eight views may be off, as a share of itself.
    """

    pixels: float
    ground: float
    probability: float
    spread: float


# In the same precision another processor or version moves probabilities by 1e-6, and with them the pixels on
# the very threshold. Bfloat16 against float32 moved 0.05 % and 0.10 % of the pixels of simulated tiles
# (`python -m benchmarks tile`), at most 0.14 % of the probabilities by more than 2 %, none by more than 5 %,
# and spreads by 1.2 % of themselves; a single tile may have more.
SAME_PRECISION = Tolerance(pixels=1e-3, ground=1e-3, probability=0.01, spread=0.01)
OTHER_PRECISION = Tolerance(pixels=5e-3, ground=5e-3, probability=0.05, spread=0.1)
RASTER = ".tif"
TABLES = {AREAS_FILE, ERRORS_FILE}
FEW = 0.01  # share of the tolerated ground by which the spread of a tiny area may be off
CLOSE = 1e-3  # relative; what resampling and projection of other versions may change in facts of the tile
OF_NAMES = {STATED_DATE, STATED_SENSOR, "no-date", "no-sensor"}  # findings that follow from names and tags


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How a result that was computed anew compares with the run's.

    `area_share`: largest difference of a class's area, as a share of the valid ground. `changed`: software
    whose version is another one now, with the version then and now. `differences`: facts of the record, and
    files, that are not as they come out anew. `unlike`: pictures of other bytes that this machine or its
    versions may have drawn otherwise.
    """

    classes: Sameness
    probabilities: Sameness
    area_share: float
    changed: dict[str, tuple[str, str]]
    tolerance: Tolerance
    differences: tuple[Difference, ...] = ()
    unlike: tuple[str, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether classes, probabilities and areas are the same, bit for bit."""
        return not (self.classes.differing_px or self.probabilities.differing_px or self.area_share)

    @property
    def within_tolerance(self) -> bool:
        """Whether no more differs than another machine may change."""
        limit = self.tolerance
        return (
            self.classes.share <= limit.pixels
            and self.probabilities.beyond_share <= limit.pixels
            and self.area_share <= limit.ground
        )

    @property
    def holds(self) -> bool:
        """Whether the record and its files are what comes out anew, as far as another machine can tell."""
        return self.within_tolerance and not self.differences


def compare_runs(run: Run, folder: Path, again: Run, folder_again: Path) -> Recomputed:
    """Compare a run with its repetition.

    Raises:
        ExportError: a raster is missing or cannot be read.
    """
    engine = again.versions["engine"]  # records of old have none and count as the same
    alike = same_precision(run.versions.get("engine", engine), engine)
    tolerance = SAME_PRECISION if alike else OTHER_PRECISION
    pairs = _Pairs(run, folder, again, folder_again)
    versions = {**dict.fromkeys(again.versions, "none"), **run.versions}
    found = Recomputed(
        classes=pairs.compare("classes"),
        probabilities=pairs.compare("probabilities", int(tolerance.probability * PROBABILITY_SCALE)),
        area_share=_area_share(run, again),
        changed={
            name: (version, again.versions.get(name, "none"))
            for name, version in versions.items()
            if version != again.versions.get(name, "none")
        },
        tolerance=tolerance,
    )
    strict = found.identical and not found.changed
    differences = [
        *_facts(run, again),
        *_findings(run, again, found),
        *_removed(run, again, 0 if strict else tolerance.pixels * run.total_px),
        *_spreads(run, again, None if strict else tolerance),
        *pairs.rasters_apart(tolerance),
    ]
    unlike = tuple(pairs.unlike())
    if strict:
        differences += [Difference(name, "is not what comes out anew, byte for byte") for name in unlike]
        unlike = ()
    unlike = tuple(name for name in unlike if not name.endswith(RASTER))  # these were compared by value
    return replace(found, differences=tuple(differences), unlike=unlike)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The files of a run and those of its repetition."""

    run: Run
    folder: Path
    again: Run
    folder_again: Path

    def compare(self, kind: str, slack: int = 0) -> Sameness:
        """Compare the rasters of a kind."""
        one, other = raster_of(self.run, self.folder, kind), raster_of(self.again, self.folder_again, kind)
        return compare_rasters(one, other, slack)

    def rasters_apart(self, tolerance: Tolerance) -> Iterator[Difference]:
        """The rasters beside classes and probabilities that differ by more than is tolerated."""
        for kind, slack in (("votes", 0), ("spread", int(tolerance.probability * SPREAD_SCALE))):
            artifact = self.run.artifact(kind)
            if artifact is None or self.again.artifact(kind) is None:
                continue
            found = self.compare(kind, slack)
            if found.beyond_share > tolerance.pixels:
                what = f"differs in {found.beyond_px:,} of {found.pixels:,} px from what comes out anew"
                yield Difference(artifact.name, what)

    def unlike(self) -> Iterator[str]:
        """The files that have not the bytes of the repetition, but for tables, which have ids and times."""
        for artifact in self.run.artifacts:
            other = self.again.artifact(artifact.kind)
            if artifact.name not in TABLES and (other is None or other.sha256 != artifact.sha256):
                yield artifact.name


def _area_share(run: Run, again: Run) -> float:
    then = {area.key: area.area_km2 if area.area_km2 is not None else area.pixels for area in run.areas}
    now = {area.key: area.area_km2 if area.area_km2 is not None else area.pixels for area in again.areas}
    ground = run.valid_area_km2 or run.valid_px
    apart = max((abs(now.get(key, 0) - area) for key, area in then.items()), default=0.0)
    return apart / ground if ground else 0.0


def _facts(run: Run, again: Run) -> Iterator[Difference]:
    """Facts of the record that follow from input and weights alone."""
    then, now = run.tile, again.tile
    fits = (run.checks.bands, again.checks.bands) if run.checks and again.checks else ((), ())
    facts: dict[str, tuple[object, object, bool]] = {
        "model": (run.model, again.model, run.model == again.model),
        "grid": (then.grid.transform, now.grid.transform, _same_grid(then.grid, now.grid)),
        "units of the values": (
            then.radiometry.kind.value,
            now.radiometry.kind.value,
            then.radiometry.kind is now.radiometry.kind,
        ),
        "place on the map": (run.map_bounds, again.map_bounds, same(run.map_bounds, again.map_bounds)),
        "fit of the bands to the training": (*fits, same(*fits, CLOSE)),
        "threshold": (run.threshold, again.threshold, _same_threshold(run, again)),
    }
    for name, (before, after, equal) in facts.items():
        if not equal:
            yield Difference(RUN_FILE, f"has another {name}: {before}, anew {after}")


def _same_threshold(run: Run, again: Run) -> bool:
    """Whether the deciding threshold is the chosen one; `again` was made with that of the record."""
    chosen = run.options.threshold if again.threshold is not None else None
    return run.threshold == again.threshold and chosen in {None, run.threshold}


def _same_grid(one: Grid, other: Grid) -> bool:
    return (one.transform, one.shape, one.crs) == (other.transform, other.shape, other.crs)


def _findings(run: Run, again: Run, found: Recomputed) -> Iterator[Difference]:
    """Findings that the record has and the repetition has not, or the other way round.

    Those about names and tags are left out: `batch.input_facts` looks at these.
    """
    if "firnline" in found.changed:
        return
    then, now = (
        Counter((f.severity, f.code) for f in findings if f.code not in OF_NAMES)
        for findings in (run.findings, again.findings)
    )
    messages = {finding.code: finding.message for finding in (*run.findings, *again.findings)}
    for _, code in sorted((then - now).keys()):
        yield Difference(RUN_FILE, f"has a finding that does not come out anew: {messages[code]}")
    for _, code in sorted((now - then).keys()):
        yield Difference(RUN_FILE, f"lacks a finding that comes out anew: {messages[code]}")


def _removed(run: Run, again: Run, slack_px: float) -> Iterator[Difference]:
    """Classes of which the smallest area took another number of pixels."""
    for then, now in zip(run.areas, again.areas, strict=False):
        if abs(then.removed_px - now.removed_px) > slack_px:
            pixels = f"{then.key}: {then.removed_px}, anew {now.removed_px}"
            yield Difference(RUN_FILE, f"has other pixels removed as too small ({pixels})")


def _spreads(run: Run, again: Run, tolerance: Tolerance | None) -> Iterator[Difference]:
    """Errors by the spread of the eight views that are off; `tolerance` None: at all."""
    then, now = ({e.class_key: e for e in r.errors if e.kind is ErrorKind.SPREAD} for r in (run, again))
    if run.errors and then.keys() != now.keys():
        yield Difference(RUN_FILE, "has errors by the spread of the views for other areas than come out anew")
        return
    ground_km2 = tolerance.ground * (run.valid_area_km2 or 0.0) if tolerance else 0.0
    for key, error in then.items():
        sigma, anew = error.sigma_km2, now[key].sigma_km2
        slack = tolerance.spread * max(sigma, anew) + FEW * ground_km2 if tolerance else 0.0
        ends = (error.estimate_km2, error.low_km2, error.high_km2)
        ends_anew = (now[key].estimate_km2, now[key].low_km2, now[key].high_km2)
        apart = max(abs(one - other) for one, other in zip(ends, ends_anew, strict=True))
        exact = same(error, now[key])
        if not exact and (abs(sigma - anew) > slack or apart > ground_km2 + STUDENT_95 * slack):
            what = f"has another spread of the views (sigma of {key}: {sigma:.6g} km2, anew {anew:.6g} km2)"
            yield Difference(RUN_FILE, what)
