"""The ledger counts what lies inside each outline, and tells apart what lies outside all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.crs import CRS

from core.checks import CloudCheck
from core.errors import OutlineError
from core.export.rasters import classes_raster, probabilities_raster, votes_raster
from core.measure import ledger as ledgers
from core.measure.area_errors import ErrorStrips, Trust
from core.measure.areas import Counts
from core.measure.clouds import CLOUD, CLOUD_KNOWN
from core.measure.ground import area_field
from core.measure.ledger import MappedTile, measure_ledger
from core.models import BINARY, MULTICLASS, ModelSpec
from core.outlines.planes import outline_areas_km2
from core.runs import ALL_ICE, ErrorKind, OutlineCut, find_error
from core.types import NO_DATA, Grid
from tests.core.outlines.shapes import in_degrees, outlines
from tests.rasters import TRANSFORM

SIDE = 300  # more than one strip
PIXEL_KM2 = 900 / 1e6
UTM = CRS.from_epsg(32643)
BIG, SMALL = (20, 20, 120, 140), (200, 30, 290, 200)


def mapped_tile(
    folder: Path, classes: NDArray[np.uint8], spec: ModelSpec = MULTICLASS, grid: Grid | None = None
) -> MappedTile:
    on = grid or Grid.of(UTM, TRANSFORM, *classes.shape)
    path = folder / "classes.tif"
    with classes_raster(path, on, spec, {}) as raster:
        raster.write(classes, on.full_window)
    return MappedTile(path, on, spec)


def striped(side: int = SIDE) -> NDArray[np.uint8]:
    """Columns of the four classes in turn, ten pixels each."""
    return np.tile((np.arange(side) // 10 % 4).astype(np.uint8), (side, 1))


def counted(classes: NDArray[np.uint8], pixels: tuple[int, int, int, int]) -> dict[str, float]:
    row, col, row_end, col_end = pixels
    cut = classes[row:row_end, col:col_end]
    return {info.key: float((cut == info.index).sum()) * PIXEL_KM2 for info in MULTICLASS.classes}


def close(found: dict[str, float], expected: dict[str, float]) -> bool:
    """Equal but for the scale of the projection, which is 0.1 % at most here."""
    return found.keys() == expected.keys() and all(
        found[key] == pytest.approx(expected[key], rel=2e-3) for key in expected
    )


def test_each_outline_has_the_classes_inside_it(tmp_path: Path) -> None:
    classes = striped()
    given_outlines = outlines(in_degrees(BIG), in_degrees(SMALL), ids=("RGI2000-1", None))
    ledger = measure_ledger(mapped_tile(tmp_path, classes), given_outlines)
    first, second = ledger.lines
    assert (first.number, first.id, second.number, second.id) == (1, "RGI2000-1", 2, None)
    assert close(first.found.areas_km2, counted(classes, BIG))
    assert close(second.found.areas_km2, counted(classes, SMALL))
    assert first.found.ice_km2 == first.found.areas_km2["clean_ice"] + first.found.areas_km2["debris"]
    assert first.coverage == pytest.approx(1, abs=1e-6)
    assert first.found.debris_share == pytest.approx(0.5, abs=1e-3)
    assert ledger.outlines_sha256 == given_outlines.sha256
    assert (ledger.elsewhere, ledger.overlap_km2) == (0, 0.0)


def test_inside_and_outside_make_up_the_whole_tile_exactly(tmp_path: Path) -> None:
    classes = striped()
    classes[:30] = NO_DATA
    mapped = mapped_tile(tmp_path, classes)
    ledger = measure_ledger(mapped, outlines(in_degrees(BIG), in_degrees(SMALL)))
    field = area_field(mapped.grid)
    assert field is not None
    counts = Counts.of(classes, MULTICLASS, field.read(mapped.grid.full_window))
    for info in MULTICLASS.classes:
        both = ledger.inside.areas_km2[info.key] + ledger.outside.areas_km2[info.key]
        assert both == pytest.approx((counts.areas_m2 or ())[info.index] / 1e6, rel=1e-12)
    assert ledger.inside.ice_km2 == pytest.approx(sum(line.found.ice_km2 for line in ledger.lines))


def test_ice_outside_all_outlines_is_told_apart(tmp_path: Path) -> None:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[20:120, 20:160] = 1  # twenty columns more than the outline
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(in_degrees(BIG)))
    assert ledger.lines[0].found.ice_km2 == pytest.approx(100 * 120 * PIXEL_KM2, rel=2e-3)
    assert ledger.outside.ice_km2 == pytest.approx(100 * 20 * PIXEL_KM2, rel=2e-3)


def test_ice_beyond_an_outline_is_growth_of_its_glacier_where_it_hangs_together_with_it(
    tmp_path: Path,
) -> None:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[20:120, 20:160] = 1  # twenty columns more than the first outline
    classes[200:290, 30:205] = 2  # five columns more than the second
    classes[20:40, 200:260] = 1  # a glacier that no outline has
    classes[120:125, 160:170] = 1  # touches the growth of the first by a corner alone
    given_outlines = outlines(in_degrees(BIG), in_degrees(SMALL), ids=("RGI2000-1", None))
    ledger = measure_ledger(mapped_tile(tmp_path, classes), given_outlines)
    grown = [line.growth_km2 / PIXEL_KM2 for line in ledger.lines]
    assert grown == pytest.approx([100 * 20, 90 * 5], rel=2e-3)
    assert ledger.growth_km2 == pytest.approx(sum(line.growth_km2 for line in ledger.lines))
    assert ledger.other_km2 == pytest.approx((20 * 60 + 50) * PIXEL_KM2, rel=2e-3)
    assert ledger.growth_km2 + ledger.other_km2 == pytest.approx(ledger.outside.ice_km2)


def test_ice_beside_an_outline_without_ice_of_its_own_is_no_growth(tmp_path: Path) -> None:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[20:120, 140:160] = 1  # begins where the outline ends
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(in_degrees(BIG)))
    assert (ledger.growth_km2, ledger.lines[0].growth_km2) == (0.0, 0.0)
    assert ledger.other_km2 == ledger.outside.ice_km2 > 0


def test_ice_between_two_glaciers_is_shared_by_the_sides_that_they_touch(tmp_path: Path) -> None:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[10:50, 10:90] = 1  # ten columns between the outlines, beside the second on half of its rows
    classes[30:50, 60:90] = 0
    left, right = in_degrees((10, 10, 50, 50)), in_degrees((10, 60, 50, 90))
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(left, right))
    assert [line.growth_km2 / PIXEL_KM2 for line in ledger.lines] == pytest.approx(
        [400 * 2 / 3, 400 / 3], rel=2e-3
    )


def test_snow_all_around_is_no_growth(tmp_path: Path) -> None:
    classes = np.ones((SIDE, SIDE), np.uint8)
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(in_degrees((10, 10, 60, 60))))
    assert ledger.growth_km2 == 0.0  # more than the glacier has itself
    assert ledger.other_km2 == ledger.outside.ice_km2


def test_growth_is_told_for_each_of_outlines_that_overlap(tmp_path: Path) -> None:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[10:60, 10:95] = 1
    left, right = (10, 10, 60, 60), (10, 40, 60, 90)
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(in_degrees(left), in_degrees(right)))
    assert ledger.lines[0].growth_km2 == 0.0
    assert ledger.lines[1].growth_km2 == pytest.approx(50 * 5 * PIXEL_KM2, rel=2e-3)


def test_overlapping_outlines_keep_all_their_ground_and_count_once_in_all(tmp_path: Path) -> None:
    classes = np.ones((SIDE, SIDE), np.uint8)
    left, right = (10, 10, 60, 60), (10, 40, 60, 90)
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(in_degrees(left), in_degrees(right)))
    assert [round(line.found.ice_km2 / PIXEL_KM2, -1) for line in ledger.lines] == [2500, 2500]
    assert ledger.inside.ice_km2 == pytest.approx(50 * 80 * PIXEL_KM2, rel=2e-3)
    assert ledger.overlap_km2 == pytest.approx(50 * 20 * PIXEL_KM2, rel=2e-3)
    assert ledger.outlines_km2 == pytest.approx(50 * 80 * PIXEL_KM2, rel=2e-3)


def test_a_hole_is_not_inside(tmp_path: Path) -> None:
    classes = np.ones((SIDE, SIDE), np.uint8)
    ring = in_degrees((10, 10, 60, 60)).difference(in_degrees((20, 20, 40, 40)))
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(ring))
    assert ledger.lines[0].found.ice_km2 == pytest.approx((2500 - 400) * PIXEL_KM2, rel=2e-3)
    assert ledger.lines[0].coverage == pytest.approx(1, abs=1e-3)


def test_ground_without_data_or_beyond_the_tile_lowers_the_coverage(tmp_path: Path) -> None:
    classes = np.ones((SIDE, SIDE), np.uint8)
    classes[20:70, 20:140] = NO_DATA
    half_seen, half_out = in_degrees(BIG), in_degrees((250, 200, 350, 260))
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(half_seen, half_out))
    assert [line.coverage for line in ledger.lines] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_a_small_outline_that_was_wholly_seen_is_so_however_its_pixels_fall(tmp_path: Path) -> None:
    corners = [(10 + 9 * n + n / 13, 20 + n / 7) for n in range(20)]
    shapes = [in_degrees((row, col, row + 3.7, col + 3.4)) for row, col in corners]
    mapped = mapped_tile(tmp_path, np.ones((SIDE, SIDE), np.uint8))
    ledger = measure_ledger(mapped, outlines(*shapes))
    assert [line.coverage for line in ledger.lines] == [1.0] * 20
    assert ledger.coverage == 1.0
    assert len({round(line.found.seen_km2 / line.outline_km2, 3) for line in ledger.lines}) > 1


def test_margins_beside_no_data_inside_the_outlines_are_counted_as_cut(tmp_path: Path) -> None:
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[40:80, 40:80] = 1
    classes[40:80, 80:90] = NO_DATA
    classes[200:220, 200:220] = 1  # outside the outline
    classes[200:220, 220:230] = NO_DATA
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(in_degrees(BIG)))
    assert ledger.cut == OutlineCut(0.0, 0.25)


def test_an_outline_elsewhere_is_counted_and_has_no_line(tmp_path: Path) -> None:
    mapped = mapped_tile(tmp_path, striped())
    ledger = measure_ledger(mapped, outlines(in_degrees((900, 900, 950, 950)), in_degrees(BIG)))
    assert [line.number for line in ledger.lines] == [2]
    assert ledger.elsewhere == 1
    nowhere = measure_ledger(mapped, outlines(in_degrees((900, 900, 950, 950))))
    assert (nowhere.lines, nowhere.inside.seen_km2, nowhere.coverage) == ((), 0.0, 0.0)


def test_the_binary_model_tells_no_debris_share(tmp_path: Path) -> None:
    classes = (striped() > 1).astype(np.uint8)
    ledger = measure_ledger(mapped_tile(tmp_path, classes, BINARY), outlines(in_degrees(BIG)))
    assert ledger.lines[0].found.debris_share is None
    assert ledger.lines[0].found.ice_km2 == ledger.lines[0].found.areas_km2["glacier"] > 0


def test_the_ledger_does_not_depend_on_the_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    mapped = with_probabilities(tmp_path, rng.random((SIDE, SIDE)))
    chosen = outlines(in_degrees(BIG), in_degrees(SMALL), in_degrees((100, 100, 260, 180)))
    at_once = measure_ledger(mapped, chosen)
    monkeypatch.setattr(ledgers, "STRIP_PX", 64)
    in_strips = measure_ledger(mapped, chosen)
    assert in_strips.inside.areas_km2 == at_once.inside.areas_km2
    assert at_once.growth_km2 > 0
    assert in_strips.growth_km2 == pytest.approx(at_once.growth_km2, rel=1e-9)
    for ours, theirs in zip(in_strips.lines, at_once.lines, strict=True):
        assert ours.found.areas_km2 == theirs.found.areas_km2
        for mine, other in zip(ours.found.errors, theirs.found.errors, strict=True):
            assert mine.sigma_km2 == pytest.approx(other.sigma_km2, rel=1e-9)


def test_a_degree_grid_gives_the_same_areas_as_utm(tmp_path: Path) -> None:
    west, south, east, north = in_degrees((0, 0, SIDE, SIDE)).bounds
    size = 400
    step_x, step_y = (east - west) / size, (north - south) / size
    degrees = Grid("EPSG:4326", (step_x, 0, west, 0, -step_y, north), size, size)
    degrees = replace(degrees, crs_wkt=CRS.from_epsg(4326).to_wkt())
    (tmp_path / "a").mkdir()
    in_utm = measure_ledger(
        mapped_tile(tmp_path / "a", np.ones((SIDE, SIDE), np.uint8)), outlines(in_degrees(BIG))
    )
    in_angles = measure_ledger(
        mapped_tile(tmp_path, np.ones((size, size), np.uint8), grid=degrees), outlines(in_degrees(BIG))
    )
    assert in_angles.inside.ice_km2 == pytest.approx(in_utm.inside.ice_km2, rel=2e-2)
    assert in_angles.outlines_km2 == pytest.approx(in_utm.outlines_km2, rel=1e-9)


def test_an_outline_has_its_area_on_the_ellipsoid() -> None:
    from pyproj import Geod

    shape = in_degrees((0, 0, 900, 700))
    geodesic, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape)
    measured = outline_areas_km2(outlines(shape).geometries)[0]
    assert measured == pytest.approx(abs(geodesic) / 1e6, rel=2e-5)


def test_a_tile_without_crs_is_refused_in_words(tmp_path: Path) -> None:
    grid = Grid(None, tuple(TRANSFORM)[:6], 20, 20)
    mapped = mapped_tile(tmp_path, striped(20), grid=grid)
    with pytest.raises(OutlineError, match=r"no coordinate reference system.*Georeference"):
        measure_ledger(mapped, outlines(in_degrees(BIG)))


def test_a_heap_of_outlines_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutlineError, match=r"lie over one another.*choose one date"):
        measure_ledger(mapped_tile(tmp_path, striped()), outlines(*[in_degrees(BIG)] * 65))


def with_probabilities(folder: Path, ice: NDArray[np.float64]) -> MappedTile:
    """A binary map of probabilities."""
    mapped = mapped_tile(folder, (ice >= 0.5).astype(np.uint8), BINARY)
    path = folder / "probabilities.tif"
    with probabilities_raster(path, mapped.grid, BINARY, {}) as raster:
        raster.write(np.rint(ice * 250).astype(np.uint8)[None], mapped.grid.full_window)
    return replace(mapped, probabilities=path)


def smooth_margin() -> NDArray[np.float64]:
    """Ice on the left whose margin is doubtful over thirty columns."""
    return np.tile(np.clip((150 - np.arange(SIDE)) / 30 + 0.5, 0, 1), (SIDE, 1))


def with_all_probabilities(folder: Path, levels: NDArray[np.uint8], classes: NDArray[np.uint8]) -> MappedTile:
    """A map of the four-class model; `levels` (3, h, w) are those of its foreground classes."""
    mapped = mapped_tile(folder, classes)
    path = folder / "probabilities.tif"
    with probabilities_raster(path, mapped.grid, MULTICLASS, {}) as raster:
        raster.write(levels, mapped.grid.full_window)
    return replace(mapped, probabilities=path)


def test_an_outline_around_the_tile_has_the_errors_of_the_tile_for_each_class(tmp_path: Path) -> None:
    clean = np.rint(smooth_margin() * 250)
    clean[200:] = 0
    debris = np.where(np.arange(SIDE)[:, None] < 200, 0.8 * (250 - clean), 0) * (np.arange(SIDE) < 200)
    levels = np.stack([clean, debris, np.full_like(clean, 3)]).astype(np.uint8)
    classes = np.vstack([250 - levels.sum(axis=0)[None], levels]).argmax(axis=0).astype(np.uint8)
    mapped = with_all_probabilities(tmp_path, levels, classes)
    trust = Trust(0.02, {"debris": 1.5, ALL_ICE: 1.2})
    ledger = measure_ledger(replace(mapped, trust=trust), outlines(in_degrees((-5, -5, SIDE + 5, SIDE + 5))))
    field = area_field(mapped.grid)
    assert field is not None
    areas = field.read(mapped.grid.full_window)
    strips = ErrorStrips(MULTICLASS)
    strips.add(classes, levels, areas)
    whole = strips.finish(Counts.of(classes, MULTICLASS, areas), trust)
    assert {error.class_key for error in whole} == {"clean_ice", "debris", "water", ALL_ICE}
    for theirs in whole:
        ours = find_error(ledger.lines[0].found.errors, theirs.class_key, theirs.kind)
        assert ours is not None
        assert ours.estimate_km2 == pytest.approx(theirs.estimate_km2, rel=1e-6)
        assert ours.sigma_km2 == pytest.approx(theirs.sigma_km2, rel=0.12)  # one is drawn, the other is not
        inside = find_error(ledger.inside.errors, theirs.class_key, theirs.kind)
        assert inside is not None
        assert inside.sigma_km2 == pytest.approx(ours.sigma_km2, rel=1e-9)


def test_cloud_is_counted_inside_the_outlines_alone_and_once_where_they_overlap(tmp_path: Path) -> None:
    mapped = mapped_tile(tmp_path, striped())
    votes = np.full((SIDE, SIDE), CLOUD_KNOWN, np.uint8)
    votes[20:40, 20:140] |= CLOUD  # a fifth of the outline
    votes[150:] |= CLOUD
    votes[100:120, 20:140] = 0  # cannot be judged
    path = tmp_path / "votes.tif"
    with votes_raster(path, mapped.grid, {}) as raster:
        raster.write(votes, mapped.grid.full_window)
    chosen = outlines(in_degrees(BIG), in_degrees((20, 20, 60, 140)))
    assert measure_ledger(replace(mapped, votes=path), chosen).clouds == CloudCheck(20 * 120, 80 * 120)
    assert measure_ledger(mapped, chosen).clouds is None


def test_where_the_outline_cuts_the_ice_there_is_no_margin(tmp_path: Path) -> None:
    ledger = measure_ledger(
        with_probabilities(tmp_path, smooth_margin()),
        outlines(in_degrees((50, 10, 150, 90)), in_degrees((50, 100, 150, 200))),
    )
    deep, margin = (find_error(line.found.errors, ALL_ICE, ErrorKind.BUFFER) for line in ledger.lines)
    assert deep is not None
    assert margin is not None
    assert deep.sigma_km2 == 0.0
    assert margin.sigma_km2 == pytest.approx(100 * 0.5 * PIXEL_KM2, rel=0.03)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(4, 30)] * 2), min_size=1, max_size=6))
def test_however_outlines_lie_each_counts_its_own_pixels(
    tmp_path: Path, corners: list[tuple[int, int, int, int]]
) -> None:
    classes = striped(80)
    boxes = [(row, col, row + height, col + width) for row, col, height, width in corners]
    ledger = measure_ledger(mapped_tile(tmp_path, classes), outlines(*map(in_degrees, boxes)))
    covered = np.zeros((80, 80), bool)
    for line, box in zip(ledger.lines, boxes, strict=True):
        assert close(line.found.areas_km2, counted(classes, box))
        covered[box[0] : box[2], box[1] : box[3]] = True
    assert ledger.inside.seen_km2 == pytest.approx(covered.sum() * PIXEL_KM2, rel=2e-3)
