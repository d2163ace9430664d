"""Pictures of a tile for the map: its composites, which need nothing of what is computed from it.

The tile is read decimated first and warped to Web Mercator afterwards, because Leaflet stretches images
linearly in that projection; no picture has more than `MAX_PX` pixels a side.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from rasterio.enums import Resampling

from core.errors import ExportError
from core.export.mercator import mercator_grid, warp
from core.present.composites import (
    Composite,
    Limits,
    available_composites,
    channel_planes,
    paint,
    stretch_limits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from core.tiles.tile import Tile
    from core.types import Grid, Pixels

MAX_PX = 2048  # larger pictures take seconds to reach the browser and show nothing more
DRAWERS = 2  # pictures that are drawn at once: each takes some 150 MB for a scene
WEBP_QUALITY, WEBP_METHOD = 80, 2  # method 3 takes twice the time for 2 % fewer bytes


@dataclass(frozen=True, slots=True, eq=False)
class TilePictures:
    """The composites of a tile that were written, and where they lie.

    `composites`: kind -> RGBA (h, w, 4), `limits`: kind -> what its stretch spans. `view`: the tile's grid as
    it was read, decimated; `target`: the pictures' grid on a map, None without a CRS.
    """

    tile: Tile
    composites: dict[str, NDArray[np.uint8]]
    limits: dict[str, Limits]
    view: Grid
    target: Grid | None


def draw_tile(folder: Path, tile: Tile, pixels: Pixels, view: Grid) -> TilePictures:
    """Write `composite-*` WebP of every composite that the tile has the bands for.

    `pixels` and `view`: the tile's overview of `MAX_PX`.

    Raises:
        ExportError: a picture cannot be written.
    """
    target = mercator_grid(view, MAX_PX)
    with told_errors(), ThreadPoolExecutor(DRAWERS, "firnline-drawing") as pool:
        wanted = available_composites(tile.present)
        drawn = list(pool.map(lambda composite: _draw(folder, composite, pixels, view, target), wanted))
    painted = {composite.kind: found for composite, found in zip(wanted, drawn, strict=True) if found}
    return TilePictures(
        tile,
        {kind: colours for kind, (colours, _) in painted.items()},
        {kind: limits for kind, (_, limits) in painted.items()},
        view,
        target,
    )


@contextmanager
def told_errors() -> Iterator[None]:
    """Tell a full disk and the like as what it is.

    Raises:
        ExportError: a picture cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"The previews cannot be written: {error.strerror or error}. Free some space."
        ) from error


def _draw(
    folder: Path, composite: Composite, pixels: Pixels, view: Grid, target: Grid | None
) -> tuple[NDArray[np.uint8], Limits] | None:
    """Write a composite's picture; its RGBA and its stretch limits, None where a channel has no data."""
    planes = channel_planes(composite, pixels)
    limits = stretch_limits(composite, planes)
    if limits is None:
        return None
    warped = warp(planes, view, target, outside=np.nan, resampling=Resampling.bilinear)
    colours = paint(warped, limits)
    picture = Image.fromarray(colours)
    picture.save(folder / f"{composite.kind}.webp", quality=WEBP_QUALITY, method=WEBP_METHOD)
    return colours, limits
