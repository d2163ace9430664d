"""The scene's part of a change: ice outside all outlines that hangs together with no glacier's.

Snow that comes and goes far from every outline is no glacier's change. What lies inside an outline, or has
grown from the ice inside one (`core.measure.beyond`), cannot be told from the glacier and counts as its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.errors import ComparisonError
from core.measure.beyond import IceBeyond
from core.measure.ground import area_field
from core.measure.overlap import overlap_of
from core.measure.strips import GroundSums, Strip
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

STRIP_PX = 256  # rows read at once, as for the ledger
M2_PER_KM2 = 1e6


def scene_change_km2(before: Surface, after: Surface, outlines: OutlineSet) -> float | None:
    """Change of the ice that belongs to no outline, on the ground that both saw; None where none lies there.

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
    sums = [(GroundSums(BINARY, len(planes)), IceBeyond(len(planes))) for _ in range(2)]
    for window, glacier in _strips(overlap, (before, after)):
        areas = np.broadcast_to(field.read(window), (window.height, window.width))
        labels = tuple(planes.read(window))
        for classes, (ground, beyond) in zip(glacier, sums, strict=True):
            strip = Strip(classes, classes == 1, None, areas, labels)
            ground.add(strip)
            beyond.add(strip)
    other = [float(beyond.grown(ground.m2[:, 1]).m2[0]) / M2_PER_KM2 for ground, beyond in sums]
    return other[1] - other[0]


def _strips(overlap: Overlap, surfaces: tuple[Surface, Surface]) -> Iterator[tuple[Window, list[Bytes]]]:
    """Strips of the common grid from the top: both runs as ice (1), none (0) or unseen by either (255)."""
    height, width = overlap.grid.shape
    origin, kept = overlap.window, surfaces[overlap.reference]
    looked_up = surfaces[1 - overlap.reference]
    for row in range(0, height, STRIP_PX):
        window = Window(row, 0, min(STRIP_PX, height - row), width)
        own = Window(row + origin.row, origin.col, window.height, width)
        found = [kept.read(own)[0], overlap.lookup.pick(looked_up.read, window)[0]]
        classes = found if overlap.reference == 0 else found[::-1]
        unseen = (classes[0] == NO_DATA) | (classes[1] == NO_DATA)
        yield window, [_glacier(each, of, unseen) for each, of in zip(classes, surfaces, strict=True)]


def _glacier(classes: Bytes, surface: Surface, unseen: NDArray[np.bool_]) -> Bytes:
    ice = np.isin(classes, [info.index for info in surface.spec.classes if info.is_ice])
    return np.where(unseen, NO_DATA, ice).astype(np.uint8)
