"""Seasonal snow around the last outlines: taken for ice by the network, or seen by NDSI alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rasterio.windows import Window as RasterWindow

from core.checks import Rule
from core.measure.ground import area_field
from core.measure.votes import ICE, KNOWN, NETWORK
from core.outlines.planes import place_outlines
from core.tiles.opening import open_raster
from core.types import NO_DATA, Finding, Severity, Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from core.outlines.outline import OutlineSet
    from core.outlines.planes import OutlinePlanes
    from core.types import Grid

RING_PX = 10  # a glacier does not grow by so much between scenes; its neighbours lie farther off as a rule
MUCH = 0.1  # share of the ring taken for ice; outlines are off by a pixel or two, which is less than this
SNOW_CODE = "seasonal-snow"
MOST = 0.5  # share of the ring under snow by NDSI: more than half, and it hides margins and debris
STRIP_PX = 256
M2_PER_KM2 = 1e6


@dataclass(frozen=True, slots=True)
class SnowAround:
    """Ground within `RING_PX` pixels outside the outlines: what was seen of it, and what looks like snow.

    `taken_km2`: snow by NDSI that the network took for ice. `snow_km2`: all snow by NDSI. `judged_km2`:
    ground on which NDSI could tell.
    """

    seen_km2: float
    taken_km2: float
    snow_km2: float
    judged_km2: float

    @property
    def taken_share(self) -> float:
        """Share of the seen ground that the network took for ice, 0..1."""
        return self.taken_km2 / self.seen_km2 if self.seen_km2 else 0.0

    @property
    def snow_share(self) -> float:
        """Share of the judged ground that is snow by NDSI, 0..1."""
        return self.snow_km2 / self.judged_km2 if self.judged_km2 else 0.0


def measure_snow(votes: Path, grid: Grid, outlines: OutlineSet) -> SnowAround | None:
    """The snow around the outlines on a tile, by the run's votes; None where no outline touches the tile.

    Raises:
        OutlineError: the tile has no CRS, or too many outlines lie over one another.
        TileError: the votes cannot be read.
    """
    inside = place_outlines(outlines, grid)
    field = area_field(grid)
    if not len(inside) or field is None:
        return None
    reach = RING_PX * max(grid.pixel_size)
    around = replace(
        inside, shapes=shapely.buffer(inside.shapes, reach), planes=(np.arange(len(inside), dtype=np.intp),)
    )
    seen = taken = snow = judged = 0.0
    with open_raster(votes, votes.name) as raster:
        for row in range(0, grid.height, STRIP_PX):
            window = Window(row, 0, min(STRIP_PX, grid.height - row), grid.width)
            vote = raster.read(1, window=RasterWindow(0, row, window.width, window.height))
            ring = _covered(around, window) & ~_covered(inside, window) & (vote != NO_DATA)
            ground = np.broadcast_to(field.read(window), vote.shape)
            by_ndsi = ring & ((vote & ICE[Rule.NDSI]) > 0)
            seen += float(ground[ring].sum())
            taken += float(ground[by_ndsi & ((vote & NETWORK) > 0)].sum())
            snow += float(ground[by_ndsi].sum())
            judged += float(ground[ring & ((vote & KNOWN[Rule.NDSI]) > 0)].sum())
    return SnowAround(*(m2 / M2_PER_KM2 for m2 in (seen, taken, snow, judged)))


def snow_findings(around: SnowAround | None) -> Iterator[Finding]:
    """A warning where much of the ground around the outlines was taken for ice, or lies under snow."""
    if around is None:
        return
    beside = f"of the ground within {RING_PX} pixels outside the site's outlines"
    if around.taken_share > MUCH:
        text = (
            f"Seasonal snow: {100 * around.taken_share:.0f} % {beside} ({around.taken_km2:.2f} km2) look "
            "like snow to the model and by NDSI. Areas outside the outlines are likely not ice: take a scene "
            "from the end of the melt season to measure change."
        )
    elif around.snow_share > MOST:
        text = (
            f"Seasonal snow: {100 * around.snow_share:.0f} % {beside} ({around.snow_km2:.2f} km2) look like "
            "snow by NDSI, though the model does not take it for ice. Snow on the glacier hides its margin "
            "and its debris as well: take a scene from the end of the melt season to measure change."
        )
    else:
        return
    yield Finding(Severity.WARNING, SNOW_CODE, text)


def _covered(planes: OutlinePlanes, window: Window) -> NDArray[np.bool_]:
    covered = np.zeros((window.height, window.width), np.bool_)
    for labels in planes.read(window):
        covered |= labels > 0
    return covered
