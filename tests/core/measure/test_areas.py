from __future__ import annotations

from math import atanh, cos, pi, radians, sin, sqrt

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from rasterio.crs import CRS

from core.errors import TileError
from core.measure.areas import Counts, class_areas, pixel_areas_m2
from core.models import BINARY, MULTICLASS
from core.types import Grid, Window

WGS84 = Geod(ellps="WGS84")


def grid_of(crs: int | str | None, transform: Affine, height: int, width: int) -> Grid:
    return Grid.of(CRS.from_user_input(crs) if crs else None, transform, height, width)


def north_up(x: float, y: float, size_x: float, size_y: float | None = None) -> Affine:
    return Affine(size_x, 0, x, 0, -(size_y or size_x), y)


def areas_of(grid: Grid, window: Window | None = None) -> np.ndarray:
    window = window or grid.full_window
    areas = pixel_areas_m2(grid, window)
    assert areas is not None
    return np.broadcast_to(areas, (window.height, window.width))


def ground_m2(grid: Grid, side_points: int = 300) -> float:
    """The area of the grid's outline, as a geodesic polygon with many corners."""
    share = np.linspace(0, 1, side_points)
    height, width = grid.shape
    cols = np.concatenate([share * width, share * 0 + width, width - share * width, share * 0])
    rows = np.concatenate([share * 0, share * height, share * 0 + height, height - share * height])
    a, b, c, d, e, f = grid.transform
    to_degrees = Transformer.from_crs(grid.crs_wkt, "EPSG:4326", always_xy=True)
    longitudes, latitudes = to_degrees.transform(a * cols + b * rows + c, d * cols + e * rows + f)
    return abs(WGS84.polygon_area_perimeter(longitudes, latitudes)[0])


GRIDS = {
    "utm": grid_of(32643, north_up(700_000, 3_600_000, 30), 512, 512),
    "utm, a whole scene": grid_of(32643, north_up(420_000, 7_700_000, 300), 770, 770),
    "utm south": grid_of(32719, north_up(400_000, 6_700_000, 30), 300, 40),
    "utm rotated": grid_of(32643, Affine(20, 15, 600_000, 15, -20, 3_600_000), 200, 300),
    "web mercator, 70 N": grid_of(3857, north_up(1_000_000, 11_100_000, 90), 512, 600),
    "degrees": grid_of(4326, north_up(77, 32.5, 0.0003), 300, 500),
    "degrees, upside down": grid_of(4326, Affine(0.01, 0, -70, 0, 0.01, -31), 100, 100),
    "degrees, rotated": grid_of(4326, Affine(0.0003, 0.0001, 77, 0.0001, -0.0003, -30), 300, 500),
    "us feet": grid_of(2229, north_up(6_500_000, 1_900_000, 100), 400, 300),
    "north first in the epsg list": grid_of(2193, north_up(1_350_000, 5_190_000, 30), 300, 300),
    "polar stereographic round the pole": grid_of(3031, north_up(-200_000, 200_000, 1000), 400, 400),
    "with heights": grid_of("EPSG:32632+5773", north_up(630_000, 5_190_000, 30), 200, 200),
    "one row": grid_of(32643, north_up(500_000, 3_600_000, 30), 1, 7000),
}


@pytest.mark.parametrize("name", GRIDS)
def test_pixels_add_up_to_the_geodesic_polygon_of_the_grid(name: str) -> None:
    grid = GRIDS[name]
    total = areas_of(grid).sum()
    assert total == pytest.approx(ground_m2(grid), rel=3e-6)


@pytest.mark.parametrize(
    "name", ["utm", "web mercator, 70 N", "us feet", "polar stereographic round the pole"]
)
@pytest.mark.parametrize("corner", [(0, 0), (-20, -20)])
def test_a_corner_has_its_own_area_not_the_mean_of_the_tile(name: str, corner: tuple[int, int]) -> None:
    grid = GRIDS[name]
    window = Window(corner[0] % grid.height, corner[1] % grid.width, 20, 20)
    assert areas_of(grid, window).sum() == pytest.approx(ground_m2(grid.part(window)), rel=3e-5)


@pytest.mark.parametrize("projection", ["+proj=tmerc +lat_0=0 +lon_0=9 +x_0=3500000", "+proj=longlat"])
def test_areas_lie_on_the_ellipsoid_of_the_crs_whatever_its_shift_to_wgs84(projection: str) -> None:
    degrees = "longlat" in projection
    transform = north_up(9.1, 47.2, 0.001) if degrees else north_up(3_490_000, 5_300_000, 30)
    plain, shifted = (
        areas_of(grid_of(f"{projection} +ellps=bessel {shift}", transform, 50, 50))
        for shift in ("", "+towgs84=598.1,73.7,418.2,0.202,0.045,-2.455,6.7")
    )
    np.testing.assert_allclose(shifted, plain, rtol=1e-9)


def test_cells_in_degrees_follow_the_zone_formula() -> None:
    """Snyder (1987), Map Projections: A Working Manual, equations 3-12 and 3-13, written for one cell."""
    a, f = 6378137.0, 1 / 298.257223563
    e = sqrt(f * (2 - f))

    def q(latitude: float) -> float:
        s = sin(radians(latitude))
        return (1 - e**2) * (s / (1 - (e * s) ** 2) + atanh(e * s) / e)

    for top in (90.0, 70.5, 0.25, -30.0):
        cell = a**2 / 2 * radians(0.5) * (q(top) - q(top - 0.5))
        found = areas_of(grid_of(4326, north_up(10, top, 0.5), 1, 2))
        assert found[0, 0] == pytest.approx(cell, rel=1e-6)
    whole = areas_of(grid_of(4326, north_up(-180, 90, 1), 180, 360)).sum()
    assert whole == pytest.approx(510_065_621_724_088, rel=1e-6)  # the WGS 84 ellipsoid's surface in m2


@pytest.mark.parametrize(("latitude", "utm"), [(32.6, 32643), (70.0, 32643), (-30.0, 32743)])
def test_areas_of_the_same_ground_agree_between_degrees_utm_and_web_mercator(
    latitude: float, utm: int
) -> None:
    """A disc of 4 km, drawn on three grids."""
    longitude, radius_m, step_m = 76.3, 4000.0, 30.0
    found = []
    for crs in (4326, utm, 3857):
        to_crs = Transformer.from_crs(4326, crs, always_xy=True)
        x, y = to_crs.transform(longitude, latitude)
        stretch = 1 / cos(radians(latitude))
        size_x, size_y = (step_m * stretch, step_m * stretch) if crs == 3857 else (step_m, step_m)
        if crs == 4326:
            size_x, size_y = step_m * stretch / 111_320, step_m / 111_320
        grid = grid_of(crs, north_up(x - 150 * size_x, y + 150 * size_y, size_x, size_y), 300, 300)
        cols, rows = np.meshgrid(np.arange(300) + 0.5, np.arange(300) + 0.5)
        xs, ys = grid.affine @ (cols, rows)
        longitudes, latitudes = to_crs.transform(xs, ys, direction="INVERSE")
        _, _, distance = WGS84.inv(
            np.full(xs.shape, longitude), np.full(xs.shape, latitude), longitudes, latitudes
        )
        counts = Counts.of((distance < radius_m).astype(np.uint8), BINARY, areas_of(grid))
        found.append(class_areas(counts, BINARY)[1].area_km2)
    disc = pi * radius_m**2 / 1e6
    assert found == pytest.approx([disc] * 3, rel=0.001)
    assert max(found) / min(found) < 1.001


@settings(deadline=None, max_examples=30)
@given(
    name=st.sampled_from(sorted(GRIDS)),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    step=st.tuples(st.integers(1, 500), st.integers(1, 500)),
)
def test_windows_of_any_size_and_order_add_up_to_the_same_bits(
    name: str, cut: tuple[float, float], step: tuple[int, int]
) -> None:
    grid = GRIDS[name]
    height, width = min(grid.height, 300), min(grid.width, 300)
    step = max(step[0], height // 8), max(step[1], width // 8)
    whole = areas_of(grid)[:height, :width]
    total = Counts.none(BINARY, measured=True)
    classes = (np.random.default_rng(int(cut[0] * 99)).random((height, width)) < cut[1]).astype(np.uint8)
    windows = [
        Window(row, col, min(step[0], height - row), min(step[1], width - col))
        for row in range(0, height, step[0])
        for col in range(0, width, step[1])
    ]
    for window in reversed(windows):
        part = areas_of(grid, window)
        np.testing.assert_array_equal(part, whole[window.slices])
        total += Counts.of(classes[window.slices], BINARY, part)
    assert total == Counts.of(classes, BINARY, whole)


def test_a_tile_without_crs_has_areas_only_with_a_stated_pixel_size() -> None:
    grid = grid_of(None, north_up(0, 0, 1), 10, 10)
    assert pixel_areas_m2(grid, grid.full_window) is None
    stated = pixel_areas_m2(grid, grid.full_window, pixel_m=30.0)
    assert stated is not None
    assert np.broadcast_to(stated, (10, 10)).sum() == 90_000


def test_a_crs_outweighs_a_stated_pixel_size() -> None:
    grid = GRIDS["utm"]
    np.testing.assert_array_equal(
        pixel_areas_m2(grid, grid.full_window, pixel_m=1.0), pixel_areas_m2(grid, grid.full_window)
    )


def test_a_local_crs_that_is_nowhere_on_earth_counts_as_none() -> None:
    local = 'LOCAL_CS["a quarry",UNIT["metre",1],AXIS["x",EAST],AXIS["y",NORTH]]'
    grid = Grid(local, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0), 5, 5)
    assert pixel_areas_m2(grid, grid.full_window) is None


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        (4326, north_up(10, 120, 0.1)),  # beyond the pole
        (4326, north_up(500_000, 3_600_000, 30)),  # metres taken for degrees
        ("+proj=ortho +lat_0=0 +lon_0=0", north_up(6_300_000, 6_300_000, 1000)),
    ],
)
def test_a_grid_where_its_crs_is_not_defined_is_refused(crs: int | str, transform: Affine) -> None:
    grid = grid_of(crs, transform, 50, 50)
    with pytest.raises(TileError, match="is not defined"):
        pixel_areas_m2(grid, grid.full_window)


def test_pixels_without_area_are_refused() -> None:
    grid = Grid(GRIDS["utm"].crs_wkt, (30.0, 30.0, 700_000.0, 30.0, 30.0, 3_600_000.0), 5, 5)
    with pytest.raises(TileError, match="no area"):
        pixel_areas_m2(grid, grid.full_window)


def test_a_crs_that_cannot_be_read_is_refused() -> None:
    grid = Grid("nonsense", (30.0, 0.0, 0.0, 0.0, -30.0, 0.0), 5, 5)
    with pytest.raises(TileError, match="cannot be understood"):
        pixel_areas_m2(grid, grid.full_window)


def test_no_data_counts_for_no_class() -> None:
    classes = np.array([[0, 1, 1, 255], [3, 255, 255, 255]], np.uint8)
    areas = np.array([[100.0], [200.0]])
    counts = Counts.of(classes, MULTICLASS, areas)
    assert counts.pixels == (1, 2, 0, 1)
    assert (counts.valid_px, counts.no_data_px) == (4, 4)
    assert counts.areas_m2 == (100, 200, 0, 200)
    assert counts.valid_km2 == pytest.approx(0.0005)
    assert counts.total_km2 == pytest.approx(0.0012)
    measured = class_areas(counts, MULTICLASS, removed_px=(0, 7, 0, 0))
    assert [a.share for a in measured] == pytest.approx([0.2, 0.4, 0, 0.4])
    assert [a.removed_px for a in measured] == [0, 7, 0, 0]
    assert [a.key for a in measured] == ["background", "clean_ice", "debris", "water"]
    assert measured[1].area_km2 == pytest.approx(0.0002)


def test_without_areas_shares_are_those_of_pixels() -> None:
    counts = Counts.of(np.array([[0, 1, 1, 255]], np.uint8), BINARY, None)
    ice = class_areas(counts, BINARY)[1]
    assert ice.area_km2 is None
    assert ice.share == pytest.approx(2 / 3)
    assert counts.valid_km2 is None
    assert counts.total_km2 is None


def test_a_tile_without_valid_pixels_has_shares_of_zero() -> None:
    counts = Counts.of(np.full((2, 2), 255, np.uint8), BINARY, np.ones((1, 1)))
    assert [a.share for a in class_areas(counts, BINARY)] == [0, 0]
