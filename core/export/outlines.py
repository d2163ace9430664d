"""Outlines of a run: its glaciers, their debris and their lakes as polygons with areas and errors.

A glacier is what hangs together as ice, whatever its cover: clean ice and debris joined by the sides of
pixels. Rock that stands out of it and lakes on it stay holes, so that areas are those of the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from core.errors import ExportError
from core.export.borders import walk
from core.export.divides import cut_along, divide
from core.export.lakes import LakeType, find_shore
from core.export.placing import Placed, place
from core.export.tracing import as_array, open_classes, simplify_together, trace
from core.models import model_spec
from core.runs import MIN_AREA_KM2

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.export.borders import Walked
    from core.export.lakes import Shore
    from core.models import ModelSpec
    from core.outlines.outline import Outline, OutlineSet
    from core.runs import Run

    Geometries = NDArray[np.object_]
    Floats = NDArray[np.float64]
    Numbers = NDArray[np.intp]

DEBRIS, WATER = "debris", "water"  # keys of the classes that have layers of their own
NONE = -1


@dataclass(frozen=True, slots=True)
class OutlineOptions:
    """How a run is outlined.

    `smallest_km2`: smaller glaciers and lakes are left out. `simplify_px`: corners whose triangle is smaller
    than the square of this are cut off; 0 keeps the edges of the pixels, 1.5 smooths their stairs.
    """

    smallest_km2: float = MIN_AREA_KM2
    simplify_px: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Glaciers:
    """The glaciers, largest first.

    `debris_km2` is None for a model without that class. `lakes_km2`: lakes on the ice, which are holes and
    not in the area. `meets_lake`: a proglacial lake touches the ice. `cut_off`: the edge of the tile cuts the
    glacier. `known`: the outline of the site that each carries on, or None.
    """

    ids: tuple[str, ...]
    placed: Placed
    debris_km2: Floats | None
    lakes_km2: Floats | None
    meets_lake: NDArray[np.bool_]
    cut_off: NDArray[np.bool_]
    known: tuple[Outline | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class DebrisParts:
    """The connected parts of the debris cover, each with the glacier that it lies on, by number and id."""

    ids: tuple[str, ...]
    placed: Placed
    owners: Numbers
    glacier_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Lakes:
    """The lakes, largest first, each with the largest glacier whose ice it touches, or None."""

    ids: tuple[str, ...]
    placed: Placed
    glacier_ids: tuple[str | None, ...]
    shores: tuple[Shore, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RunOutlines:
    """The outlines of a run.

    `left_out`, `left_out_km2`: glaciers below the smallest area.
    """

    run: Run
    options: OutlineOptions
    glaciers: Glaciers
    debris: DebrisParts
    lakes: Lakes
    left_out: int
    left_out_km2: float


def outline_run(
    run: Run, classes_path: Path, options: OutlineOptions | None = None, known: OutlineSet | None = None
) -> RunOutlines:
    """The outlines of a run's class map. `known`: those of its site, whose ids are carried on.

    Raises:
        ExportError: the tile has no CRS, or the class map cannot be read.
    """
    options = options or OutlineOptions()
    grid, crs = run.tile.grid, run.tile.grid.crs
    if crs is None:
        raise _without_place(run)
    spec = model_spec(run.model)
    traced = _trace(classes_path, spec, options)
    divided = divide(traced.ice, known, grid, crs)
    pieces = divided.borders.polygons
    on_pieces = cut_along(traced.debris, pieces) if divided.cut else traced.debris.borders
    layers = (divided.borders, on_pieces, traced.lakes.borders)
    ice, debris, lakes = (place(layer, grid, crs) for layer in layers)
    chosen, waters = (_largest_first(placed, options.smallest_km2) for placed in (ice, lakes))
    ids = tuple(f"{run.id[:8]}-G{n:05d}" for n in range(1, len(chosen) + 1))
    tree = shapely.STRtree(pieces[chosen])
    parts = _debris_parts(run, debris, _owners(tree, on_pieces.polygons), ids)
    shores = tuple(traced.shores[lake] for lake in waters)
    beside = _beside(tree, traced.lakes.polygons[waters], shores)
    on_ice, before_ice = (
        (beside != NONE) & np.array([shore.lake_type is kind for shore in shores], bool)
        for kind in (LakeType.SUPRAGLACIAL, LakeType.PROGLACIAL)
    )
    keys = {info.key for info in spec.classes}
    return RunOutlines(
        run=run,
        options=options,
        glaciers=Glaciers(
            ids,
            ice[chosen],
            _sums(parts.owners, parts.placed.areas_km2, len(ids)) if DEBRIS in keys else None,
            _sums(beside[on_ice], lakes[waters].areas_km2[on_ice], len(ids)) if WATER in keys else None,
            meets_lake=np.isin(np.arange(len(ids)), beside[before_ice]),
            cut_off=_cut_off(pieces[chosen], grid.shape),
            known=tuple(divided.known[glacier] for glacier in chosen),
        ),
        debris=parts,
        lakes=_lakes(run, lakes[waters], ids, (beside, shores)),
        left_out=len(ice.areas_km2) - len(chosen),
        left_out_km2=float(ice.areas_km2.sum() - ice.areas_km2[chosen].sum()),
    )


def _without_place(run: Run) -> ExportError:
    return ExportError(
        f"{run.tile.name} has no coordinate reference system, so its outlines have no place on the "
        "ground. Georeference the tile and run it again."
    )


def _lakes(
    run: Run, placed: Placed, ids: tuple[str, ...], beside: tuple[Numbers, tuple[Shore, ...]]
) -> Lakes:
    """The lakes with their ids and those of the glaciers beside them."""
    glaciers, shores = beside
    names = tuple(f"{run.id[:8]}-L{n:05d}" for n in range(1, len(shores) + 1))
    return Lakes(names, placed, tuple(ids[g] if g != NONE else None for g in glaciers), shores)


@dataclass(frozen=True, slots=True, eq=False)
class _Traced:
    """Polygons in pixels with their walked borders; `shores` are those of the lakes."""

    ice: Walked
    debris: Walked
    lakes: Walked
    shores: list[Shore]


def _trace(path: Path, spec: ModelSpec, options: OutlineOptions) -> _Traced:
    members = {info.key: [info.index] for info in spec.classes}
    ice_members = [info.index for info in spec.classes if info.is_ice]
    with open_classes(path) as classes:
        ice = trace(classes, ice_members)
        debris = trace(classes, members.get(DEBRIS, []))
        lakes = trace(classes, members.get(WATER, []))
        shores = [find_shore(classes, lake, ice_members) for lake in lakes]
        walked = walk(classes, (ice, debris, lakes))  # along the pixels, simplified or not
        clean = (
            trace(classes, set(ice_members) - set(members.get(DEBRIS, []))) if options.simplify_px else None
        )
    if clean is not None:
        owners = _owners(shapely.STRtree(ice), np.concatenate([clean, debris]))
        clean, debris, lakes = simplify_together([clean, debris, lakes], options.simplify_px)
        parts = np.concatenate([clean, debris])
        ice = as_array([shapely.coverage_union_all(parts[owners == g]) for g in range(len(ice))])
    by_ice, by_debris, by_lakes = walked
    return _Traced(
        replace(by_ice, polygons=ice),
        replace(by_debris, polygons=debris),
        replace(by_lakes, polygons=lakes),
        shores,
    )


def _largest_first(placed: Placed, smallest_km2: float) -> Numbers:
    """Which polygons are large enough, the largest first."""
    large = np.flatnonzero(placed.areas_km2 >= smallest_km2)
    return large[np.argsort(-placed.areas_km2[large], kind="stable")]


def _owners(glaciers: shapely.STRtree, parts: Geometries) -> Numbers:
    """For each part of glaciers the number of the one that it belongs to, or `NONE`."""
    owners = np.full(len(parts), NONE, np.intp)
    if len(parts):
        part, glacier = glaciers.query(shapely.point_on_surface(parts), predicate="within")
        owners[part] = glacier
    return owners


def _beside(glaciers: shapely.STRtree, lakes: Geometries, shores: tuple[Shore, ...]) -> Numbers:
    """For each lake the number of the largest glacier that it touches, or `NONE`."""
    beside = np.full(len(lakes), NONE, np.intp)
    for lake, (polygon, shore) in enumerate(zip(lakes, shores, strict=True)):
        if shore.ice_sides:
            touched = glaciers.query(polygon, predicate="intersects")  # numbered by size, largest first
            beside[lake] = touched.min(initial=len(glaciers)) if len(touched) else NONE
    return beside


def _debris_parts(run: Run, placed: Placed, owners: Numbers, ids: tuple[str, ...]) -> DebrisParts:
    """The parts that lie on glaciers that are kept, glacier by glacier."""
    on_ice = np.flatnonzero(owners != NONE)
    on_ice = on_ice[np.argsort(owners[on_ice], kind="stable")]
    names = tuple(f"{run.id[:8]}-D{n:05d}" for n in range(1, len(on_ice) + 1))
    return DebrisParts(names, placed[on_ice], owners[on_ice], tuple(ids[g] for g in owners[on_ice]))


def _cut_off(glaciers: Geometries, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Which glaciers reach the edge of the tile."""
    left, top, right, bottom = shapely.bounds(glaciers).reshape(-1, 4).T
    height, width = shape
    reached: NDArray[np.bool_] = (left <= 0) | (top <= 0) | (right >= width) | (bottom >= height)
    return reached


def _sums(numbers: Numbers, areas_km2: Floats, count: int) -> Floats:
    """The areas that belong to each number."""
    return np.bincount(numbers, areas_km2, count).astype(np.float64)
