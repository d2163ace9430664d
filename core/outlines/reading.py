"""Reading outlines from vector files: fields of the inventories, geometry in degrees, what was noticed."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import CRSError as VectorCrsError
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from core.errors import OutlineCrsError, OutlineError
from core.outlines.fields import describe
from core.outlines.opening import VectorSource, vector_source
from core.outlines.outline import Outline, OutlineSet
from core.outlines.repair import DrawnShapes, repaired

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MOST_OUTLINES = 100_000  # the largest region of the RGI has 30,000
MOST_POINTS = 20_000_000
DEGREES = 4326


def read_outlines(path: Path, name: str, epsg: int | None = None) -> OutlineSet:
    """The outlines of a file, in degrees. `name` is what the user calls it.

    `epsg`: the code of the CRS that the user states; it counts only where the file names none.

    Raises:
        OutlineCrsError: the file names no CRS and none is stated.
        OutlineError: the file cannot serve as outlines.
    """
    with vector_source(path, name) as source:
        meta, shapes, fields = _read(source, name)
    if not len(shapes):
        raise OutlineError(f"{name} holds no outline. Hand in a file with at least one polygon.")
    crs = _crs_of(meta["crs"], source, shapes, name, epsg)
    drawn = repaired(_in_degrees(shapes, crs, name), name)
    return _assemble(
        drawn, {str(key): values for key, values in zip(meta["fields"], fields, strict=True)}, name
    )


def drawn_outlines(drawings: list[dict[str, Any]], origin: str = "drawn on the map") -> OutlineSet:
    """The polygons that were drawn on a map, as GeoJSON features in degrees.

    Raises:
        OutlineError: nothing was drawn that has an area.
    """
    shapes = np.array(
        [shapely.geometry.shape(drawing["geometry"]) for drawing in drawings if drawing.get("geometry")],
        dtype=object,
    )
    if not len(shapes):
        raise OutlineError("Nothing is drawn yet. Draw a polygon around the glacier on the map first.")
    drawn = repaired(shapes, "The drawing")
    outlines = (
        Outline(number, None, None, shape, "drawn") for number, shape in enumerate(drawn.shapes, start=1)
    )
    return OutlineSet(tuple(outlines), origin, drawn.findings)


def _read(source: VectorSource, name: str) -> tuple[dict[str, Any], NDArray[np.object_], list[NDArray[Any]]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd fields and rings, which are looked at below
            meta, _, shapes, fields = pyogrio.raw.read(
                source.connection, layer=source.layer, force_2d=True, max_features=MOST_OUTLINES + 1
            )
    except (DataSourceError, DataLayerError, FieldError, VectorCrsError, UnicodeDecodeError) as error:
        raise OutlineError(f"{name} is damaged: its outlines cannot be read. Export it again.") from error
    if shapes is None:
        raise OutlineError(f"{name} is a table without shapes. Hand in a file with polygons.")
    if len(shapes) > MOST_OUTLINES:
        raise OutlineError(
            f"{name} holds more than {MOST_OUTLINES:,} outlines, which is the most. "
            "Cut out the region around the site first."
        )
    with np.errstate(invalid="ignore"):  # of points that are no numbers, which are looked at below
        read = shapely.from_wkb(shapes, on_invalid="fix")
    points = int(shapely.get_num_coordinates(read).sum())
    if points > MOST_POINTS:
        raise OutlineError(
            f"{name} has {points:,} points; {MOST_POINTS:,} is the most. "
            "Cut out the region around the site first."
        )
    return meta, read, fields


def _crs_of(
    named: str | None, source: VectorSource, shapes: NDArray[np.object_], name: str, epsg: int | None
) -> CRS:
    """The CRS that the file names, or else the user."""
    points = shapely.get_coordinates(shapes)
    points = points[np.isfinite(points).all(axis=1)]
    in_degrees = bool((np.abs(points) <= [360, 90]).all())
    found = _understood(named)
    # GDAL says degrees of every GeoJSON that does not name another CRS, whatever its numbers are.
    if found is not None and not (source.always_degrees and found.is_geographic and not in_degrees):
        return found
    if epsg is None:
        raise OutlineCrsError(
            f"{name} does not say where on earth it lies: it names no coordinate reference system. "
            "State its EPSG code, or add the CRS to the file (the .prj of a shapefile)."
        )
    stated = _understood(f"EPSG:{epsg}")
    if stated is None:
        raise OutlineCrsError(
            f"EPSG:{epsg} is no coordinate reference system that places things on earth. State another code, "
            "such as 4326 for degrees or 32643 for UTM zone 43 north."
        )
    return stated


def _understood(named: str | None) -> CRS | None:
    """A CRS that lies on earth, or None."""
    try:
        crs = CRS.from_user_input(named).to_2d() if named else None
    except CRSError:
        return None
    return crs if crs is not None and (crs.is_geographic or crs.is_projected) else None


def _in_degrees(shapes: NDArray[np.object_], crs: CRS, name: str) -> NDArray[np.object_]:
    """The shapes in degrees; those that their CRS cannot place are gone (None)."""
    if crs.to_epsg() == DEGREES:
        moved = shapes
    else:
        to_degrees = Transformer.from_crs(crs, DEGREES, always_xy=True)
        moved = shapely.transform(shapes, to_degrees.transform, interleaved=False)
    bounds = shapely.bounds(moved)
    on_earth = np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= [360, 90, 360, 90]).all(axis=1)
    points, owners = shapely.get_coordinates(moved, return_index=True)
    on_earth[owners[~np.isfinite(points).all(axis=1)]] = False  # bounds pass over points that are no numbers
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if present.any() and not on_earth.any():
        raise OutlineError(
            f"The outlines of {name} lie nowhere on earth in their coordinate reference system ({crs.name}). "
            "State or correct the CRS, and hand it in again."
        )
    placed: NDArray[np.object_] = moved.copy()
    placed[present & ~on_earth] = None
    return placed


def _assemble(drawn: DrawnShapes, fields: dict[str, NDArray[Any]], name: str) -> OutlineSet:
    """Shapes and fields as outlines."""
    facts = describe(fields, drawn.rows)
    outlines = (
        Outline(int(row) + 1, each.id, each.name, shape, facts.source, each.source_date, each.attributes)
        for row, shape, each in zip(drawn.rows, drawn.shapes, facts.rows, strict=True)
    )
    whole = OutlineSet(tuple(outlines), name)
    return OutlineSet(whole.outlines, name, (*drawn.findings, *facts.findings(whole)))
