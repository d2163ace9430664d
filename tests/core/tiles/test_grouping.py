from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.errors import TileError
from core.runs import RadiometryKind
from core.tiles.grouping import assign_bands, group_files
from core.tiles.searching import find_files
from core.types import BANDS
from tests.rasters import TRANSFORM, level2_numbers, write_reference_tile, write_tile

PRODUCT = "LC09_L2SP_147037_20230915_20230918_02_T1"
TM_PRODUCT = "LT05_L2SP_147037_19980915_20200908_02_T1"
GRANULE = "T43SFT_20230915T053641"


def _write(folder: Path, *names: str) -> list[Path]:
    return [write_tile(folder / name, np.full((4, 4), 9000, np.uint16)) for name in names]


def test_the_reference_layout_groups_by_its_number(tmp_path: Path) -> None:
    write_reference_tile(tmp_path, level2_numbers(4, 4), "02_07")
    write_reference_tile(tmp_path, level2_numbers(4, 4), "03_09")
    grouping = group_files(find_files(tmp_path))
    assert [tile.name for tile in grouping.tiles] == ["02_07", "03_09"]
    assert all(tuple(tile.bands) == BANDS for tile in grouping.tiles)
    assert grouping.tiles[0].sensor == "Landsat 8/9"
    assert grouping.tiles[0].radiometry is RadiometryKind.LANDSAT_L2
    assert grouping.unplaced == ()


def test_the_second_reference_layout_takes_the_band_from_the_folder(tmp_path: Path) -> None:
    _write(tmp_path, *(f"Band{n}/img{i:03}.tif" for n in range(1, 6) for i in (1, 2)))
    grouping = group_files(find_files(tmp_path))
    assert [tile.name for tile in grouping.tiles] == ["img001", "img002"]
    assert grouping.tiles[1].bands["thermal"].path == tmp_path / "Band5/img002.tif"


def test_uploads_are_grouped_by_their_real_names(tmp_path: Path) -> None:
    stored = _write(tmp_path, *(f"upload-{n}" for n in range(5)))
    names = [f"Train/Band{n}/img001.tif" for n in range(1, 6)]
    (tile,) = group_files(dict(zip(names, stored, strict=True))).tiles
    assert [tile.bands[band].path for band in BANDS] == stored
    assert tile.bands["blue"].label == "Train/Band1/img001.tif"


def test_a_landsat_product_gives_its_five_bands_and_lists_the_rest(tmp_path: Path) -> None:
    wanted = [f"{PRODUCT}_SR_B{n}.TIF" for n in (2, 3, 4, 6)] + [f"{PRODUCT}_ST_B10.TIF"]
    _write(tmp_path, *wanted, f"{PRODUCT}_SR_B5.TIF", f"{PRODUCT}_QA_PIXEL.TIF")
    grouping = group_files(find_files(tmp_path))
    (tile,) = grouping.tiles
    assert [tile.bands[band].path.name for band in BANDS] == wanted
    assert (tile.sensor, tile.acquired_on) == ("Landsat 9", date(2023, 9, 15))
    assert [u.name for u in grouping.unplaced] == [f"{PRODUCT}_QA_PIXEL.TIF", f"{PRODUCT}_SR_B5.TIF"]
    assert all(u.reason for u in grouping.unplaced)


def test_landsat_5_numbers_its_bands_differently(tmp_path: Path) -> None:
    wanted = [f"{TM_PRODUCT}_SR_B{n}.TIF" for n in (1, 2, 3, 5)] + [f"{TM_PRODUCT}_ST_B6.TIF"]
    _write(tmp_path, *wanted, f"{TM_PRODUCT}_SR_B4.TIF", f"{TM_PRODUCT}_SR_B7.TIF")
    (tile,) = group_files(find_files(tmp_path)).tiles
    assert [tile.bands[band].path.name for band in BANDS] == wanted


def test_bands_of_one_product_in_two_folders_make_one_tile(tmp_path: Path) -> None:
    _write(tmp_path, *(f"optical/{PRODUCT}_SR_B{n}.TIF" for n in (2, 3, 4)), f"heat/{PRODUCT}_ST_B10.TIF")
    (tile,) = group_files(find_files(tmp_path)).tiles
    assert set(tile.bands) == {"blue", "green", "red", "thermal"}


def test_sentinel_2_takes_the_finest_file_of_a_band(tmp_path: Path) -> None:
    for size in (10, 20):
        transform = TRANSFORM * TRANSFORM.scale(size / 30)
        for band in ("B02", "B03", "B04", "B11"):
            if (band, size) != ("B11", 10):
                name = f"R{size}m/{GRANULE}_{band}_{size}m.tif"
                write_tile(tmp_path / name, np.ones((40 // size, 40 // size), np.uint16), transform=transform)
    grouping = group_files(find_files(tmp_path))
    (tile,) = grouping.tiles
    assert {band: file.path.parent.name for band, file in tile.bands.items()} == {
        "blue": "R10m",
        "green": "R10m",
        "red": "R10m",
        "swir1": "R20m",
    }
    assert len(grouping.unplaced) == 3
    assert tile.radiometry is RadiometryKind.SENTINEL2_OFFSET


def test_both_levels_of_a_sentinel_2_scene_stay_apart(tmp_path: Path) -> None:
    _write(tmp_path, *(f"L1C/{GRANULE}_{b}.tif" for b in ("B02", "B03", "B04")))
    _write(tmp_path, *(f"L2A/{GRANULE}_{b}_10m.tif" for b in ("B02", "B03", "B04")))
    grouping = group_files(find_files(tmp_path))
    assert [tile.name for tile in grouping.tiles] == [f"L1C_{GRANULE}", f"L2A_{GRANULE}"]


def test_padded_numbers_are_sentinel_2_even_when_only_one_tells(tmp_path: Path) -> None:
    _write(tmp_path, "a_B02.tif", "a_B03.tif", "a_B04.tif", "a_B11.tif")
    (tile,) = group_files(find_files(tmp_path)).tiles
    assert set(tile.bands) == {"blue", "green", "red", "swir1"}
    assert tile.sensor == "Sentinel-2"


def test_plain_numbers_that_tell_no_sensor_are_flagged(tmp_path: Path) -> None:
    _write(tmp_path, "a_B2.tif", "a_B3.tif", "a_B4.tif")
    (tile,) = group_files(find_files(tmp_path)).tiles
    assert [finding.code for finding in tile.findings] == ["band-numbers-guessed"]


@pytest.mark.parametrize(
    ("numbers", "blue"),
    [((2, 3, 4, 6, 10), "2"), ((1, 2, 3, 5), "1"), ((2, 3, 4, 11), "2"), ((2, 3, 4, 12), "2")],
)
def test_plain_numbers_tell_the_sensor_where_they_fit_one_alone(
    tmp_path: Path, numbers: tuple[int, ...], blue: str
) -> None:
    _write(tmp_path, *(f"a_B{n}.tif" for n in numbers))
    (tile,) = group_files(find_files(tmp_path)).tiles
    assert tile.bands["blue"].path.name == f"a_B{blue}.tif"
    assert tile.findings == ()


def test_words_name_bands(tmp_path: Path) -> None:
    _write(tmp_path, "s_blue.tif", "s_green.tif", "s_red.tif", "s-swir1.tif", "s_thermal.tif", "s_nir.tif")
    grouping = group_files(find_files(tmp_path))
    assert tuple(grouping.tiles[0].bands) == BANDS
    assert [u.name for u in grouping.unplaced] == ["s_nir.tif"]


def test_tiles_of_one_id_in_two_folders_keep_distinct_names(tmp_path: Path) -> None:
    for folder in ("Train", "Test"):
        write_reference_tile(tmp_path / folder, level2_numbers(4, 4))
    assert [tile.name for tile in group_files(find_files(tmp_path)).tiles] == ["Test_02_07", "Train_02_07"]


def test_five_bands_in_one_file_are_a_tile_whatever_the_name_suggests(tmp_path: Path) -> None:
    write_tile(tmp_path / "greenland_coastal.tif", level2_numbers(4, 4))
    (tile,) = group_files([tmp_path / "greenland_coastal.tif"]).tiles
    assert [tile.bands[band].index for band in BANDS] == [1, 2, 3, 4, 5]
    assert [finding.code for finding in tile.findings] == ["bands-in-order"]


@pytest.mark.parametrize(
    "descriptions",
    [
        ["ST_B10", "SR_B6", "SR_B4", "SR_B3", "SR_B2"],
        ["thermal", "swir1", "red", "green", "blue"],
        ["B6 ", "B5", "B3", "B2", "B1"],
    ],
)
def test_descriptions_tell_bands_in_any_order(tmp_path: Path, descriptions: list[str]) -> None:
    path = write_tile(tmp_path / "stack.tif", level2_numbers(4, 4), descriptions=descriptions)
    (tile,) = group_files([path]).tiles
    assert [tile.bands[band].index for band in BANDS] == [5, 4, 3, 2, 1]


def test_a_full_sentinel_2_stack_is_placed_by_its_descriptions(tmp_path: Path) -> None:
    names = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"]
    path = write_tile(tmp_path / "s2.tif", np.ones((13, 4, 4), np.uint16), descriptions=names)
    (tile,) = group_files([path]).tiles
    assert {band: file.index for band, file in tile.bands.items()} == {
        "blue": 2,
        "green": 3,
        "red": 4,
        "swir1": 12,
    }


@pytest.mark.parametrize("count", [1, 3, 4, 13])
def test_a_wrong_number_of_bands_without_names_is_left_for_the_user_to_assign(
    tmp_path: Path, count: int
) -> None:
    path = write_tile(tmp_path / "x.tif", np.ones((count, 4, 4), np.uint16))
    grouping = group_files([path])
    assert grouping.tiles == ()
    (unplaced,) = grouping.unplaced
    assert unplaced.count == count
    assert "by hand" in unplaced.reason


def test_descriptions_that_lack_a_visible_band_are_not_guessed_at(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "x.tif", level2_numbers(4, 4), descriptions=["blue", "green", "a", "b", "c"])
    (unplaced,) = group_files([path]).unplaced
    assert "name only blue, green" in unplaced.reason


def test_a_damaged_band_stays_in_its_tile_so_that_opening_says_so(tmp_path: Path) -> None:
    paths = write_reference_tile(tmp_path, level2_numbers(4, 4))
    paths["Band4/B6_B6_masked_02_07.tif"].write_bytes(b"not a tiff")
    (tile,) = group_files(paths).tiles
    assert "swir1" in tile.bands


def test_no_files_give_no_tiles() -> None:
    assert group_files([]).tiles == ()
    assert group_files({}).unplaced == ()


def test_tags_tell_what_names_leave_open(tmp_path: Path) -> None:
    tags = {"SPACECRAFT_ID": "LANDSAT_8", "DATE_ACQUIRED": "2019-09-15", "PROCESSING_LEVEL": "L2SP"}
    path = write_tile(tmp_path / "x.tif", level2_numbers(4, 4), tags=tags)
    (tile,) = group_files([path]).tiles
    assert (tile.sensor, tile.acquired_on, tile.radiometry) == (
        "Landsat 8",
        date(2019, 9, 15),
        RadiometryKind.LANDSAT_L2,
    )


def test_bands_are_assigned_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    tile = assign_bands("mine", {"red": (path, 3), "blue": (path, 1), "green": (path, 2)})
    assert {band: (file.path, file.index) for band, file in tile.bands.items()} == {
        "blue": (path, 1),
        "green": (path, 2),
        "red": (path, 3),
    }


def test_bands_by_hand_take_sensor_date_and_level_from_the_names_that_the_user_knows(tmp_path: Path) -> None:
    (path,) = _write(tmp_path, "upload-1")
    tile = assign_bands("mine", {"blue": (path, 1)}, names={path: f"{PRODUCT}_SR_B2.TIF"})
    assert tile.bands["blue"].label == f"{PRODUCT}_SR_B2.TIF"
    assert (tile.sensor, tile.acquired_on) == ("Landsat 9", date(2023, 9, 15))
    assert tile.radiometry is RadiometryKind.LANDSAT_L2


def test_one_layer_cannot_be_two_bands(tmp_path: Path) -> None:
    with pytest.raises(TileError, match="chosen for blue and for green"):
        assign_bands("mine", {"blue": (tmp_path / "x.tif", 1), "green": (tmp_path / "x.tif", 1)})


def test_a_tile_by_hand_needs_a_band() -> None:
    with pytest.raises(TileError, match="No band was chosen"):
        assign_bands("mine", {})
