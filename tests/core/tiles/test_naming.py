from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs import RadiometryKind
from core.tiles.naming import date_in, parse_name, sensor_in

L2, L1 = RadiometryKind.LANDSAT_L2, RadiometryKind.LANDSAT_L1
S2, S2_OFFSET = RadiometryKind.SENTINEL2, RadiometryKind.SENTINEL2_OFFSET
LANDSAT_9 = "LC09_L2SP_147037_20230915_20230918_02_T1"
LANDSAT_5 = "LT05_L2SP_147037_19980915_20200908_02_T1"
LANDSAT_7 = "LE07_L1TP_147037_20020915_20200916_02_T1"
GRANULE = "T43SFT_20230915T053641"


@pytest.mark.parametrize(
    ("name", "tile_id", "band"),
    [
        (f"{LANDSAT_9}_SR_B2.TIF", LANDSAT_9, "blue"),
        (f"{LANDSAT_9}_SR_B6.TIF", LANDSAT_9, "swir1"),
        (f"{LANDSAT_9}_ST_B10.TIF", LANDSAT_9, "thermal"),
        ("LC09_L2SP_147037_20230915_SR_B3.TIF", "LC09_L2SP_147037_20230915", "green"),
        (
            "LC08_L1TP_147037_20190915_20200826_02_T1_B4.TIF",
            "LC08_L1TP_147037_20190915_20200826_02_T1",
            "red",
        ),
        (f"{LANDSAT_5}_SR_B1.TIF", LANDSAT_5, "blue"),
        (f"{LANDSAT_5}_SR_B5.TIF", LANDSAT_5, "swir1"),
        (f"{LANDSAT_5}_ST_B6.TIF", LANDSAT_5, "thermal"),
        (f"{LANDSAT_7}_B6_VCID_1.TIF", LANDSAT_7, "thermal"),
        ("Train/Band1/B2_B2_masked_02_07.tif", "02_07", "blue"),
        ("Train/Band5/B10_B10_masked_02_07.tif", "02_07", "thermal"),
        ("Band4/img001.tif", "img001", "swir1"),
        (f"{GRANULE}_B02_10m.jp2", GRANULE, "blue"),
        (f"R20m/{GRANULE}_B11_20m.tif", GRANULE, "swir1"),
        ("B04.tif", "tile", "red"),
        ("scene_blue.tif", "scene", "blue"),
        ("scene-swir1.tif", "scene", "swir1"),
        ("scene_SWIR_1.tif", "scene", "swir1"),
        ("scene.thermal.tiff", "scene", "thermal"),
        ("basin/green.tif", "basin", "green"),
        ("swir16.tif", "tile", "swir1"),
        ("lwir11.tif", "tile", "thermal"),
        ("red/chhota_shigri.tif", "chhota_shigri", "red"),
        ("scene_SR_B2 (1).TIF", "scene", "blue"),
        (r"C:\scenes\Band2\img001.tif", "img001", "green"),
    ],
)
def test_a_name_tells_tile_and_band(name: str, tile_id: str, band: str) -> None:
    facts = parse_name(name)
    assert (facts.tile_id, facts.band, facts.unused) == (tile_id, band, "")


@pytest.mark.parametrize(
    "name",
    [
        f"{LANDSAT_9}_SR_B5.TIF",
        f"{LANDSAT_9}_QA_PIXEL.TIF",
        f"{LANDSAT_9}_ST_TRAD.TIF",
        f"{LANDSAT_7}_B6_VCID_2.TIF",
        f"{GRANULE}_B8A_20m.tif",
        "LM05_L1TP_147037_19850915_20200908_02_T1_B2.TIF",
        "HLS.L30.T43SFT.2023258T053641.v2.0.B02.tif",
        "scene_nir.tif",
        "scene_swir2.tif",
    ],
)
def test_a_layer_that_no_tile_needs_says_why(name: str) -> None:
    facts = parse_name(name)
    assert facts.band is None
    assert facts.unused


@pytest.mark.parametrize(
    "name",
    ["Train/label/Y_output_resized_02_07.tif", "labels/img001.tif", "Y_output_03.tif", "scene_labels.tif"],
)
def test_labels_are_known_by_name_or_folder(name: str) -> None:
    assert parse_name(name).label


def test_masked_in_a_band_name_does_not_make_it_a_label() -> None:
    assert not parse_name("B2_B2_masked_02_07.tif").label


@pytest.mark.parametrize(
    ("name", "sensor", "kind", "day"),
    [
        (f"{LANDSAT_9}_SR_B2.TIF", "Landsat 9", L2, date(2023, 9, 15)),
        (f"{LANDSAT_7}_B1.TIF", "Landsat 7", L1, date(2002, 9, 15)),
        ("LC81470372023258LGN00_B4.TIF", "Landsat 8", None, date(2023, 9, 15)),
        (f"{GRANULE}_B02_10m.tif", "Sentinel-2", S2_OFFSET, date(2023, 9, 15)),
        ("T43SFT_20210915T053641_B02_10m.tif", "Sentinel-2", S2, date(2021, 9, 15)),
        ("T43SFT_20220124T053641_B02.tif", "Sentinel-2", S2, date(2022, 1, 24)),
        ("T43SFT_20220125T053641_B02.tif", "Sentinel-2", S2_OFFSET, date(2022, 1, 25)),
        (
            "S2A_MSIL2A_20180915T053641_N0500_R005_T43SFT_20230801T093456_B02.tif",
            "Sentinel-2A",
            S2_OFFSET,
            date(2018, 9, 15),
        ),
        (
            "S2B_MSIL2A_20180915T053641_N0208_R005_T43SFT_20180915T093456_B02.tif",
            "Sentinel-2B",
            S2,
            date(2018, 9, 15),
        ),
        ("B2_B2_masked_02_07.tif", None, L2, None),
        ("Band1/img001.tif", None, L2, None),
        ("landsat5_1998-09-15_blue.tif", "Landsat 5", None, date(1998, 9, 15)),
        ("scene_blue.tif", None, None, None),
        ("B02.tif", None, None, None),
    ],
)
def test_a_name_tells_sensor_level_and_date(
    name: str, sensor: str | None, kind: RadiometryKind | None, day: date | None
) -> None:
    facts = parse_name(name)
    assert (facts.sensor, facts.radiometry, facts.acquired_on) == (sensor, kind, day)


def test_the_path_row_of_a_landsat_name_is_no_date() -> None:
    assert date_in("LC09_L2SP_201911_banana") is None


def test_an_impossible_date_is_no_date() -> None:
    assert date_in("scene_20230231") is None


def test_a_word_that_contains_a_sensor_code_names_no_sensor() -> None:
    assert sensor_in("MULE07_outcrops") is None


def test_folders_of_bands_do_not_separate_the_bands_of_a_tile() -> None:
    ids = {
        (facts.folder, facts.tile_id)
        for facts in map(parse_name, ("T/Band1/B2_B2_masked_1.tif", "T/Band2/B3_B3_masked_1.tif"))
    }
    assert ids == {("T", "1")}


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(name: str) -> None:
    assert parse_name(name).tile_id or not name.strip("/\\. ")
