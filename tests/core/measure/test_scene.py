"""Ice that belongs to no outline is the scene's part of a change, on the ground that both runs saw."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.crs import CRS

from core.measure import scene
from core.measure.attribution import attribute
from core.measure.scene import scene_change_km2
from core.measure.transitions import measure_change
from core.types import NO_DATA, Grid
from tests.core.measure.surfaces import surface
from tests.core.outlines.shapes import in_degrees, outlines
from tests.rasters import TRANSFORM

PIXEL_KM2 = 900 / 1e6
GLACIER = outlines(in_degrees((10, 10, 40, 40)))


def grid_of(classes: NDArray[np.uint8]) -> Grid:
    return Grid.of(CRS.from_epsg(32643), TRANSFORM, *classes.shape)


def place() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A glacier that loses five rows inside its outline and grows two columns out of it; snow that comes."""
    before = np.zeros((100, 100), np.uint8)
    before[10:40, 10:40] = 1
    before[90:95, 90:95] = 1  # snow of 25 px that stays
    after = before.copy()
    after[10:15, 10:40] = 0
    after[15:40, 40:42] = 1
    after[60:70, 60:72] = 1  # snow of 120 px
    return before, after


def found(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float | None:
    one, other = (surface(each, grid_of(each)) for each in (before, after))
    return scene_change_km2(one, other, GLACIER)


def test_snow_apart_from_all_outlines_is_the_scenes_and_growth_is_the_glaciers() -> None:
    assert found(*place()) == pytest.approx(120 * PIXEL_KM2, rel=2e-3)


def test_the_scene_is_told_backwards_where_the_runs_are() -> None:
    before, after = place()
    assert found(after, before) == pytest.approx(-120 * PIXEL_KM2, rel=2e-3)


def test_ground_that_one_run_did_not_see_is_left_out() -> None:
    before, after = place()
    before[60:65] = NO_DATA
    assert found(before, after) == pytest.approx(60 * PIXEL_KM2, rel=2e-3)


def test_tiles_of_other_extent_are_compared_on_their_common_ground() -> None:
    before, after = place()
    assert found(before, after[:65]) == pytest.approx(60 * PIXEL_KM2, rel=2e-3)


def test_the_finer_grid_is_kept_whichever_run_has_it() -> None:
    before, after = place()
    fine = np.kron(after, np.ones((2, 2), np.uint8))
    grid = Grid.of(CRS.from_epsg(32643), TRANSFORM * TRANSFORM.scale(0.5), *fine.shape)
    told = scene_change_km2(surface(before, grid_of(before)), surface(fine, grid), GLACIER)
    assert told == pytest.approx(120 * PIXEL_KM2, rel=2e-3)


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found(*place())
    monkeypatch.setattr(scene, "STRIP_PX", 7)
    assert found(*place()) == pytest.approx(whole)


def test_without_an_outline_on_the_ground_nothing_is_told() -> None:
    one, other = (surface(each, grid_of(each)) for each in place())
    assert scene_change_km2(one, other, outlines(in_degrees((500, 500, 520, 520)))) is None


def test_model_scene_and_glacier_add_up_to_the_net_change() -> None:
    own = [surface(np.roll(each, 3, 0), grid_of(each)) for each in place()]
    one, other = (surface(each, grid_of(each)) for each in place())
    own[0] = surface(np.zeros((100, 100), np.uint8), one.grid)
    parts = attribute(measure_change(*own), measure_change(one, other), scene_change_km2(one, other, GLACIER))
    assert parts.scene_km2 is not None
    assert parts.glacier_km2 == pytest.approx((50 - 150) * PIXEL_KM2, rel=2e-3)
    assert parts.model_km2 + parts.scene_km2 + parts.glacier_km2 == pytest.approx(parts.total_km2)
