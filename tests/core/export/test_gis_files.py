from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from core.errors import ExportError
from core.export.gis_files import write_geojson, write_geopackage, write_oggm
from core.export.inventory import Credits, describe_processing
from core.export.outlines import OutlineOptions, RunOutlines, outline_run
from core.runs import AreaError, ClassArea, ErrorKind
from core.types import Grid
from tests.core.export.class_maps import BACKGROUND, CLEAN, DEBRIS, WATER, write_classes

SAID = Credits(date(2023, 9, 15), "Chhota Shigri", "A. Glaciologist")


@pytest.fixture
def found(tmp_path: Path) -> RunOutlines:
    classes = np.zeros((60, 60), np.uint8)
    classes[5:40, 10:50] = CLEAN
    classes[15:20, 20:25] = BACKGROUND
    classes[40:50, 20:40] = DEBRIS
    classes[50:54, 24:36] = WATER
    classes[56:59, 2:6] = CLEAN
    run = write_classes(tmp_path / "run", classes)
    ice = ClassArea(1, "clean_ice", "Clean ice", 1375, 1.5, 0.5)
    error = AreaError("ice", ErrorKind.BUFFER, 1.5, 0.0765, 1.35, 1.65)
    run = replace(run, areas=(ice,), errors=(error,))
    return outline_run(run, tmp_path / "run" / "classes.tif", OutlineOptions(smallest_km2=0.0))


def collection(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def test_a_geopackage_has_a_layer_for_glaciers_debris_lakes_and_the_run(
    tmp_path: Path, found: RunOutlines
) -> None:
    write_geopackage(found, SAID, tmp_path / "run.gpkg")
    assert [name for name, _ in pyogrio.list_layers(tmp_path / "run.gpkg")] == [
        "glacier_outlines",
        "debris_cover",
        "lakes",
        "run",
    ]
    glaciers = gpd.read_file(tmp_path / "run.gpkg", layer="glacier_outlines")
    assert glaciers.crs.to_epsg() == 32643
    np.testing.assert_allclose(glaciers.area / 900, [35 * 40 - 25 + 200, 12])  # on the edges of pixels
    np.testing.assert_allclose(glaciers.area / 1e6, glaciers["area_km2"], rtol=1e-3)  # but for UTM's scale
    debris = gpd.read_file(tmp_path / "run.gpkg", layer="debris_cover")
    assert debris["line_type"].tolist() == ["debris_cov"]
    assert debris["glac_id"].tolist() == glaciers["firn_id"].tolist()[:1]
    lakes = gpd.read_file(tmp_path / "run.gpkg", layer="lakes")
    assert lakes["line_type"].tolist() == ["pro_lake"]
    assert lakes["ice_pct"].tolist() == [pytest.approx(100 * 12 / 32)]
    told = gpd.read_file(tmp_path / "run.gpkg", layer="run").set_index("name")["value"]
    assert told["weights_sha256"] == found.run.weights_sha256
    assert told["error_ice_buffer_sigma_km2"] == "0.0765"
    assert told["error_ice_buffer_high_km2"] == "1.65"


def test_a_glacier_has_the_fields_of_the_inventories(tmp_path: Path, found: RunOutlines) -> None:
    write_geopackage(found, SAID, tmp_path / "run.gpkg")
    glacier = gpd.read_file(tmp_path / "run.gpkg", layer="glacier_outlines").iloc[0]
    assert glacier["line_type"] == "glac_bound"
    assert glacier["src_date"] == "2023-09-15T00:00:00"
    assert glacier["rgi_id"] is None
    assert glacier["firn_id"].startswith(found.run.id[:8])
    assert (glacier["surge_type"], glacier["term_type"]) == (9, 9)
    assert np.isnan(glacier["conn_lvl"])
    assert glacier["utm_zone"] == 43
    assert glacier["image_id"] == found.run.tile.name
    assert glacier["analysts"] == "A. Glaciologist"
    assert glacier["debris_pct"] == pytest.approx(100 * 200 / 1575, rel=1e-3)
    assert glacier["loc_unc_x"] == pytest.approx(15, rel=1e-3)
    border_px = 2 * (35 + 40) + 2 * 10 + 20 - 12 * (1 - 0.5**0.5)  # 8 corners outside, 4 at the rock
    assert glacier["local_km2"] == pytest.approx(0.5 * border_px * 900 / 1e6, rel=2e-3)
    assert glacier["global_km2"] == pytest.approx(0.0765 / 1.5 * glacier["area_km2"])  # one sigma
    assert "one standard deviation" in glacier["proc_desc"]
    assert glacier["global_by"] == "buffer"
    assert found.run.weights_sha256 in glacier["proc_desc"]


def test_a_geojson_is_in_degrees_and_turns_right(tmp_path: Path, found: RunOutlines) -> None:
    write_geojson(found, SAID, tmp_path / "run.geojson")
    content = collection(tmp_path / "run.geojson")
    assert "crs" not in content  # RFC 7946 knows WGS 84 alone
    features = content["features"]
    assert [f["properties"]["line_type"] for f in features] == [
        "glac_bound",
        "glac_bound",
        "debris_cov",
        "pro_lake",
    ]
    assert features[0]["properties"]["meets_lake"] is True
    rings = [shapely.LinearRing(ring) for ring in features[0]["geometry"]["coordinates"]]
    assert [ring.is_ccw for ring in rings] == [True, False]
    assert 75 < rings[0].bounds[0] < 76


def test_a_geojson_is_cut_at_180_degrees(tmp_path: Path) -> None:
    grid = Grid.of(CRS.from_epsg(32660), Affine(30, 0, 620_000, 0, -30, 7_500_000), 40, 400)
    run = write_classes(tmp_path / "run", np.full((40, 400), CLEAN, np.uint8), grid)
    write_geojson(outline_run(run, tmp_path / "run" / "classes.tif"), SAID, tmp_path / "run.geojson")
    (feature,) = collection(tmp_path / "run.geojson")["features"]
    geometry = shapely.geometry.shape(feature["geometry"])
    assert geometry.geom_type == "MultiPolygon"
    sides = sorted((part.bounds[0], part.bounds[2]) for part in geometry.geoms)
    assert sides[0][0] == pytest.approx(-180, abs=1e-6)
    assert sides[1][1] == pytest.approx(180, abs=1e-6)
    assert -180 <= feature["properties"]["cenlon"] <= 180


def test_a_map_without_ice_gives_files_without_outlines(tmp_path: Path) -> None:
    run = write_classes(tmp_path / "run", np.zeros((5, 5), np.uint8))
    empty = outline_run(run, tmp_path / "run" / "classes.tif")
    write_geopackage(empty, SAID, tmp_path / "run.gpkg")
    write_geojson(empty, SAID, tmp_path / "run.geojson")
    write_oggm(empty, SAID, tmp_path / "oggm.gpkg")
    assert len(gpd.read_file(tmp_path / "run.gpkg", layer="glacier_outlines")) == 0
    assert collection(tmp_path / "run.geojson")["features"] == []


def test_an_oggm_file_has_the_columns_of_rgi_6(tmp_path: Path, found: RunOutlines) -> None:
    write_oggm(found, SAID, tmp_path / "oggm.gpkg")
    glaciers = gpd.read_file(tmp_path / "oggm.gpkg")
    assert glaciers.crs.to_epsg() == 4326
    assert set(glaciers.geom_type) == {"Polygon"}
    assert {"CenLon", "CenLat", "Area", "BgnDate", "EndDate", "Name", "RGIId", "GLIMSId"} <= set(glaciers)
    assert set(glaciers["BgnDate"]) == {"20230915"}
    assert glaciers["RGIId"].isna().all()  # an id is carried over or missing, never invented
    centres = shapely.points(glaciers["CenLon"], glaciers["CenLat"])
    assert shapely.contains(glaciers.geometry.values, centres).all()


def test_oggm_cooks_the_file_that_is_made_for_it(tmp_path: Path, found: RunOutlines) -> None:
    try:
        functions = pytest.importorskip("oggm.utils")
    except OSError:  # one of its libraries fetches sample data when it is imported
        pytest.skip("OGGM cannot be imported without network")
    write_oggm(found, SAID, tmp_path / "oggm.gpkg")
    glaciers = gpd.read_file(tmp_path / "oggm.gpkg")
    cooked = functions.cook_rgidf(
        glaciers,
        o1_region="14",
        o2_region="02",
        bgndate=glaciers["BgnDate"].values,
        assign_column_values={"firn_id": "firn_id", "Area": "Area"},
    )
    assert cooked["RGIId"].tolist() == ["RGI60-14.00001", "RGI60-14.00002"]
    assert cooked["Area"].tolist() == glaciers["Area"].tolist()
    assert cooked["BgnDate"].tolist() == ["20230915", "20230915"]
    assert cooked.geometry.is_valid.all()


def test_the_processing_says_what_was_simplified_and_left_out(found: RunOutlines) -> None:
    told = describe_processing(found)
    assert "are not simplified" in told
    changed = replace(found, options=OutlineOptions(0.05, 1.5), left_out=7, left_out_km2=0.123)
    told = describe_processing(changed)
    assert "a tolerance of 1.5 px" in told
    assert "below 0.05 km2 are left out (7 glaciers, 0.123 km2)" in told


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, found: RunOutlines) -> None:
    for write in (write_geopackage, write_geojson, write_oggm):
        with pytest.raises(ExportError, match="could not be written"):
            write(found, SAID, tmp_path / "missing" / "run.gpkg")
