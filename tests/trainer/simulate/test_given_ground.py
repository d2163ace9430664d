"""A tile may lie on the user's own elevation model and glacier outlines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapefile
from affine import Affine
from rasterio.crs import CRS

from core.errors import TrainingError
from core.types import Grid
from trainer.simulate.given_ground import GivenTerrain, place_ground
from trainer.simulate.outlines import Outlines, read_outlines

if TYPE_CHECKING:
    from pathlib import Path

SQUARE = [[77.2, 33.15], [77.35, 33.15], [77.35, 33.3], [77.2, 33.3], [77.2, 33.15]]


def mountain(side: int = 330, cell: float = 0.00083) -> tuple[np.ndarray, Grid]:
    """A cone of 2000 m in degrees, as SRTM comes."""
    rows, cols = np.mgrid[:side, :side] / side - 0.5
    heights = 6200.0 - 4000.0 * np.hypot(rows, cols)
    return heights, Grid.of(CRS.from_epsg(4326), Affine(cell, 0, 77.14, 0, -cell, 33.36), side, side)


def test_outlines_decide_where_the_ice_lies() -> None:
    heights, grid = mountain()
    outlines = Outlines(({"type": "Polygon", "coordinates": [SQUARE]},), CRS.from_epsg(4326))
    ground = place_ground(1, 64, GivenTerrain(heights, grid, outlines))
    outer = ground.grid.affine * Affine.translation(-ground.margin_px, -ground.margin_px)
    side = ground.bed.shape[0]
    assert np.array_equal(ground.ice, outlines.drawn(Grid.of(ground.grid.crs, outer, side, side)))
    assert ground.ice.any()
    assert ground.grid.crs == CRS.from_epsg(32643)
    assert ground.grid.pixel_size == (30.0, 30.0)
    assert ground.grid.shape == (64, 64)


def test_the_surface_is_that_of_the_elevation_model() -> None:
    heights, grid = mountain()
    outlines = Outlines(({"type": "Polygon", "coordinates": [SQUARE]},), CRS.from_epsg(4326))
    ground = place_ground(1, 64, GivenTerrain(heights, grid, outlines))
    assert abs(np.median(ground.surface[ground.ice]) - np.median(heights)) < 700
    assert ground.surface.max() < 6300


def test_without_outlines_ice_is_grown_on_the_heights() -> None:
    ground = place_ground(1, 64, GivenTerrain(*mountain()))
    assert ground.ice.any()
    assert ground.bed[ground.ice].mean() > ground.bed.mean()


def test_a_model_too_small_for_the_tile_is_refused_with_the_size_needed() -> None:
    with pytest.raises(TrainingError, match=r"km a side.*larger model"):
        place_ground(1, 256, GivenTerrain(*mountain(60)))


def test_shapefiles_and_geojson_give_the_same_ice(tmp_path: Path) -> None:
    with shapefile.Writer(str(tmp_path / "ice.shp"), shapeType=shapefile.POLYGON) as writer:
        writer.field("id", "N")
        writer.poly([SQUARE[::-1]])
        writer.record(1)
    (tmp_path / "ice.prj").write_text(CRS.from_epsg(4326).to_wkt())
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    collection = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": geometry}]}
    (tmp_path / "ice.geojson").write_text(json.dumps(collection))
    _, grid = mountain()
    drawn = [read_outlines(tmp_path / name).drawn(grid) for name in ("ice.shp", "ice.geojson")]
    assert drawn[0].any()
    assert np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ice.geojson", "{", "cannot be read as GeoJSON"),
        ("ice.geojson", '{"features": []}', "holds no polygons"),
        ("ice.shp", "nothing", "cannot be read as a shapefile"),
        ("missing.shp", None, "cannot be read as a shapefile"),
    ],
)
def test_bad_outlines_get_one_clear_sentence(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(TrainingError, match=message):
        read_outlines(tmp_path / name)
