from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from core.export.gis_files import write_geojson, write_geopackage, write_oggm
from core.export.inventory import Credits
from core.export.outlines import OutlineOptions, RunOutlines, outline_run
from core.outlines.outline import Outline, OutlineSet
from core.outlines.reading import read_outlines
from tests.core.export.class_maps import CLEAN, DEBRIS, utm_grid, write_classes

Classes = NDArray[np.uint8]
ALL = OutlineOptions(smallest_km2=0.0)


def glacier() -> Classes:
    """Ice of 30 x 40 pixels from (10, 10), its lower third under debris."""
    classes = np.zeros((60, 60), np.uint8)
    classes[10:40, 10:50] = CLEAN
    classes[30:40, 10:50] = DEBRIS
    return classes


def around(left: float, top: float, right: float, bottom: float) -> shapely.Polygon:
    """A box in pixels of the grid, in degrees."""
    return in_degrees(shapely.box(left, top, right, bottom))


def in_degrees(pixels: shapely.Polygon) -> shapely.Polygon:
    grid = utm_grid(60, 60)
    to_degrees = Transformer.from_crs("EPSG:32643", "EPSG:4326", always_xy=True)

    def place(points: NDArray[np.float64]) -> NDArray[np.float64]:
        xs, ys = zip(*(grid.affine * tuple(point) for point in points), strict=True)
        return np.stack(to_degrees.transform(xs, ys), axis=1)

    return shapely.transform(shapely.segmentize(pixels, 1), place)


def rgi(number: int, geometry: shapely.Polygon, **attributes: Any) -> Outline:
    name = f"Glacier {number}"
    return Outline(number, f"RGI60-14.{number:05d}", name, geometry, "rgi6", attributes=attributes)


def outlines(folder: Path, *known: Outline, classes: Classes | None = None) -> RunOutlines:
    run = write_classes(folder, glacier() if classes is None else classes)
    return outline_run(run, folder / "classes.tif", ALL, OutlineSet(known, "test.gpkg"))


def ids(found: RunOutlines) -> list[str | None]:
    return [outline.id if outline else None for outline in found.glaciers.known]


def test_ice_in_one_outline_stays_whole_on_the_edges_of_pixels(tmp_path: Path) -> None:
    found = outlines(tmp_path, rgi(7, around(11.3, 9.2, 48.6, 38.9)))
    assert ids(found) == ["RGI60-14.00007"]
    (polygon,) = found.glaciers.placed.projected
    assert polygon.equals(shapely.box(567_945 + 300, 3_771_855 - 1200, 567_945 + 1500, 3_771_855 - 300))


def test_ice_in_two_outlines_is_cut_where_they_meet(tmp_path: Path) -> None:
    whole = outlines(tmp_path / "whole")
    found = outlines(tmp_path / "cut", rgi(1, around(11, 8, 25.5, 38)), rgi(2, around(25.5, 8, 52, 39)))
    assert ids(found) == ["RGI60-14.00002", "RGI60-14.00001"]
    areas = found.glaciers.placed.areas_km2
    assert areas.sum() == pytest.approx(whole.glaciers.placed.areas_km2.sum(), rel=1e-6)
    assert areas / areas.sum() == pytest.approx([24.5 / 40, 15.5 / 40], rel=5e-3)
    assert found.glaciers.debris_km2 is not None
    assert found.glaciers.debris_km2 / areas == pytest.approx([1 / 3, 1 / 3], rel=5e-3)
    assert found.debris.placed.errors_km2.sum() == pytest.approx(whole.debris.placed.errors_km2.sum())


def test_a_divide_adds_nothing_to_the_error_of_the_map(tmp_path: Path) -> None:
    whole = outlines(tmp_path / "whole")
    found = outlines(tmp_path / "cut", rgi(1, around(8, 8, 25, 42)), rgi(2, around(25, 8, 52, 42)))
    assert found.glaciers.placed.errors_km2.sum() == pytest.approx(
        whole.glaciers.placed.errors_km2.sum(), rel=1e-3
    )


def test_what_hangs_together_with_far_more_ice_than_the_outline_is_cut_from_it(tmp_path: Path) -> None:
    found = outlines(tmp_path, rgi(1, around(8, 8, 20, 42)))
    assert ids(found) == [None, "RGI60-14.00001"]
    areas = found.glaciers.placed.areas_km2
    assert areas / areas.sum() == pytest.approx([3 / 4, 1 / 4], rel=1e-3)


def test_ice_in_no_outline_and_outlines_elsewhere_change_nothing(tmp_path: Path) -> None:
    far = Outline(3, "RGI60-01.00003", None, shapely.box(-150, 60, -149, 61), "rgi6")
    beside = rgi(2, around(52, 52, 58, 58))
    barely = rgi(4, around(49.8, 8, 60, 40))  # its edge alone, as two maps of one border differ
    found = outlines(tmp_path, far, beside, barely)
    assert ids(found) == [None]


def test_ground_in_two_outlines_counts_once(tmp_path: Path) -> None:
    found = outlines(tmp_path, rgi(1, around(8, 8, 35, 42)), rgi(2, around(20, 8, 52, 42)))
    assert sorted(filter(None, ids(found))) == ["RGI60-14.00001", "RGI60-14.00002"]
    whole = outlines(tmp_path / "whole")
    assert found.glaciers.placed.areas_km2.sum() == pytest.approx(
        whole.glaciers.placed.areas_km2.sum(), rel=1e-6
    )


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*[st.floats(5, 45)] * 2, *[st.floats(3, 40)] * 2), min_size=1, max_size=5))
def test_however_outlines_lie_no_ice_is_lost_or_counted_twice(
    tmp_path: Path, boxes: list[tuple[float, float, float, float]]
) -> None:
    known = [rgi(n, around(x, y, x + w, y + h)) for n, (x, y, w, h) in enumerate(boxes, start=1)]
    found = outlines(tmp_path, *known)
    pieces = found.glaciers.placed.projected
    assert shapely.is_valid(pieces).all()
    assert shapely.area(pieces).sum() == pytest.approx(1200 * 900, rel=1e-5)
    assert shapely.union_all(pieces).area == pytest.approx(1200 * 900, rel=1e-5)
    assert shapely.area(found.debris.placed.projected).sum() == pytest.approx(400 * 900, rel=1e-5)


def test_the_files_carry_what_the_outline_says_and_make_nothing_up(tmp_path: Path) -> None:
    known = rgi(7, around(8, 8, 30, 42), GLIMSId="G077", O1Region=14, Surging=3, TermType=0)
    drawn = Outline(1, None, "Upper basin", around(30, 8, 52, 42), "drawn")
    found = outlines(tmp_path / "run", known, drawn)
    write_geopackage(found, Credits(None), tmp_path / "run.gpkg")
    rows = gpd.read_file(tmp_path / "run.gpkg", layer="glacier_outlines").set_index("glac_name")
    carried, own = rows.loc["Glacier 7"], rows.loc["Upper basin"]
    assert (carried["rgi_id"], carried["glims_id"], carried["o1region"]) == ("RGI60-14.00007", "G077", "14")
    assert (carried["surge_type"], carried["term_type"]) == (3, 0)
    assert own[["rgi_id", "glims_id", "o1region"]].isna().all()
    assert own["outline_id"] == "Upper basin"
    assert (own["surge_type"], own["term_type"]) == (9, 9)


def test_an_oggm_file_has_an_id_once_where_a_glacier_fell_apart(tmp_path: Path) -> None:
    classes = glacier()
    classes[:, 30:33] = 0
    found = outlines(tmp_path / "run", rgi(7, around(8, 8, 52, 42)), classes=classes)
    assert ids(found) == ["RGI60-14.00007"] * 2
    write_oggm(found, Credits(None), tmp_path / "oggm.gpkg")
    rows = gpd.read_file(tmp_path / "oggm.gpkg").sort_values("Area", ascending=False)
    assert rows["RGIId"].dropna().tolist() == ["RGI60-14.00007"]
    assert rows["RGIId"].iloc[0] == "RGI60-14.00007"
    assert rows["BgnDate"].tolist() == ["-9999999"] * 2


def test_an_oggm_file_carries_ids_as_they_are_and_leaves_the_others_empty(tmp_path: Path) -> None:
    """Ids of both RGIs, of a GLIMS outline, and of one that somebody drew."""
    known = (
        rgi(7, around(8, 8, 20, 42)),
        Outline(2, "RGI2000-v7.0-G-14-00002", None, around(20, 8, 30, 42), "rgi7"),
        Outline(3, "G077000E32000N", None, around(30, 8, 40, 42), "glims"),
        Outline(4, "mine-4", None, around(40, 8, 52, 42), "drawn"),
    )
    found = outlines(tmp_path / "run", *known)
    write_oggm(found, Credits(None), tmp_path / "oggm.gpkg")
    rows = gpd.read_file(tmp_path / "oggm.gpkg").sort_values("CenLon")
    assert rows["RGIId"].fillna("").tolist() == ["RGI60-14.00007", "RGI2000-v7.0-G-14-00002", "", ""]
    assert rows["GLIMSId"].dropna().tolist() == ["G077000E32000N"]
    assert rows["firn_id"].is_unique
    assert not rows["firn_id"].str.contains("RGI").any()
    made = pd.Series([f"RGI60-14.{n:05d}_new" for n in range(1, 5)], rows.index)
    assert rows["RGIId"].fillna(made).is_unique


def test_outlines_that_run_along_the_ice_without_covering_it_cut_it_all_the_same(tmp_path: Path) -> None:
    """On the edges of pixels the overlay of ice and outline also holds the line along which they touch."""
    first = shapely.union(shapely.box(10, 10, 30, 40), shapely.box(8, 5, 45, 10))
    found = outlines(tmp_path, rgi(1, in_degrees(first)), rgi(2, around(30, 12, 50, 40)))
    assert sorted(filter(None, ids(found))) == ["RGI60-14.00001", "RGI60-14.00002"]
    assert shapely.area(found.glaciers.placed.projected) == pytest.approx([600 * 900] * 2, rel=1e-2)


def test_exported_outlines_handed_back_carry_their_ids_into_the_next_export(tmp_path: Path) -> None:
    """The second map has lost the ice of the upper left and gained some right beside it."""
    first = outlines(tmp_path / "first", rgi(1, around(10, 10, 30, 40)), rgi(2, around(30, 10, 50, 40)))
    write_geojson(first, Credits(None), tmp_path / "all.geojson")
    content = json.loads((tmp_path / "all.geojson").read_text("utf-8"))
    content["features"] = [f for f in content["features"] if f["properties"]["line_type"] == "glac_bound"]
    (tmp_path / "glaciers.geojson").write_text(json.dumps(content), "utf-8")
    known = read_outlines(tmp_path / "glaciers.geojson", "glaciers.geojson")

    again = outline_run(first.run, tmp_path / "first" / "classes.tif", ALL, known)
    assert ids(again) == ids(first)
    assert again.glaciers.placed.areas_km2 == pytest.approx(first.glaciers.placed.areas_km2, rel=1e-4)

    moved = glacier()
    moved[10:25, 10:50] = 0
    moved[15:40, 4:10] = CLEAN
    run = write_classes(tmp_path / "second", moved)
    second = outline_run(run, tmp_path / "second" / "classes.tif", ALL, known)
    write_geopackage(second, Credits(None), tmp_path / "second.gpkg")
    rows = gpd.read_file(tmp_path / "second.gpkg", layer="glacier_outlines")
    assert sorted(rows["rgi_id"]) == ["RGI60-14.00001", "RGI60-14.00002"]
    assert rows.area.sum() == pytest.approx((15 * 40 + 25 * 6) * 900, rel=1e-5)
