"""Ice that belongs to no outline is the scene's part of a change, on the ground that both runs saw."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.crs import CRS

from core.measure import scene
from core.measure.attribution import attribute
from core.measure.scene import ScenePart, scene_change
from core.measure.transitions import Surface, measure_change
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


def part_of(one: Surface, other: Surface) -> ScenePart:
    part = scene_change(one, other, GLACIER)
    assert part is not None
    return part


def found(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    return part_of(*(surface(each, grid_of(each)) for each in (before, after))).value_km2


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
    told = part_of(surface(before, grid_of(before)), surface(fine, grid))
    assert told.value_km2 == pytest.approx(120 * PIXEL_KM2, rel=2e-3)


def test_strips_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = found(*place())
    monkeypatch.setattr(scene, "STRIP_PX", 7)
    assert found(*place()) == pytest.approx(whole)


def test_without_an_outline_on_the_ground_nothing_is_told() -> None:
    one, other = (surface(each, grid_of(each)) for each in place())
    assert scene_change(one, other, outlines(in_degrees((500, 500, 520, 520)))) is None


def test_model_scene_and_glacier_add_up_to_the_net_change() -> None:
    own = [surface(np.roll(each, 3, 0), grid_of(each)) for each in place()]
    one, other = (surface(each, grid_of(each)) for each in place())
    own[0] = surface(np.zeros((100, 100), np.uint8), one.grid)
    parts = attribute(measure_change(*own), measure_change(one, other), part_of(one, other))
    assert parts.scene is not None
    assert parts.glacier is not None
    assert parts.glacier.value_km2 == pytest.approx((50 - 150) * PIXEL_KM2, rel=2e-3)
    assert parts.model_km2 + parts.scene.value_km2 + parts.glacier.value_km2 == pytest.approx(parts.total_km2)


def sure_but_for(classes: NDArray[np.uint8], place: tuple[slice, slice], chance: float) -> Surface:
    probabilities = (classes == 1).astype(float)
    probabilities[place] = chance
    return surface(classes, grid_of(classes), probabilities=probabilities[None])


def test_the_scene_is_as_uncertain_as_its_own_ice_on_both_dates() -> None:
    before, after = place()
    stays, comes, fringe = (np.s_[90:95, 90:95], np.s_[60:64, 66:72], np.s_[15:40, 40:42])
    snow = part_of(sure_but_for(before, stays, 0.8), sure_but_for(after, comes, 0.7))
    # Each lies in one block (64 px), whose ice comes or goes as one; the dates err apart.
    expected = np.hypot(25 * np.sqrt(0.8 * 0.2), 24 * np.sqrt(0.7 * 0.3))
    assert snow.sigma_km2 == pytest.approx(expected * PIXEL_KM2, rel=5e-3)
    growth = part_of(sure_but_for(before, stays, 1.0), sure_but_for(after, fringe, 0.7))
    assert growth.sigma_km2 == pytest.approx(0.0, abs=1e-9)


def test_without_probabilities_the_scene_has_no_error() -> None:
    assert part_of(*(surface(each, grid_of(each)) for each in place())).sigma_km2 is None
