"""Georeference: the grid that a tile is measured on, and what is wrong with it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import TileError
from core.types import Finding, Grid, Severity

if TYPE_CHECKING:
    from core.tiles.opening import Header

_MAX_LONGITUDE = 360.5  # some tiles count 0..360; half a pixel of a coarse grid may hang over
_MAX_LATITUDE = 90.5


def usable_grid(header: Header) -> tuple[Grid, tuple[Finding, ...]]:
    """The grid of a file, without a CRS where it cannot be measured on, and the findings that say so."""
    grid = Grid.of(header.crs, header.affine, header.height, header.width)
    flaw = _flaw(header, grid)
    if flaw:
        return replace(grid, crs_wkt=None), (flaw,)
    return grid, tuple(_notes(header, grid))


def require_ground(header: Header) -> None:
    """Refuse a file whose pixels cover nothing.

    Raises:
        TileError: the transform takes pixels to no area.
    """
    coefficients = tuple(header.affine)[:6]
    if not all(math.isfinite(c) for c in coefficients) or header.affine.determinant == 0:
        raise TileError(
            f"{header.name} has a georeference that gives its pixels no area "
            f"({', '.join(f'{c:g}' for c in coefficients)}). Export it again with a valid geotransform."
        )


def _flaw(header: Header, grid: Grid) -> Finding | None:
    """Why no area can be measured on a grid; None where it can."""
    remedy = "Pixels are classified and counted; for areas state the pixel size, or georeference the file."
    if grid.crs is None:
        points = " only ground control points;" if header.has_control_points else ""
        return Finding(
            Severity.WARNING, "no-crs", f"{header.name} has{points} no coordinate system (CRS). {remedy}"
        )
    if header.affine.is_identity:
        text = f"{header.name} names a coordinate system but not where its pixels lie in it. {remedy}"
        return Finding(Severity.WARNING, "no-transform", text)
    if not (grid.crs.is_geographic or grid.crs.is_projected):
        text = f"{header.name} has a local coordinate system, which lies nowhere on Earth. {remedy}"
        return Finding(Severity.WARNING, "local-crs", text)
    if grid.crs.is_geographic and not _on_earth(grid):
        text = f"{header.name} claims degrees, but its coordinates are beyond 180 or 90 degrees. {remedy}"
        return Finding(Severity.WARNING, "impossible-coordinates", text)
    return None


def _on_earth(grid: Grid) -> bool:
    corners = [grid.affine * (col, row) for col in (0, grid.width) for row in (0, grid.height)]
    return all(abs(x) <= _MAX_LONGITUDE and abs(y) <= _MAX_LATITUDE for x, y in corners)


def _notes(header: Header, grid: Grid) -> list[Finding]:
    notes = []
    if grid.crs is not None and grid.crs.is_geographic:
        text = (
            f"{header.name} is in degrees. Areas are right, for they are taken on the ellipsoid; the "
            "models were "
            "trained on square pixels in metres and see this tile squeezed."
        )
        notes.append(Finding(Severity.NOTE, "geographic-crs", text))
    if grid.rotated:
        text = f"{header.name} has a rotated grid. Areas are right; previews are turned to north on the map."
        notes.append(Finding(Severity.NOTE, "rotated-grid", text))
    return notes
