"""The scene's part of a change: ice outside all outlines that hangs together with no glacier's.

Snow that comes and goes far from every outline is no glacier's change. What lies inside an outline, or has
grown from the ice inside one (`core.measure.beyond`), cannot be told from the glacier and counts as its.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ComparisonError
from core.measure.beyond import IceBeyond
from core.measure.ground import area_field
from core.measure.overlap import overlap_of
from core.measure.strips import GroundSums, Strip
from core.measure.transitions import change_of_ice
from core.models import BINARY
from core.outlines.planes import place_outlines
from core.types import NO_DATA, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.measure.overlap import Overlap
    from core.measure.transitions import Surface
    from core.outlines.outline import OutlineSet

    Bytes = NDArray[np.uint8]
    Date = tuple[Bytes, Bytes | None]

STRIP_PX = 256  # rows read at once, as for the ledger
M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class ScenePart:
    """The scene's part of a change, km2; `sigma_km2` is None where a run has no probabilities."""

    value_km2: float
    sigma_km2: float | None = None


def scene_change(before: Surface, after: Surface, outlines: OutlineSet) -> ScenePart | None:
    """Change of the ice that belongs to no outline, on the ground that both saw; None where none lies there.

    Its error is what the probabilities leave open of such ice on both dates, as for growth in a ledger.

    Raises:
        ComparisonError: no common ground, or a run without georeference.
        OutlineError: too many outlines lie over one another.
        TileError: a result cannot be read.
    """
    overlap = overlap_of(before.grid, after.grid)
    planes, field = place_outlines(outlines, overlap.grid), area_field(overlap.grid)
    if field is None:  # a grid without CRS has no overlap either
        raise ComparisonError("The common ground cannot be measured. Georeference both tiles and run again.")
    if not len(planes):
        return None
    surfaces = before, after
    bands = [tuple(b for b, info in enumerate(each.spec.foreground) if info.is_ice) for each in surfaces]
    sums = [(GroundSums(BINARY, len(planes)), IceBeyond(len(planes), of)) for of in bands]
    for window, dates in _strips(overlap, surfaces):
        areas = np.broadcast_to(field.read(window), (window.height, window.width))
        labels = tuple(planes.read(window))
        for (classes, levels), (ground, beyond) in zip(dates, sums, strict=True):
            strip = Strip(classes, classes == 1, levels, areas, labels)
            ground.add(strip)
            beyond.add(strip)
    one, other = (beyond.grown(ground.m2[:, 1]) for ground, beyond in sums)
    areas_m2 = float(one.m2[0]), float(other.m2[0])
    if one.variance_m4 is None or other.variance_m4 is None:
        return ScenePart((areas_m2[1] - areas_m2[0]) / M2_PER_KM2)
    doubts = float(one.variance_m4[0]), float(other.variance_m4[0])
    change = change_of_ice(areas_m2, doubts, surfaces)
    return ScenePart(change.value_km2, change.sigma_km2)


def _strips(overlap: Overlap, surfaces: tuple[Surface, Surface]) -> Iterator[tuple[Window, list[Date]]]:
    """Strips of the common grid from the top, each as both runs have it."""
    height, width = overlap.grid.shape
    origin, kept = overlap.window, surfaces[overlap.reference]
    looked_up = surfaces[1 - overlap.reference]
    for row in range(0, height, STRIP_PX):
        window = Window(row, 0, min(STRIP_PX, height - row), width)
        own = Window(row + origin.row, origin.col, window.height, width)
        found = [kept.read(own), overlap.lookup.pick(looked_up.read, window)]
        dates = found if overlap.reference == 0 else found[::-1]
        unseen = (dates[0][0] == NO_DATA) | (dates[1][0] == NO_DATA)
        yield window, [_date(planes, of, unseen) for planes, of in zip(dates, surfaces, strict=True)]


def _date(planes: Bytes, surface: Surface, unseen: NDArray[np.bool_]) -> Date:
    """Ice (1), none (0) or unseen by either run (255), and the levels of the probabilities, if any."""
    ice = np.isin(planes[0], [info.index for info in surface.spec.classes if info.is_ice])
    return np.where(unseen, NO_DATA, ice).astype(np.uint8), planes[1:] if len(planes) > 1 else None
