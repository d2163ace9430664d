"""The ledger of a run: what it found inside each outline, and outside all of them.

A pixel belongs to an outline when its centre lies inside. Where outlines overlap each keeps all of its
ground; what is inside all of them together counts every pixel once. The pixels of a small outline have a
little more or less ground than it has, so how much of it was seen is told by its pixels with data, of all its
pixels, and by its part on the tile.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import shapely

from core.checks import CloudCheck
from core.errors import OutlineError
from core.measure.area_errors import Trust
from core.measure.beyond import IceBeyond
from core.measure.clouds import cloud_check
from core.measure.cuts import CutStrips
from core.measure.ground import area_field
from core.measure.ledger_errors import OutlineErrors, growth_error
from core.measure.seasonal_snow import SnowAround
from core.measure.strips import GroundSums, Strip
from core.measure.votes import count_votes
from core.outlines.planes import OutlinePlanes, outline_areas_km2, place_outlines
from core.runs import ALL_ICE, AreaError, OutlineCut
from core.tiles.results import ResultPlanes
from core.types import NO_DATA, Window, ignore_progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.measure.ground import AreaField
    from core.models import ModelSpec
    from core.outlines.outline import OutlineSet
    from core.types import Grid, OnProgress

STRIP_PX = 256  # rows read at once: a row of the rasters' blocks, and a multiple of the errors' blocks
M2_PER_KM2 = 1e6
DEBRIS = "debris"  # the key of the class whose share of the ice is told


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found on some ground, in km2.

    `areas_km2`: class key to area. `ice_km2`: all classes that are ice. `seen_km2`: ground with data.
    `errors`: of every class that maps draw and of all ice; none for the ground outside all outlines.
    """

    areas_km2: dict[str, float]
    ice_km2: float
    seen_km2: float
    errors: tuple[AreaError, ...] = ()

    @property
    def debris_share(self) -> float | None:
        """Share of the ice that debris covers, 0..1; None where the model does not tell, or without ice."""
        debris = self.areas_km2.get(DEBRIS)
        return None if debris is None or not self.ice_km2 else debris / self.ice_km2


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One outline of the ledger.

    `outline_km2`: the whole outline on the ellipsoid, seen or not. `coverage`: share of it that the run saw,
    0..1; below 1 the areas are those of the part seen. `growth_km2`: ice outside all outlines that has grown
    from the ice inside this one (`core.measure.beyond`). `growth_error`: as in `Ledger`.
    """

    number: int
    id: str | None
    name: str | None
    source_date: date | None
    outline_km2: float
    coverage: float
    found: Found
    growth_km2: float
    growth_error: AreaError | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A run's areas by outline.

    `lines`: the outlines that touch the tile, in the order of their set; `elsewhere` counts the others.
    `inside`: all outlines together, every pixel once; `outlines_km2` and `coverage`: their ground likewise.
    `outside`: the rest of the tile, of whose ice `growth_km2` has grown from an outline's and `other_km2`
    from none. `overlap_km2`: ground that lies in more than one outline. `growth_error`: what the
    probabilities leave open of the growth, None without growth or without probabilities. `clouds`: unmasked
    cloud inside the outlines, None where the run did not look for it. `cut`: how much of the margin of the
    ice inside is none, because no data or the tile's edge begins there; None without ice. `snow`: what looks
    like snow around the outlines, None where it was not looked for.
    """

    outlines_sha256: str
    model: str
    lines: tuple[LedgerLine, ...]
    inside: Found
    outside: Found
    growth_km2: float
    outlines_km2: float
    coverage: float
    overlap_km2: float
    elsewhere: int
    growth_error: AreaError | None = None
    clouds: CloudCheck | None = None
    cut: OutlineCut | None = None
    snow: SnowAround | None = None

    @property
    def other_km2(self) -> float:
        """Ice outside all outlines that hangs together with none of theirs: snow, or glaciers they lack."""
        return max(0.0, self.outside.ice_km2 - self.growth_km2)


@dataclass(frozen=True, slots=True, eq=False)
class MappedTile:
    """The class map of a run.

    `probabilities` None: no errors are estimated from them. `votes` None: cloud is not looked for.
    """

    classes: Path
    grid: Grid
    spec: ModelSpec
    probabilities: Path | None = None
    trust: Trust | None = None
    votes: Path | None = None


def measure_ledger(
    mapped: MappedTile, outlines: OutlineSet, on_progress: OnProgress = ignore_progress
) -> Ledger:
    """What a run found inside each outline, strip by strip.

    Raises:
        OutlineError: the tile has no CRS, or too many outlines lie over one another.
        TileError: the class map cannot be read.
    """
    planes = place_outlines(outlines, mapped.grid)
    field = area_field(mapped.grid)
    if field is None:
        raise OutlineError(
            "The tile's coordinate reference system is a local one, so no outline can be placed on it. "
            "Georeference the tile and run it again."
        )
    sums, errors, beyond, cuts = (
        GroundSums(mapped.spec, len(planes)),
        OutlineErrors(mapped.spec, len(planes)),
        IceBeyond(len(planes), _ice_bands(mapped.spec)),
        CutStrips(mapped.spec),
    )
    votes = np.zeros(NO_DATA + 1, np.int64)
    for strip in _strips(mapped, planes, field, on_progress):
        sums.add(strip)
        errors.add(strip)
        beyond.add(strip)
        cuts.add(strip.classes, strip.inside)
        if strip.votes is not None:
            votes += count_votes(strip.votes[strip.inside])
    ledger = _ledger(mapped, outlines, planes, _Sums(sums, errors, beyond, mapped.trust or Trust()))
    return replace(ledger, clouds=cloud_check(votes) if mapped.votes else None, cut=cuts.finish())


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """What all strips together gave; rows as in `GroundSums`."""

    ground: GroundSums
    errors: OutlineErrors
    beyond: IceBeyond
    trust: Trust

    def growths(self) -> list[tuple[float, AreaError | None]]:
        """Growth of each row in km2 and its error; the last is that of all outlines."""
        ice = [info.index for info in self.ground.spec.classes if info.is_ice]
        grown = self.beyond.grown(self.ground.m2[:, ice].sum(axis=1))
        km2 = [float(m2) / M2_PER_KM2 for m2 in grown.m2]
        if grown.variance_m4 is None:
            return [(each, None) for each in km2]
        doubts = map(float, grown.variance_m4)
        return [
            (each, growth_error(each, doubt, self.trust)) for each, doubt in zip(km2, doubts, strict=True)
        ]

    def seen_share(self, row: int) -> float:
        """Share of the row's pixels that carry data, by their ground; 0 where it has no pixel."""
        of_classes = self.ground.m2[row]
        return float(1.0 - of_classes[-1] / of_classes.sum()) if of_classes.sum() else 0.0

    def found(self, row: int) -> Found:
        spec, km2 = self.ground.spec, self.ground.m2[row] / M2_PER_KM2
        areas = {info.key: float(km2[info.index]) for info in spec.classes}
        ice = sum(areas[info.key] for info in spec.classes if info.is_ice)
        seen = float(km2[:-1].sum())
        errors = self.errors.errors(row, {**areas, ALL_ICE: ice}, seen, self.trust) if row else ()
        return Found(areas, ice, seen, errors)


def _ledger(mapped: MappedTile, outlines: OutlineSet, planes: OutlinePlanes, sums: _Sums) -> Ledger:
    touching = [outlines.outlines[at] for at in planes.positions]
    shapes = outlines.geometries[planes.positions]
    areas, growths, within = outline_areas_km2(shapes), sums.growths(), planes.shares_within()
    lines = tuple(
        LedgerLine(
            each.number,
            each.id,
            each.name,
            each.source_date,
            float(area),
            float(share) * sums.seen_share(row),
            sums.found(row),
            *growths[row],
        )
        for row, (each, area, share) in enumerate(zip(touching, areas, within, strict=True), start=1)
    )
    overlap = sums.ground.overlap_m2 / M2_PER_KM2
    # Without overlaps the union's area is the sum: the union of thousands of outlines would take long.
    whole = (
        float(areas.sum())
        if not overlap
        else float(outline_areas_km2(np.array([shapely.union_all(shapes)]))[0])
    )
    # By what is missing: nothing missing is a share of 1 whatever order the processor adds in.
    together = float(1 - areas @ (1 - within) / areas.sum()) if areas.sum() else 0.0
    return Ledger(
        outlines_sha256=outlines.sha256,
        model=mapped.spec.key,
        lines=lines,
        inside=sums.found(len(planes) + 1),
        outside=sums.found(0),
        growth_km2=growths[-1][0],
        outlines_km2=whole,
        coverage=together * sums.seen_share(len(planes) + 1),
        overlap_km2=overlap,
        elsewhere=len(outlines) - len(planes),
        growth_error=growths[-1][1],
    )


def _ice_bands(spec: ModelSpec) -> tuple[int, ...]:
    """The bands of a probability raster that are ice."""
    return tuple(band for band, info in enumerate(spec.foreground) if info.is_ice)


def _strips(
    mapped: MappedTile, planes: OutlinePlanes, field: AreaField, on_progress: OnProgress
) -> Iterator[Strip]:
    """The tile from top to bottom; the next strip is made ready while the last one is counted."""
    height, width = mapped.grid.shape
    windows = [Window(row, 0, min(STRIP_PX, height - row), width) for row in range(0, height, STRIP_PX)]
    ice = np.zeros(NO_DATA + 1, np.bool_)
    ice[[info.index for info in mapped.spec.classes if info.is_ice]] = True
    files = [each for each in (mapped.classes, mapped.probabilities, mapped.votes) if each]
    bands = 1 + (len(mapped.spec.foreground) if mapped.probabilities else 0)

    def prepare(window: Window) -> Strip:
        found = rasters.read(window)
        ground = np.broadcast_to(field.read(window), found.shape[1:])
        levels, votes = (found[1:bands] if bands > 1 else None), (found[-1] if mapped.votes else None)
        return Strip(found[0], ice[found[0]], levels, ground, tuple(planes.read(window)), votes)

    with ResultPlanes(*files) as rasters, ThreadPoolExecutor(1, "firnline-ledger") as pool:
        ahead = pool.submit(prepare, windows[0])
        for window, following in zip(windows, [*windows[1:], None], strict=True):
            strip = ahead.result()
            if following is not None:
                ahead = pool.submit(prepare, following)
            yield strip
            on_progress((window.row + window.height) / height)
