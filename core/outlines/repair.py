"""Shapes made fit to measure with: polygons alone, valid, each once; and what had to be done for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from core.errors import OutlineError
from core.types import Finding, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLYGON, MULTIPOLYGON, COLLECTION = 3, 6, 7  # shapely's numbers of geometry types


@dataclass(frozen=True, slots=True, eq=False)
class DrawnShapes:
    """Valid polygons and multipolygons. `rows`: their rows in the file, from 0."""

    shapes: NDArray[np.object_]
    rows: NDArray[np.intp]
    findings: tuple[Finding, ...]


def repaired(shapes: NDArray[np.object_], name: str) -> DrawnShapes:
    """The polygons among shapes, with self-crossing ones repaired and what has no area left out.

    Raises:
        OutlineError: no polygon is among them, or none with an area remains.
    """
    empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    kinds = shapely.get_type_id(shapes)
    polygons = np.isin(kinds, (POLYGON, MULTIPOLYGON, COLLECTION)) & ~empty
    if not polygons.any():
        if empty.all():
            raise OutlineError(f"All outlines of {name} are empty. Hand in a file with polygons.")
        raise OutlineError(
            f"{name} holds lines or points and no polygon. Outlines are closed: convert the lines to "
            "polygons first."
        )
    crossing = polygons & ~shapely.is_valid(shapes)
    fixed = shapes.copy()
    fixed[crossing] = shapely.make_valid(shapes[crossing])
    parts = polygons & ~np.isin(shapely.get_type_id(fixed), (POLYGON, MULTIPOLYGON))
    fixed[parts] = [_areas_of(shape) for shape in fixed[parts]]
    usable = polygons & (shapely.area(fixed) > 0)
    if not usable.any():
        raise OutlineError(
            f"No outline of {name} has an area: they cross themselves so that nothing remains. "
            "Draw them again."
        )
    rows = np.flatnonzero(usable)
    findings = [
        _note(int(empty.sum()), "empty-outlines", "empty or nowhere on earth and left out"),
        _note(
            int((~empty & ~polygons).sum()),
            "not-polygons",
            "a line or point and left out",
            plural="lines or points and left out",
        ),
        _note(int((polygons & ~usable).sum()), "no-area", "without an area and left out"),
    ]
    mended = int((crossing & usable).sum())
    if mended:
        findings.append(
            Finding(
                Severity.WARNING,
                "self-crossing",
                f"{_outlines(mended)} crossed {'itself' if mended == 1 else 'themselves'} and "
                f"{'was' if mended == 1 else 'were'} repaired. Once the outlines are saved the map shows "
                "them: draw those anew whose repair is not what was meant.",
            )
        )
    return DrawnShapes(fixed[rows], rows, tuple(finding for finding in findings if finding is not None))


def _areas_of(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a collection as one shape."""
    pieces = shapely.get_parts(shape)
    return shapely.union_all(pieces[np.isin(shapely.get_type_id(pieces), (POLYGON, MULTIPOLYGON))])


def _note(count: int, code: str, words: str, plural: str | None = None) -> Finding | None:
    if not count:
        return None
    told = f"{_outlines(count)} {'is' if count == 1 else 'are'} {words if count == 1 else plural or words}."
    return Finding(Severity.WARNING, code, told)


def _outlines(count: int) -> str:
    return f"{count:,} outline{'s' if count != 1 else ''}"
