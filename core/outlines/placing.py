"""Whether outlines lie where the runs of a site do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from core.errors import OutlineError
from core.outlines.outline import OutlineSet
from core.types import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.runs import MapBounds


def placed_near(outlines: OutlineSet, runs: Sequence[MapBounds], *, only_near: bool) -> OutlineSet:
    """The outlines of a site whose runs lie in these rectangles; without runs all are taken as they are.

    `only_near` leaves out those that touch no run; else a finding tells how many do not.

    Raises:
        OutlineError: no outline touches any run.
    """
    if not runs or not len(outlines):
        return outlines
    near = np.zeros(len(outlines), np.bool_)
    for bounds in set(runs):
        rectangle = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
        near |= shapely.intersects(outlines.geometries, rectangle)
    if not near.any():
        raise _elsewhere(outlines, runs[0])
    far = int((~near).sum())
    if not far:
        return outlines
    if only_near:
        return outlines.only(np.flatnonzero(near))
    text = (
        f"{far:,} of {len(outlines):,} outlines touch{'es' if far == 1 else ''} no run of this site; "
        "their areas stay unknown until a run sees them."
    )
    finding = Finding(Severity.NOTE, "unseen-outlines", text)
    return OutlineSet(outlines.outlines, outlines.origin, (*outlines.findings, finding))


def _elsewhere(outlines: OutlineSet, run: MapBounds) -> OutlineError:
    return OutlineError(
        f"The outlines of {outlines.origin} lie around {_around(outlines.bounds)}, but the runs of this site "
        f"around {_around(run)}: they have no common ground. Check the file, its coordinate reference system "
        "and the site."
    )


def _around(bounds: MapBounds | None) -> str:
    """The middle of a rectangle in words."""
    if bounds is None:
        return "nowhere"
    latitude, longitude = (bounds.south + bounds.north) / 2, (bounds.west + bounds.east) / 2
    return (
        f"{abs(latitude):.2f}° {'S' if latitude < 0 else 'N'}, "
        f"{abs(longitude):.2f}° {'W' if longitude < 0 else 'E'}"
    )
