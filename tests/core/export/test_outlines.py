from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from rasterio.crs import CRS

from core.errors import ExportError
from core.export.lakes import LakeType
from core.export.outlines import OutlineOptions, RunOutlines, outline_run
from core.export.tracing import open_classes, trace
from core.measure.areas import Counts, class_areas
from core.measure.ground import area_field
from core.models import MULTICLASS
from core.types import Grid
from tests.core.export.class_maps import (
    BACKGROUND,
    CLEAN,
    DEBRIS,
    NO_DATA,
    UTM_TRANSFORM,
    WATER,
    utm_grid,
    write_classes,
)

ALL = OutlineOptions(smallest_km2=0.0)
Classes = NDArray[np.uint8]


def outlines(
    folder: Path, values: Classes, options: OutlineOptions = ALL, grid: Grid | None = None
) -> RunOutlines:
    return outline_run(write_classes(folder, values, grid), folder / "classes.tif", options)


def valley() -> Classes:
    """A glacier of clean ice with a nunatak, a debris tongue, a lake on it, one before it and one apart."""
    classes = np.zeros((80, 60), np.uint8)
    classes[5:40, 10:50] = CLEAN
    classes[15:20, 20:25] = BACKGROUND  # the nunatak
    classes[40:60, 20:40] = DEBRIS
    classes[45:49, 25:30] = WATER  # on the tongue
    classes[60:66, 24:36] = WATER  # before it
    classes[70:75, 5:12] = WATER  # apart from any ice
    return classes


def class_km2(classes: Classes, grid: Grid) -> list[float]:
    field = area_field(grid)
    assert field is not None
    counts = Counts.of(classes, MULTICLASS, field.read(grid.full_window))
    return [area.area_km2 or 0.0 for area in class_areas(counts, MULTICLASS)]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.sampled_from([0, 1, 2, 3, 255]),
    )
)
def test_the_polygons_of_a_class_cover_its_pixels_and_nothing_else(tmp_path: Path, classes: Classes) -> None:
    write_classes(tmp_path, classes)
    with open_classes(tmp_path / "classes.tif") as dataset:
        polygons = trace(dataset, [CLEAN, DEBRIS])
    assert shapely.is_valid(polygons).all()
    assert shapely.area(polygons).sum() == np.isin(classes, [CLEAN, DEBRIS]).sum()
    together = shapely.union_all(polygons)
    rows, cols = np.indices(classes.shape)
    inside = shapely.contains_xy(together, cols + 0.5, rows + 0.5)
    np.testing.assert_array_equal(inside, np.isin(classes, [CLEAN, DEBRIS]))


@pytest.mark.parametrize(
    "grid",
    [
        utm_grid(80, 60),
        Grid.of(CRS.from_epsg(4326), Affine(0.0003, 0, 77.5, 0, -0.0003, 34.0), 80, 60),
        Grid.of(CRS.from_epsg(3857), Affine(36, 0, 8_630_000, 0, -36, 4_020_000), 80, 60),
        Grid.of(CRS.from_epsg(32643), Affine(24, 18, 567_945, 18, -24, 3_771_855), 80, 60),
        Grid.of(CRS.from_epsg(32760), Affine(30, 0, 810_000, 0, -30, 7_600_000), 80, 60),
    ],
    ids=["utm", "degrees", "web mercator", "rotated", "near 180 degrees"],
)
def test_areas_of_outlines_are_those_of_the_pixels(tmp_path: Path, grid: Grid) -> None:
    classes = valley()
    found = outlines(tmp_path, classes, grid=grid)
    _, clean, debris, water = class_km2(classes, grid)
    assert found.glaciers.debris_km2 is not None
    assert found.glaciers.placed.areas_km2.sum() == pytest.approx(clean + debris, rel=1e-4)
    assert found.glaciers.debris_km2.sum() == pytest.approx(debris, rel=1e-4)
    assert found.debris.placed.areas_km2.sum() == pytest.approx(debris, rel=1e-4)
    assert found.lakes.placed.areas_km2.sum() == pytest.approx(water, rel=1e-4)
    assert shapely.is_ccw(shapely.get_exterior_ring(found.glaciers.placed.geographic)).all()


def test_a_tile_across_180_degrees_stays_in_one_piece(tmp_path: Path) -> None:
    classes = np.full((40, 400), CLEAN, np.uint8)
    grid = Grid.of(CRS.from_epsg(32660), Affine(30, 0, 620_000, 0, -30, 7_500_000), 40, 400)
    found = outlines(tmp_path, classes, grid=grid)
    west, _, east, _ = found.glaciers.placed.geographic[0].bounds
    assert west < 180 < east < 181
    assert found.glaciers.placed.areas_km2[0] == pytest.approx(class_km2(classes, grid)[1], rel=1e-4)


def test_rock_and_lakes_in_the_ice_stay_holes(tmp_path: Path) -> None:
    found = outlines(tmp_path, valley())
    (glacier,) = found.glaciers.placed.projected
    holes = sorted(round(shapely.Polygon(ring).area / 900) for ring in glacier.interiors)
    assert holes == [20, 25]


def test_lakes_are_told_apart_by_what_lies_along_their_shore(tmp_path: Path) -> None:
    found = outlines(tmp_path, valley())
    (glacier,) = found.glaciers.ids
    by_type = {
        shore.lake_type: owner
        for shore, owner in zip(found.lakes.shores, found.lakes.glacier_ids, strict=True)
    }
    assert by_type == {LakeType.SUPRAGLACIAL: glacier, LakeType.PROGLACIAL: glacier, None: None}
    before = next(s for s in found.lakes.shores if s.lake_type is LakeType.PROGLACIAL)
    assert (before.ice_sides, before.sides) == (12, 36)
    assert found.glaciers.lakes_km2 == pytest.approx(20 * 900 / 1e6, rel=1e-2)
    assert found.glaciers.meets_lake.tolist() == [True]


def test_an_island_in_a_lake_is_no_shore_and_neither_is_no_data(tmp_path: Path) -> None:
    classes = np.full((30, 30), CLEAN, np.uint8)
    classes[10:20, 10:20] = WATER
    classes[13:17, 13:17] = BACKGROUND
    classes[:, 20:] = NO_DATA
    found = outlines(tmp_path, classes)
    (shore,) = found.lakes.shores
    assert (shore.ice_sides, shore.sides, shore.lake_type) == (30, 30, LakeType.SUPRAGLACIAL)


def test_small_glaciers_are_left_out_and_counted(tmp_path: Path) -> None:
    classes = valley()
    classes[2, 55:58] = DEBRIS
    whole = outlines(tmp_path / "whole", classes)
    found = outlines(tmp_path / "large", classes, OutlineOptions(smallest_km2=0.01))
    assert (len(whole.glaciers.ids), len(found.glaciers.ids)) == (2, 1)
    assert (found.left_out, whole.left_out) == (1, 0)
    assert found.left_out_km2 == pytest.approx(3 * 900 / 1e6, rel=1e-2)
    assert len(whole.debris.ids) == len(found.debris.ids) + 1
    assert whole.glaciers.placed.areas_km2[0] > whole.glaciers.placed.areas_km2[1]


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrays(np.uint8, (14, 14), elements=st.sampled_from([0, 0, 1, 1, 1, 2, 3])))
def test_simplified_outlines_still_fit_into_each_other(tmp_path: Path, classes: Classes) -> None:
    found = outlines(tmp_path, classes, OutlineOptions(smallest_km2=0.0, simplify_px=1.0))
    exact = outlines(tmp_path, classes)
    ice, debris, lakes = (layer.placed.projected for layer in (found.glaciers, found.debris, found.lakes))
    assert (len(ice), len(debris), len(lakes)) == tuple(
        len(layer.ids) for layer in (exact.glaciers, exact.debris, exact.lakes)
    )
    for layer in (ice, debris, lakes):
        assert shapely.is_valid(layer).all()
    whole, covered = shapely.union_all(ice), shapely.union_all(debris)
    assert shapely.area(ice).sum() == pytest.approx(whole.area, abs=1e-3)
    assert covered.difference(whole).area == pytest.approx(0, abs=1e-3)
    assert shapely.union_all(lakes).intersection(whole).area == pytest.approx(0, abs=1e-3)
    assert len(found.debris.glacier_ids) == len(exact.debris.glacier_ids)


def test_simplifying_takes_the_stairs_off_a_slant(tmp_path: Path) -> None:
    rows, cols = np.indices((200, 200))
    classes = np.where(np.hypot(rows - 100, cols - 100) < 80, CLEAN, 0).astype(np.uint8)
    exact = outlines(tmp_path / "exact", classes)
    smooth = outlines(tmp_path / "smooth", classes, OutlineOptions(simplify_px=1.5))
    disc_km2, rim_km = np.pi * 2.4**2, 2 * np.pi * 2.4
    assert exact.glaciers.placed.perimeters_km[0] == pytest.approx(4 / np.pi * rim_km, rel=0.02)
    assert smooth.glaciers.placed.perimeters_km[0] == pytest.approx(rim_km, rel=0.05)
    assert smooth.glaciers.placed.areas_km2[0] == pytest.approx(disc_km2, rel=0.01)


def test_a_binary_run_has_glaciers_alone(tmp_path: Path) -> None:
    run = write_classes(tmp_path, np.pad(np.ones((20, 20), np.uint8), 5), model="binary")
    found = outline_run(run, tmp_path / "classes.tif")
    assert (len(found.glaciers.ids), found.debris.ids, found.lakes.ids) == (1, (), ())
    assert found.glaciers.debris_km2 is None
    assert found.glaciers.lakes_km2 is None


def test_a_map_without_ice_has_no_outlines(tmp_path: Path) -> None:
    found = outlines(tmp_path, np.array([[0, 3], [255, 0]], np.uint8))
    assert (found.glaciers.ids, found.debris.ids, len(found.lakes.ids)) == ((), (), 1)


def test_outlines_need_a_place_on_the_ground(tmp_path: Path) -> None:
    run = write_classes(tmp_path, valley(), Grid.of(None, UTM_TRANSFORM, 80, 60))
    with pytest.raises(ExportError, match="Georeference the tile"):
        outline_run(run, tmp_path / "classes.tif")


def test_a_missing_or_damaged_class_map_is_told(tmp_path: Path) -> None:
    run = write_classes(tmp_path, valley())
    (tmp_path / "classes.tif").write_bytes(b"II*\x00 and then nothing")
    for path in (tmp_path / "classes.tif", tmp_path / "gone.tif"):
        with pytest.raises(ExportError, match="cannot be read"):
            outline_run(replace(run), path)
