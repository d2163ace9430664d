"""Overlays: rasters of a run as pictures that lie on its map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ExportError
from core.export.mercator import mercator_grid, warp
from core.export.previews import read_decimated, save_palette
from core.export.tile_pictures import MAX_PX
from core.present.verdicts import OUTSIDE
from core.tiles.tile import overview_grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.types import Grid


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """A raster of bytes and the colours of its values, RGBA (256, 4). `kind` names artifact and file."""

    kind: str
    raster: str
    palette: NDArray[np.uint8]


def write_overlays(folder: Path, grid: Grid, overlays: Sequence[Overlay]) -> list[tuple[str, str]]:
    """Write each overlay as a PNG with a palette, where the other previews lie; kind and file name of each.

    Raises:
        ExportError: a raster cannot be read, or a picture cannot be written.
    """
    view = overview_grid(grid, MAX_PX)
    target = mercator_grid(view, MAX_PX)
    named = []
    for overlay in overlays:
        values = read_decimated(folder / overlay.raster, view.shape)[0]
        name = f"{overlay.kind}.png"
        try:
            save_palette(folder / name, warp(values, view, target, outside=OUTSIDE), overlay.palette)
        except OSError as error:
            raise ExportError(
                f"{name} cannot be written: {error.strerror or error}. Free some space."
            ) from error
        named.append((overlay.kind, name))
    return named
