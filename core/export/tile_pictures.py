"""Pictures of a tile for the map: its composites, which need nothing of what is computed from it.

The tile is read decimated first and warped to Web Mercator afterwards, because Leaflet stretches images
linearly in that projection; no picture has more than `MAX_PX` pixels a side.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from rasterio.enums import Resampling

from core.errors import ExportError
from core.export.mercator import mercator_grid, warp
from core.present.composites import Limits, available_composites, channel_planes, paint, stretch_limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from core.tiles.tile import Tile
    from core.types import Grid, Pixels

MAX_PX = 2048  # larger pictures take seconds to reach the browser and show nothing more
WEBP_QUALITY, WEBP_METHOD = 80, 0  # method 2 takes twice the time for 5 % fewer bytes


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
    composites, limits = _paint(tile, pixels, view, target)
    with told_errors():
        for kind, colours in composites.items():
            Image.fromarray(colours).save(folder / f"{kind}.webp", quality=WEBP_QUALITY, method=WEBP_METHOD)
    return TilePictures(tile, composites, limits, view, target)


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


def _paint(
    tile: Tile, pixels: Pixels, view: Grid, target: Grid | None
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, Limits]]:
    """RGBA pictures and stretch limits of every composite that the tile has the bands for."""
    layers, all_limits = {}, {}
    for composite in available_composites(tile.present):
        planes = channel_planes(composite, pixels)
        limits = stretch_limits(composite, planes)
        if limits is None:
            continue
        warped = warp(planes, view, target, outside=np.nan, resampling=Resampling.bilinear)
        layers[composite.kind] = paint(warped, limits)
        all_limits[composite.kind] = limits
    return layers, all_limits
