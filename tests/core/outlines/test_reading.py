"""Outlines are read from the files that inventories come in, and bad ones get one clear sentence."""

from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from core.errors import OutlineCrsError, OutlineError
from core.outlines import opening, reading
from core.outlines.outline import OutlineSet
from core.outlines.placing import placed_near
from core.outlines.reading import drawn_outlines, read_outlines
from core.runs import MapBounds
from tests.core.outlines.shapes import in_degrees, on_ground, outlines

SQUARE, OTHER = (2, 2, 9, 9), (20, 20, 40, 30)
BOW_TIE = shapely.Polygon([(76, 33), (76.1, 33.1), (76.1, 33), (76, 33.1)])


def geojson(path: Path, *shapes: BaseGeometry | None, fields: Any = None, **whole: Any) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": (fields or [{}] * len(shapes))[at],
            "geometry": shape and shapely.geometry.mapping(shape),
        }
        for at, shape in enumerate(shapes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **whole}))
    return path


def zipped(path: Path, frame: gpd.GeoDataFrame, name: str = "glaciers", folder: str = "") -> Path:
    parts = path.parent / f"{path.stem}-parts"
    parts.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a frame without CRS
        frame.to_file(parts / f"{name}.shp", engine="pyogrio")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(parts.iterdir()):
            archive.write(part, f"{folder}{part.name}")
    return path


def frame(*shapes: BaseGeometry, crs: int | None = 32643, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns or {"x": range(len(shapes))}, geometry=list(shapes), crs=crs)


def ids(found: OutlineSet) -> list[str | None]:
    return [outline.id for outline in found.outlines]


def codes(found: OutlineSet) -> set[str]:
    return {finding.code for finding in found.findings}


def test_rgi_6_and_7_keep_ids_names_and_dates(tmp_path: Path) -> None:
    six = frame(
        on_ground(SQUARE),
        on_ground(OTHER),
        RGIId=["RGI60-14.00001", "RGI60-14.00002"],
        Name=["Drang Drung", None],
        BgnDate=["20020802", "-9999999"],
    )
    found = read_outlines(zipped(tmp_path / "six.zip", six, folder="14_rgi60/"), "six.zip")
    assert ids(found) == ["RGI60-14.00001", "RGI60-14.00002"]
    assert [(o.name, o.source_date, o.source) for o in found.outlines] == [
        ("Drang Drung", date(2002, 8, 2), "rgi6"),
        (None, None, "rgi6"),
    ]
    seven = six.rename(columns={"RGIId": "rgi_id", "Name": "glac_name", "BgnDate": "src_date"})
    seven["src_date"] = ["2000-09-02T00:00:00", None]
    seven.to_file(tmp_path / "seven.gpkg", layer="RGI2000: 14")
    found = read_outlines(tmp_path / "seven.gpkg", "seven.gpkg")
    assert found.outlines[0].source_date == date(2000, 9, 2)
    assert (found.outlines[0].source, found.outlines[0].attributes["glac_name"]) == ("rgi7", "Drang Drung")


def test_shapes_come_out_in_degrees_whatever_they_are_in(tmp_path: Path) -> None:
    expected = in_degrees(SQUARE)
    frame(on_ground(SQUARE)).to_file(tmp_path / "utm.gpkg")
    geojson(tmp_path / "degrees.geojson", expected)
    for name in ("utm.gpkg", "degrees.geojson"):
        [outline] = read_outlines(tmp_path / name, name).outlines
        assert shapely.hausdorff_distance(outline.geometry, expected) < 1e-8


def test_an_outline_without_id_gets_none(tmp_path: Path) -> None:
    found = read_outlines(geojson(tmp_path / "a.json", in_degrees(SQUARE), in_degrees(OTHER)), "a.json")
    assert (ids(found), [o.label for o in found.outlines]) == ([None, None], ["No. 1", "No. 2"])
    assert "no-ids" in codes(found)


def test_holes_and_parts_stay(tmp_path: Path) -> None:
    ring = in_degrees((0, 0, 50, 50)).difference(in_degrees((10, 10, 20, 20)))
    both = shapely.union_all([ring, in_degrees((60, 60, 70, 70))])
    [outline] = read_outlines(geojson(tmp_path / "a.json", both), "a.json").outlines
    assert shapely.equals(outline.geometry, both)


def test_a_file_without_crs_asks_for_one_and_takes_it(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", frame(on_ground(SQUARE), crs=None))
    with pytest.raises(OutlineCrsError, match=r"no coordinate reference system.*EPSG code"):
        read_outlines(path, "a.zip")
    [outline] = read_outlines(path, "a.zip", epsg=32643).outlines
    assert shapely.hausdorff_distance(outline.geometry, in_degrees(SQUARE)) < 1e-8
    with pytest.raises(OutlineCrsError, match="EPSG:99 is no"):
        read_outlines(path, "a.zip", epsg=99)
    metres = geojson(tmp_path / "metres.geojson", on_ground(SQUARE))
    with pytest.raises(OutlineCrsError):
        read_outlines(metres, "metres.geojson")


def test_a_crs_of_the_file_is_not_overruled(tmp_path: Path) -> None:
    frame(on_ground(SQUARE)).to_file(tmp_path / "a.gpkg")
    [outline] = read_outlines(tmp_path / "a.gpkg", "a.gpkg", epsg=3857).outlines
    assert shapely.hausdorff_distance(outline.geometry, in_degrees(SQUARE)) < 1e-8


def test_a_self_crossing_outline_is_repaired_and_told(tmp_path: Path) -> None:
    found = read_outlines(geojson(tmp_path / "a.json", BOW_TIE, in_degrees(SQUARE)), "a.json")
    assert [outline.geometry.is_valid for outline in found.outlines] == [True, True]
    assert found.outlines[0].geometry.area == pytest.approx(0.005, rel=0.02)
    [finding] = [finding for finding in found.findings if finding.code == "self-crossing"]
    assert finding.message.startswith("1 outline crossed itself and was repaired")
    assert "Once the outlines are saved the map shows them" in finding.message


def test_what_has_no_area_is_refused_or_left_out(tmp_path: Path) -> None:
    flat = shapely.Polygon([(76, 33), (76.1, 33), (76.2, 33)])
    with pytest.raises(OutlineError, match="nothing remains"):
        read_outlines(geojson(tmp_path / "a.json", flat), "a.json")
    mixed = geojson(
        tmp_path / "b.json", flat, None, shapely.LineString([(76, 33), (77, 34)]), in_degrees(SQUARE)
    )
    found = read_outlines(mixed, "b.json")
    assert [outline.number for outline in found.outlines] == [4]
    assert codes(found) >= {"no-area", "empty-outlines", "not-polygons"}


def test_lines_and_points_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutlineError, match=r"lines or points and no polygon.*convert"):
        read_outlines(geojson(tmp_path / "a.json", shapely.Point(76, 33)), "a.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"RGIId,Area\n1,2\n", "none of the known formats"),
        (b'{"type": "FeatureCollection", "features": []}', "holds no outline"),
        (b'{"type": "FeatureCollection", "feat', "damaged"),
        (b"SQLite format 3\x00" + bytes(100), "no GeoPackage"),
        (b"\x00\x00\x27\x0a" + bytes(100), "one part of a shapefile"),
        (b"PK\x03\x04" + bytes(40), "cannot be unpacked"),
        (b"<OGRVRTDataSource></OGRVRTDataSource>", "none of the known formats"),
    ],
)
def test_a_file_that_is_none_gets_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(OutlineError, match=words):
        read_outlines(tmp_path / "x", "x")


def test_a_virtual_dataset_in_disguise_reads_no_other_file(tmp_path: Path) -> None:
    secret = geojson(tmp_path / "secret.json", in_degrees(SQUARE))
    trap = tmp_path / "trap.geojson"
    layer = f"<OGRVRTLayer name='a'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
    trap.write_text(f'{{"a": 1}}<OGRVRTDataSource>{layer}</OGRVRTDataSource>')
    with pytest.raises(OutlineError, match=r"damaged|no outline"):
        read_outlines(trap, "trap.geojson")


def test_a_view_in_a_geopackage_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame(on_ground(SQUARE)).to_file(path, layer="real")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE gpkg_geometry_columns SET table_name = 'trap'")
        connection.execute("UPDATE gpkg_contents SET table_name = 'trap', identifier = 'trap'")
        connection.execute("CREATE VIEW trap AS SELECT * FROM real")
    connection.close()
    with pytest.raises(OutlineError, match="no layer of polygons"):
        read_outlines(path, "a.gpkg")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bomb(name: str, size: int, files: int = 0) -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for suffix in (".shp", ".shx", ".dbf"):
                archive.writestr(f"a{suffix}", bytes(size))
            for number in range(files):
                archive.writestr(f"{number}.txt", b"")
        return tmp_path / name

    unpacked: list[object] = []
    monkeypatch.setattr(opening, "_pour", lambda *arguments: unpacked.append(arguments))
    with pytest.raises(OutlineError, match=r"would grow .* times when unpacked"):
        read_outlines(bomb("dense.zip", 3_000_000), "dense.zip")
    with pytest.raises(OutlineError, match=r"holds 1,003 files; 1,000 is the most"):
        read_outlines(bomb("many.zip", 10, files=1000), "many.zip")
    monkeypatch.setattr(opening, "MOST_BYTES", 1_000_000)
    with pytest.raises(OutlineError, match=r"9 MB of outlines; 1 MB is the most"):
        read_outlines(bomb("large.zip", 3_000_000), "large.zip")
    assert unpacked == []


def test_a_path_in_a_zip_leads_nowhere(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", frame(on_ground(SQUARE)), folder="../../")
    assert len(read_outlines(path, "a.zip")) == 1
    assert not list(tmp_path.parent.parent.glob("glaciers.*"))


def test_a_zip_with_two_shapefiles_or_half_of_one_is_refused_in_words(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", frame(on_ground(SQUARE)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.shp", b"x")
    with pytest.raises(OutlineError, match="holds 2 shapefiles; one is needed"):
        read_outlines(path, "a.zip")
    with zipfile.ZipFile(tmp_path / "half.zip", "w") as archive:
        archive.writestr("b.shp", b"x")
    with pytest.raises(OutlineError, match=r"lacks its part \.shx, \.dbf"):
        read_outlines(tmp_path / "half.zip", "half.zip")


def test_what_is_there_twice_or_dated_in_the_future_is_told(tmp_path: Path) -> None:
    fields = [{"rgi_id": "A", "src_date": "2999-01-01"}, {"rgi_id": "A", "src_date": "2001-01-01"}]
    found = read_outlines(
        geojson(tmp_path / "a.json", in_degrees(SQUARE), in_degrees(SQUARE), fields=fields), "a.json"
    )
    assert codes(found) == {"duplicate-ids", "duplicate-shapes", "future-dates"}
    assert [outline.source_date for outline in found.outlines] == [None, date(2001, 1, 1)]


def test_coordinates_beyond_the_earth_are_refused_in_words(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", frame(shapely.box(5e8, 5e8, 6e8, 6e8)))
    with pytest.raises(OutlineError, match="lie nowhere on earth"):
        read_outlines(path, "a.zip")


def test_corners_that_are_no_numbers_are_refused_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "odd.geojson"
    odd = '{"type": "Polygon", "coordinates": [[[76, 33], [NaN, 33], [76, 34], [76, 33]]]}'
    path.write_text(odd)
    with pytest.raises(OutlineError, match="nowhere on earth"):
        read_outlines(path, path.name)
    sound = shapely.to_geojson(in_degrees(SQUARE))
    features = [f'{{"type": "Feature", "properties": {{}}, "geometry": {shape}}}' for shape in (odd, sound)]
    path.write_text(f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}')
    found = read_outlines(path, path.name)
    assert [outline.number for outline in found.outlines] == [2]
    assert "empty-outlines" in codes(found)


def test_fifty_thousand_outlines_are_read_with_their_ids(tmp_path: Path) -> None:
    count = 50_000
    corner = np.stack([70 + np.arange(count) % 250 * 0.01, 30 + np.arange(count) // 250 * 0.01])
    shapes = shapely.box(corner[0], corner[1], corner[0] + 0.009, corner[1] + 0.009)
    data = gpd.GeoDataFrame({"rgi_id": [f"RGI-{n}" for n in range(count)]}, geometry=shapes, crs=4326)
    data.to_file(tmp_path / "a.gpkg")
    found = read_outlines(tmp_path / "a.gpkg", "a.gpkg")
    assert (len(found), found.outlines[-1].id, found.findings) == (count, "RGI-49999", ())


def test_more_outlines_than_can_be_held_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = geojson(tmp_path / "a.json", in_degrees(SQUARE), in_degrees(OTHER))
    monkeypatch.setattr(reading, "MOST_OUTLINES", 1)
    with pytest.raises(OutlineError, match=r"more than 1 outlines, which is the most\. Cut out the region"):
        read_outlines(path, "a.json")
    monkeypatch.setattr(reading, "MOST_OUTLINES", 2)
    monkeypatch.setattr(reading, "MOST_POINTS", 9)
    with pytest.raises(OutlineError, match=r"has 10 points; 9 is the most\. Cut out the region"):
        read_outlines(path, "a.json")


def test_a_drawing_becomes_outlines_without_ids() -> None:
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(in_degrees(SQUARE))}
    found = drawn_outlines([feature])
    assert (ids(found), found.outlines[0].source) == ([None], "drawn")
    with pytest.raises(OutlineError, match="Nothing is drawn yet"):
        drawn_outlines([])


HERE = MapBounds(*(in_degrees((0, 0, 100, 100)).bounds[at] for at in (1, 0, 3, 2)))


def test_outlines_elsewhere_are_refused_and_those_near_can_be_kept_alone() -> None:
    far, near = shapely.box(8, 46, 8.1, 46.1), in_degrees(SQUARE)
    with pytest.raises(OutlineError, match=r"46\.05° N, 8\.05° E.*no common ground"):
        placed_near(outlines(far), [HERE], only_near=True)
    both = outlines(far, near)
    assert [o.number for o in placed_near(both, [HERE], only_near=True).outlines] == [2]
    all_of_them = placed_near(both, [HERE], only_near=False)
    assert (len(all_of_them), codes(all_of_them)) == (2, {"unseen-outlines"})
    assert placed_near(outlines(far), [], only_near=True).outlines[0].number == 1
