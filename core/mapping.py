"""Mapping: the rasters of a run, written window by window and measured strip by strip."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.export.byte_rasters import scratch_raster
from core.export.provenance import result_tags
from core.export.rasters import (
    classes_raster,
    probabilities_raster,
    quantise,
    quantise_spread,
    spread_raster,
    votes_raster,
)
from core.inference.ahead import ahead
from core.inference.engines import rest
from core.inference.postprocess import Removal, find_small_components, plan_strips
from core.inference.predict import predict_windows
from core.inference.symmetries import SYMMETRIES, predict_symmetric
from core.measure.area_errors import ErrorStrips, Trust
from core.measure.areas import Counts, class_areas
from core.measure.clouds import cloud_check
from core.measure.cuts import CutStrips
from core.measure.votes import TAGS, cast_votes, count_votes, rule_checks
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from core.checks import CloudCheck, RuleCheck
    from core.export.byte_rasters import ByteRaster, KeptRaster
    from core.inference.engines import Engine
    from core.inference.predict import Prediction
    from core.measure.ground import AreaField
    from core.networks.stored import Model
    from core.runs import AreaError, ClassArea, Options, OutlineCut
    from core.tiles.tile import Tile
    from core.types import OnProgress, Window

PREDICTED, MEASURED = 0.85, 0.93  # progress after each step, by their share of the time
M2_PER_KM2 = 1e6
CLASSES_FILE, PROBABILITIES_FILE, SPREAD_FILE = "classes.tif", "probabilities.tif", "spread.tif"
VOTES_FILE = "votes.tif"


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What to map, how, and where to write it. `areas` is None where the ground is unknown."""

    tile: Tile
    model: Model
    options: Options
    folder: Path
    threshold: float | None
    areas: AreaField | None


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """What the class map counts, what areas this makes, how sure they are, and how far the ice is cut off."""

    counts: Counts
    areas: tuple[ClassArea, ...]
    errors: tuple[AreaError, ...]
    cut: OutlineCut | None


@dataclass(frozen=True, slots=True, eq=False)
class Rasters:
    """What the network decided, in open rasters: classes, probabilities, and votes beside those of rules."""

    raw: ByteRaster
    probabilities: KeptRaster
    votes: KeptRaster


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """What the network decided, and what was counted on the way.

    `views`: what each orientation counts, where eight were asked for. `rules` and `clouds`: what simple rules
    say beside the network.
    """

    rasters: Rasters
    views: tuple[Counts, ...]
    rules: tuple[RuleCheck, ...]
    clouds: CloudCheck


@contextmanager
def predicted_classes(work: Work, engine: Engine, on_progress: OnProgress) -> Iterator[Predicted]:
    """Let the network decide, and rest. Its classes live as long as the block.

    Votes and probabilities are kept, and sealed: they may be published while the block measures.

    Raises:
        ExportError: a raster cannot be written.
        TileError: the tile cannot be read.
        WeightsError: the weights give values that are not numbers.
    """
    grid, spec = work.tile.grid, work.model.spec
    with (
        scratch_raster(work.folder / "raw.tif", grid) as raw,
        probabilities_raster(work.folder / PROBABILITIES_FILE, grid, spec, _tags(work)) as probabilities,
        votes_raster(work.folder / VOTES_FILE, grid, _tags(work) | TAGS) as votes,
    ):
        predicted = _predict(work, engine, Rasters(raw, probabilities, votes), on_progress)
        rest(engine)  # before measuring, which needs memory of its own
        probabilities.seal()
        votes.seal()
        yield predicted


def measure_classes(work: Work, predicted: Predicted, on_progress: OnProgress) -> Mapped:
    """Write the class map without its small components, and measure it, strip by strip.

    Raises:
        ExportError: a raster cannot be written.
    """
    grid, spec = work.tile.grid, work.model.spec
    removal = _small_components(work, predicted.rasters.raw)
    counts = Counts.none(spec, measured=work.areas is not None)
    errors, cut = ErrorStrips(spec), CutStrips(spec)
    with (
        classes_raster(work.folder / CLASSES_FILE, grid, spec, _tags(work)) as final,
        closing(ahead(_final_strips(work, predicted.rasters.raw, removal))) as strips,
    ):
        for strip, classes, ground in strips:
            final.write(classes, strip)
            cut.add(classes)
            counts += Counts.of(classes, spec, ground)
            if ground is not None:
                errors.add(classes, predicted.rasters.probabilities.read_planes(strip), ground)
            on_progress(PREDICTED + (MEASURED - PREDICTED) * (strip.row + strip.height) / grid.height)
    areas = class_areas(counts, spec, removal.removed_px if removal else None)
    sure = errors.finish(counts, Trust.of(work.model.card), predicted.views)
    return Mapped(counts, areas, sure, cut.finish())


def _final_strips(
    work: Work, raw: ByteRaster, removal: Removal | None
) -> Iterator[tuple[Window, NDArray[np.uint8], NDArray[np.float64] | None]]:
    """Strip by strip the classes without small components, (h, w), and the pixels' areas where known."""
    for strip in plan_strips(work.tile.grid.shape):
        classes = raw.read(strip) if removal is None else removal.apply(strip, raw.read(strip))
        yield strip, classes, work.areas.read(strip) if work.areas else None


def _predict(work: Work, engine: Engine, rasters: Rasters, on_progress: OnProgress) -> Predicted:
    """Write the classes as the network decides them, the probabilities, and what simple rules say."""
    grid, spec = work.tile.grid, work.model.spec
    views: list[Counts] = []
    predictions = (
        _mean_of_views(work, engine, views)
        if work.options.symmetries
        else predict_windows(work.tile, work.model, engine, threshold=work.threshold)
    )
    done_px = 0
    counted = np.zeros(NO_DATA + 1, np.int64)
    with closing(predictions), closing(ahead(predictions)) as predicted:
        for prediction in predicted:
            rasters.raw.write(prediction.classes, prediction.window)
            levels = quantise(prediction.probabilities, prediction.valid, spec)
            rasters.probabilities.write(levels, prediction.window)
            cast = cast_votes(prediction.values, prediction.classes, spec)
            rasters.votes.write(cast, prediction.window)
            counted += count_votes(cast)
            done_px += prediction.valid.size
            on_progress(PREDICTED * done_px / (grid.height * grid.width))
    return Predicted(rasters, tuple(views), tuple(rule_checks(counted)), cloud_check(counted))


def _mean_of_views(work: Work, engine: Engine, views: list[Counts]) -> Generator[Prediction]:
    """What all orientations say together; their spread is written, and what each counts goes to `views`."""
    spec = work.model.spec
    views += [Counts.none(spec, measured=work.areas is not None)] * len(SYMMETRIES)
    with spread_raster(work.folder / SPREAD_FILE, work.tile.grid, _tags(work)) as spread:
        for seen in predict_symmetric(work.tile, work.model, engine, threshold=work.threshold):
            window = seen.mean.window
            spread.write(quantise_spread(seen.spread, seen.mean.valid), window)
            areas = work.areas.read(window) if work.areas else None
            views[:] = [
                view + Counts.of(classes, spec, areas)
                for view, classes in zip(views, seen.views, strict=True)
            ]
            yield seen.mean


def _small_components(work: Work, raw: ByteRaster) -> Removal | None:
    """What the minimum area removes; None where it is off or areas are unknown."""
    if work.areas is None or work.options.min_area_km2 == 0:
        return None
    return find_small_components(
        raw.read,
        list(plan_strips(work.tile.grid.shape)),
        work.model.spec,
        areas_m2=work.areas.read,
        min_area_m2=work.options.min_area_km2 * M2_PER_KM2,
    )


def _tags(work: Work) -> dict[str, str]:
    return result_tags(work.tile, work.model, work.options, work.threshold)
