"""Verification: a run's files against its record, and its result against one that is computed anew."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ExportError, TileError, WeightsError
from core.export.archive import INPUT_FOLDER, Difference, compare_files, read_record, unpack
from core.export.records import RUN_FILE
from core.export.sameness import Sameness, compare_rasters, count_values
from core.inference.engines import recorded_engine, same_precision
from core.networks.cards import read_card
from core.networks.stored import WEIGHTS_DIR, model_at
from core.pipeline import analyse
from core.tiles.grouping import assign_bands, find_files, group_files
from core.types import BANDS, NO_DATA, ignore_progress
from db.archive import open_as, open_kept
from db.location import engine_cache

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.networks.stored import StoredModel
    from core.runs import Run, TileFacts
    from core.tiles.files import TileFiles
    from core.tiles.tile import Tile
    from core.types import OnProgress


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What another machine may change: a share of the pixels, and a share of the valid ground by class."""

    pixels: float
    ground: float


# In the same precision another processor or version moves probabilities by 1e-6, and with them the pixels on
# the very threshold. Bfloat16 against float32 moved 0.05 % and 0.10 % of the pixels of simulated tiles
# (`python -m benchmarks tile`); a single tile may have more.
SAME_PRECISION = Tolerance(pixels=1e-3, ground=1e-3)
OTHER_PRECISION = Tolerance(pixels=5e-3, ground=5e-3)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How a result that was computed anew compares with the run's.

    `area_share`: largest difference of a class's area, as a share of the valid ground. `changed`: software
    whose version is another one now, with the version then and now.
    """

    classes: Sameness
    probabilities: Sameness
    area_share: float
    changed: dict[str, tuple[str, str]]
    tolerance: Tolerance

    @property
    def identical(self) -> bool:
        """Whether classes, probabilities and areas are the same, bit for bit."""
        return not (self.classes.differing_px or self.probabilities.differing_px or self.area_share)

    @property
    def within_tolerance(self) -> bool:
        """Whether no more differs than another machine may change."""
        return self.classes.share <= self.tolerance.pixels and self.area_share <= self.tolerance.ground


@dataclass(frozen=True, slots=True)
class Verification:
    """What the verification of a run found.

    `recomputed` is None where the input is not at hand or the files already differ.
    """

    run: Run
    differences: tuple[Difference, ...]
    recomputed: Recomputed | None = None

    @property
    def holds(self) -> bool:
        """Whether everything that was looked at is as it should be."""
        return not self.differences and (self.recomputed is None or self.recomputed.within_tolerance)


def verify(
    place: Path,
    inputs: Sequence[Path] = (),
    weights: Path | None = None,
    on_progress: OnProgress = ignore_progress,
) -> Verification:
    """Verify a run in a ZIP or a folder. `inputs`: the files of its tile, where the ZIP does not hold them.

    Raises:
        ExportError: this is no run, or it cannot be unpacked.
        HistoryError: its record cannot be read, or the input in it was altered.
        TileError: the given files are not the run's input.
        WeightsError: the run's weights are not at hand.
    """
    with tempfile.TemporaryDirectory(prefix="firnline-") as temporary:
        folder = place
        if not place.is_dir():
            folder = Path(temporary) / "run"
            folder.mkdir()
            unpack(place, folder)
        run = read_record(folder)
        differences = tuple(compare_files(run, folder))
        if not differences and not _same_pixels(run, folder):
            differences = (Difference(RUN_FILE, "has other areas than the class map"),)
        if differences or not (inputs or (folder / INPUT_FOLDER).is_dir()):
            return Verification(run, differences)
        model = find_weights(run, weights)
        with _open_input(folder, run.tile, inputs) as tile:
            options = replace(run.options, threshold=run.threshold)
            engine = recorded_engine(run.versions.get("engine", ""), model, engine_cache())
            again = analyse(tile, model, options, Path(temporary) / "again", on_progress, engine)
        return Verification(run, differences, _compare(run, folder, again, Path(temporary) / "again"))


def find_weights(run: Run, given: Path | None = None) -> StoredModel:
    """The weights that made a run: the given file, or one of Firnline's own.

    Raises:
        WeightsError: none has the run's hash, or the file was altered.
    """
    candidates = [given] if given else sorted(WEIGHTS_DIR.rglob("*.safetensors"))
    for path in candidates:
        with suppress(WeightsError):  # a card that is broken is not the one that is sought
            if read_card(path.with_suffix(".json")).sha256 == run.weights_sha256:
                return model_at(path)
    where = given.name if given else f"the folder {WEIGHTS_DIR.name}"
    raise WeightsError(
        f"The weights of this run are not at hand: model '{run.model}', SHA-256 {run.weights_sha256[:12]}…; "
        f"{where} has others. Name the file of that training with --weights; its card must lie beside it."
    )


def _open_input(folder: Path, facts: TileFacts, inputs: Sequence[Path]) -> Tile:
    if not inputs:
        return open_kept(folder / INPUT_FOLDER, facts)
    found = None
    for files in _candidates(facts, [file for path in inputs for file in find_files(path)]):
        with suppress(TileError):
            found = open_as(files, facts)
            if found.sha256 == facts.sha256:
                return found
            found.close()
    raise TileError(
        f"The given files are not the input of this run: {facts.name}, SHA-256 {facts.sha256[:12]}…"
        + (f"; theirs is {found.sha256[:12]}…" if found else "")
        + f". Give the files that the run was made from: {', '.join(sorted(set(facts.bands.values())))}."
    )


def _candidates(facts: TileFacts, paths: list[Path]) -> Iterator[TileFiles]:
    """The files as the run names them, band by band, then every tile that they make."""
    by_name = {path.name: path for path in paths}
    named = {}
    for band in BANDS:
        label, _, index = facts.bands.get(band, "").rpartition(":")
        path = by_name.get(label.replace("\\", "/").rpartition("/")[2])
        if path is not None:
            named[band] = (path, int(index))
    if len(named) == len(facts.bands):
        yield assign_bands(facts.name, named)
    yield from group_files(paths).tiles


def _same_pixels(run: Run, folder: Path) -> bool:
    """Whether the record counts as many pixels of each class as the class map has."""
    counts = count_values(_raster(run, folder, "classes"))
    return {area.index: area.pixels for area in run.areas if area.pixels} == {
        value: pixels for value, pixels in counts.items() if value != NO_DATA
    }


def _raster(run: Run, folder: Path, kind: str) -> Path:
    artifact = run.artifact(kind)
    if artifact is None:
        raise ExportError(f"The record of this run names no file of the kind '{kind}'. Use another ZIP.")
    return folder / artifact.name


def _compare(run: Run, folder: Path, again: Run, folder_again: Path) -> Recomputed:
    then = {area.key: area.area_km2 if area.area_km2 is not None else area.pixels for area in run.areas}
    now = {area.key: area.area_km2 if area.area_km2 is not None else area.pixels for area in again.areas}
    ground = run.valid_area_km2 or run.valid_px
    apart = max((abs(now.get(key, 0) - area) for key, area in then.items()), default=0.0)
    classes, probabilities = (
        compare_rasters(_raster(run, folder, kind), _raster(again, folder_again, kind))
        for kind in ("classes", "probabilities")
    )
    versions = {**dict.fromkeys(again.versions, "none"), **run.versions}
    return Recomputed(
        classes=classes,
        probabilities=probabilities,
        area_share=apart / ground if ground else 0.0,
        changed={
            name: (version, again.versions.get(name, "none"))
            for name, version in versions.items()
            if version != again.versions.get(name, "none")
        },
        tolerance=SAME_PRECISION if same_precision(*_engines(run, again)) else OTHER_PRECISION,
    )


def _engines(run: Run, again: Run) -> tuple[str, str]:
    """The engines of a run and of its repetition; records of old have none and count as the same."""
    now = again.versions["engine"]
    return run.versions.get("engine", now), now
