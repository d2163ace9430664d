"""Labelled tiles on disk: the reference layouts, and what is wrong with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from affine import Affine

from core.errors import TileError, TrainingError
from core.models import BINARY, MULTICLASS
from core.types import BANDS
from tests.rasters import TRANSFORM, write_tile
from tests.trainer.scenes import ice_numbers, ice_outline, write_labelled_tile
from trainer.datasets import read_labelled_tiles
from trainer.labels import GLACIER, UNKNOWN

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_reference_layout_is_read_in_physical_units(tmp_path: Path) -> None:
    ice = write_labelled_tile(tmp_path, "02_07", seed=1)
    write_labelled_tile(tmp_path, "02_08", seed=2)
    tile, other = read_labelled_tiles(tmp_path, BINARY)
    assert (tile.name, other.name) == ("02_07", "02_08")
    np.testing.assert_array_equal(tile.labels, ice)
    assert np.abs(tile.pixels.values[0][ice].mean() - (36000 * 2.75e-5 - 0.2)) < 0.01
    assert np.abs(tile.pixels.values[4][ice].mean() - (29000 * 0.00341802 + 149)) < 1
    assert other.place[0] - tile.place[0] == pytest.approx(64 * 30)


def test_the_second_reference_layout_is_read(tmp_path: Path) -> None:
    ice = ice_outline(32, seed=0)
    for number, band in enumerate(ice_numbers(ice, seed=0), start=1):
        write_tile(tmp_path / f"Band{number}" / "img001.tif", band.astype(np.float32))
    surface = np.where(ice, 85, 0).astype(np.uint8)
    surface[0, :3] = 85, 170, 255
    write_tile(tmp_path / "labels" / "img001.tif", surface)
    (tile,) = read_labelled_tiles(tmp_path, MULTICLASS)
    assert tile.labels[0, :3].tolist() == [1, 2, 3]


def test_five_band_tiles_with_labels_beside_them_are_read(tmp_path: Path) -> None:
    ice = ice_outline(32, seed=0)
    write_tile(tmp_path / "lake.tif", ice_numbers(ice, seed=0), descriptions=BANDS)
    write_tile(tmp_path / "labels" / "lake.tif", np.where(ice, 255, 0).astype(np.uint8))
    (tile,) = read_labelled_tiles(tmp_path, BINARY)
    np.testing.assert_array_equal(tile.labels, ice)


def test_finer_labels_of_some_tiles_join_the_outlines_of_all(tmp_path: Path) -> None:
    ice = write_labelled_tile(tmp_path, "02_07", seed=1)
    write_labelled_tile(tmp_path, "02_08", seed=2)
    surface = np.where(ice, 2, 0).astype(np.uint8)
    surface[0] = UNKNOWN
    ground = TRANSFORM * Affine.translation(64, 0)  # where `write_labelled_tile` lays the first
    write_tile(tmp_path / "labels4_partial" / "02_07.tif", surface, transform=ground)
    fine, coarse = read_labelled_tiles(tmp_path, MULTICLASS)
    assert set(np.unique(fine.labels[1:])) == {0, 2}
    np.testing.assert_array_equal(fine.labels[0], np.where(ice[0], GLACIER, 0))
    assert set(np.unique(coarse.labels)) == {0, GLACIER}


def test_labels_of_no_tile_are_left_alone(tmp_path: Path) -> None:
    ice = write_labelled_tile(tmp_path, "02_07", seed=1)
    write_tile(tmp_path / "label" / "02_07_filled.tif", np.zeros(ice.shape, np.float32))
    (tile,) = read_labelled_tiles(tmp_path, BINARY)
    assert tile.labels.any()


def test_a_tile_without_labels_is_named(tmp_path: Path) -> None:
    write_labelled_tile(tmp_path, "02_07", seed=1)
    (tmp_path / "label" / "Y_output_resized_02_07.tif").unlink()
    with pytest.raises(TrainingError, match=r"The tile 02_07 in .* has no labels\. Put"):
        read_labelled_tiles(tmp_path, BINARY)


def test_wrong_label_values_are_named(tmp_path: Path) -> None:
    ice = write_labelled_tile(tmp_path, "02_07", seed=1)
    write_tile(tmp_path / "label" / "Y_output_resized_02_07.tif", np.where(ice, 128, 7).astype(np.uint8))
    with pytest.raises(
        TrainingError, match=r"/label hold the values 7, 128; Y_output_resized_02_07\.tif alone holds 7, 128"
    ):
        read_labelled_tiles(tmp_path, BINARY)


@pytest.mark.parametrize("values", [np.full((8, 8), 0.5, np.float32), np.full((8, 8), 300, np.uint16)])
def test_a_raster_that_holds_no_labels_is_refused(tmp_path: Path, values: np.ndarray) -> None:
    write_labelled_tile(tmp_path, "02_07", seed=1)
    write_tile(tmp_path / "label" / "Y_output_resized_02_07.tif", values)
    with pytest.raises(TileError, match="whole numbers from 0 to 255"):
        read_labelled_tiles(tmp_path, BINARY)


def test_labels_of_several_bands_are_refused(tmp_path: Path) -> None:
    write_labelled_tile(tmp_path, "02_07", seed=1)
    write_tile(tmp_path / "label" / "Y_output_resized_02_07.tif", np.zeros((2, 64, 64), np.uint8))
    with pytest.raises(TileError, match="have 2 bands"):
        read_labelled_tiles(tmp_path, BINARY)


def test_labels_that_are_no_raster_are_refused(tmp_path: Path) -> None:
    write_labelled_tile(tmp_path, "02_07", seed=1)
    (tmp_path / "label" / "Y_output_resized_02_07.tif").write_bytes(b"not a raster")
    with pytest.raises(TileError, match="is not a TIFF"):
        read_labelled_tiles(tmp_path, BINARY)


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    write_labelled_tile(tmp_path, "02_07", seed=1)
    write_tile(tmp_path / "label" / "Y_output_resized_02_07.tif", np.zeros((64, 32), np.uint8))
    with pytest.raises(
        TrainingError,
        match=r"/label/Y_output_resized_02_07\.tif are 64 x 32 pixels, the tile 02_07 is 64 x 64\. Cut",
    ):
        read_labelled_tiles(tmp_path, BINARY)


def write_five_bands(folder: Path, name: str, labels: object, in_folder: str = "labels") -> None:
    """A tile of five bands, and its labels where it has some."""
    numbers = ice_numbers(ice_outline(32, seed=0), seed=0)
    write_tile(folder / "tiles" / f"{name}.tif", numbers, descriptions=BANDS)
    if labels is not None:
        write_tile(folder / in_folder / f"{name}.tif", labels)


def test_a_label_file_serves_the_tile_of_its_own_name_alone(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "1", None)
    write_five_bands(tmp_path, "11", np.full((32, 32), 255, np.uint8))
    with pytest.raises(TrainingError, match=r"The tile 1 in .* has no labels\. Put .* ends in '_1'"):
        read_labelled_tiles(tmp_path, BINARY)


def test_a_label_file_serves_the_longest_name_that_it_ends_in(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "07", None)
    write_five_bands(tmp_path, "02_07", None)
    write_tile(tmp_path / "labels" / "truth_02_07.tif", np.full((32, 32), 255, np.uint8))
    with pytest.raises(TrainingError, match=r"The tile 07 in .* has no labels"):
        read_labelled_tiles(tmp_path, BINARY)
    write_tile(tmp_path / "labels" / "truth-07.tif", np.zeros((32, 32), np.uint8))
    longer, shorter = read_labelled_tiles(tmp_path, BINARY)
    assert (longer.name, shorter.name) == ("02_07", "07")
    assert longer.labels.all()
    assert not shorter.labels.any()


@pytest.mark.parametrize("other", ["labels_b/img005.tif", "labels_b/second_img005.tif", "labels/img005.tiff"])
def test_two_label_files_of_one_kind_for_one_tile_are_refused(tmp_path: Path, other: str) -> None:
    write_five_bands(tmp_path, "img005", np.full((32, 32), 255, np.uint8))
    write_tile(tmp_path / other, np.zeros((32, 32), np.uint8))
    wanted = rf"^The tile img005 has two label files of one kind, \S+labels/img005.tif and \S+{other}, and"
    with pytest.raises(TrainingError, match=wanted):
        read_labelled_tiles(tmp_path, BINARY)


def test_label_folders_of_one_kind_may_share_the_tiles_between_them(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "img004", np.full((32, 32), 85, np.uint8), "labels4")
    write_five_bands(tmp_path, "img005", np.full((32, 32), 2, np.uint8), "labels4_partial")
    for name in ("img004", "img005"):
        write_tile(tmp_path / "label" / f"Y_{name}.tif", np.full((32, 32), 255, np.uint8))
    first, second = read_labelled_tiles(tmp_path, MULTICLASS)
    assert (np.unique(first.labels).tolist(), np.unique(second.labels).tolist()) == ([1], [2])


def test_labels_of_a_tile_that_is_gone_do_not_stand_against_those_of_a_shorter_name(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "07", np.full((32, 32), 255, np.uint8))
    write_tile(tmp_path / "labels" / "02_07.tif", np.zeros((32, 32), np.uint8))
    (tile,) = read_labelled_tiles(tmp_path, BINARY)
    assert tile.labels.all()


@pytest.mark.parametrize(
    ("crs", "transform", "fits"),
    [
        ("EPSG:32643", TRANSFORM, True),
        ("EPSG:32643", TRANSFORM * Affine.translation(0.3, 0), True),
        ("EPSG:32643", TRANSFORM * Affine.translation(1, 0), False),
        ("EPSG:32644", TRANSFORM, False),
        ("EPSG:4326", TRANSFORM, False),
        (None, None, True),
    ],
)
def test_labels_of_other_ground_are_refused(
    tmp_path: Path, crs: str | None, transform: Affine | None, fits: bool
) -> None:
    write_five_bands(tmp_path, "a", None)
    labels = np.full((32, 32), 255, np.uint8)
    write_tile(tmp_path / "labels" / "a.tif", labels, crs=crs, transform=transform)
    if fits:
        assert len(read_labelled_tiles(tmp_path, BINARY)) == 1
        return
    with pytest.raises(TrainingError, match=r"labels/a\.tif lie on other ground than the tile a,"):
        read_labelled_tiles(tmp_path, BINARY)


def four_classes(*values: int) -> np.ndarray:
    """Labels 0 but for a row of each value: 1/32 of the tile each."""
    labels = np.zeros((32, 32), np.uint8)
    for row, value in enumerate(values):
        labels[row] = value
    return labels


def test_an_outline_among_surface_classes_is_refused(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "a", four_classes(85, 170, 255))
    write_five_bands(tmp_path, "b", four_classes(255, 255))
    wanted = (
        r"^b\.tif in .*labels holds 0 and 255 alone \(6\.2 % is 255\).*'labels_outline'.*'labels_classes'"
    )
    with pytest.raises(TrainingError, match=wanted):
        read_labelled_tiles(tmp_path, MULTICLASS)


def test_a_pond_without_ice_among_surface_classes_is_water(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "a", four_classes(85, 170, 255))
    pond = four_classes()
    pond[0, :10] = 255
    write_five_bands(tmp_path, "b", pond)
    assert read_labelled_tiles(tmp_path, MULTICLASS)[1].labels[0, 0] == 3


@pytest.mark.parametrize(("folder", "code"), [("labels", GLACIER), ("labels_classes", 3)])
def test_the_name_of_the_folder_tells_lakes_from_outlines(tmp_path: Path, folder: str, code: int) -> None:
    write_five_bands(tmp_path, "a", four_classes(255, 255), folder)
    (tile,) = read_labelled_tiles(tmp_path, MULTICLASS)
    assert set(np.unique(tile.labels)) == {0, code}


def test_a_folder_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"^There is no folder .*field\. Give one"):
        read_labelled_tiles(tmp_path / "field", BINARY)


def test_an_empty_folder_says_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There are no tiles"):
        read_labelled_tiles(tmp_path, BINARY)


def test_named_tiles_alone_are_read(tmp_path: Path) -> None:
    for seed, name in enumerate(("02_07", "02_08")):
        write_labelled_tile(tmp_path, name, seed)
    assert [tile.name for tile in read_labelled_tiles(tmp_path, BINARY, {"02_08"})] == ["02_08"]


def test_a_tile_knows_the_area_of_its_pixels_and_whether_it_is_made_up(tmp_path: Path) -> None:
    write_labelled_tile(tmp_path / "real", "02_07", 0)
    (real,) = read_labelled_tiles(tmp_path / "real", BINARY)
    assert real.pixel_km2 == pytest.approx(0.0009, rel=0.01)
    assert not real.simulated
    numbers = ice_numbers(ice_outline(32, seed=0), seed=0)
    tags = {"DESCRIPTION": "simulated by Firnline, seed 1", "RADIOMETRY": "landsat-l2"}
    write_tile(tmp_path / "made" / "tiles" / "a.tif", numbers, descriptions=BANDS, tags=tags)
    write_tile(tmp_path / "made" / "labels" / "a.tif", np.zeros((32, 32), np.uint8))
    (made,) = read_labelled_tiles(tmp_path / "made", BINARY)
    assert made.simulated


def test_a_damaged_file_among_good_ones_is_told_instead_of_left_out(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_five_bands(tmp_path, name, np.full((32, 32), 255, np.uint8))
    for name in ("b", "c"):
        (tmp_path / "tiles" / f"{name}.tif").write_bytes(b"II*\x00 and then nothing")
    wanted = r"^b\.tif in \S+ belongs to no tile, the first of 2: b\.tif .*\. Correct it, or take it out\.$"
    with pytest.raises(TrainingError, match=wanted):
        read_labelled_tiles(tmp_path, BINARY)
    assert [tile.name for tile in read_labelled_tiles(tmp_path, BINARY, {"a"})] == ["a"]


def test_quality_bands_and_spare_bands_may_lie_beside_a_tile(tmp_path: Path) -> None:
    scene = "LC08_L2SP_147037_20200802_20200916_02_T1"
    for band in ("SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B6", "ST_B10", "QA_PIXEL"):
        write_tile(tmp_path / "scene" / f"{scene}_{band}.TIF", np.full((32, 32), 9000, np.uint16))
    write_tile(tmp_path / "labels" / f"{scene}.tif", np.full((32, 32), 255, np.uint8))
    assert len(read_labelled_tiles(tmp_path, BINARY)) == 1


@pytest.mark.parametrize("values", [(0, 1), (0, 1, 255)])
def test_masks_of_0_and_1_teach_four_classes_nothing_until_their_folder_says_what_1_is(
    tmp_path: Path, values: tuple[int, ...]
) -> None:
    truth = np.zeros((32, 32), np.uint8)
    truth[: len(values), 0] = values
    write_five_bands(tmp_path, "a", truth)
    write_five_bands(tmp_path, "b", np.zeros((32, 32), np.uint8))
    wanted = r"/labels hold no other classes than 0 and 1, .* 'labels_outline' if .* 'labels_indices' if it"
    with pytest.raises(TrainingError, match=wanted):
        read_labelled_tiles(tmp_path, MULTICLASS)
    assert read_labelled_tiles(tmp_path, BINARY)[0].labels[1, 0] == 1
    (tmp_path / "labels").rename(tmp_path / "labels_indices")
    assert read_labelled_tiles(tmp_path, MULTICLASS)[0].labels[1, 0] == 1
    (tmp_path / "labels_indices").rename(tmp_path / "labels_outline")
    if values == (0, 1):
        assert read_labelled_tiles(tmp_path, MULTICLASS)[0].labels[1, 0] == GLACIER
        assert read_labelled_tiles(tmp_path, BINARY)[0].labels[1, 0] == 1
    else:
        with pytest.raises(
            TrainingError, match=r"alone holds 1\. The folder's name states 0 and 255; or 0 and 1\."
        ):
            read_labelled_tiles(tmp_path, MULTICLASS)


def test_indices_with_another_class_somewhere_in_the_folder_are_taken_as_such(tmp_path: Path) -> None:
    ones = np.zeros((32, 32), np.uint8)
    ones[0] = 1
    write_five_bands(tmp_path, "a", ones)
    write_five_bands(tmp_path, "b", 3 * ones)
    assert read_labelled_tiles(tmp_path, MULTICLASS)[0].labels[0, 0] == 1


NAN = float("nan")


@pytest.mark.parametrize(
    ("folder", "stored", "binary", "classes"),
    [
        ("labels", (0, 255, NAN), [0, 1, UNKNOWN], [0, GLACIER, UNKNOWN]),
        ("labels_outline", (0, 255, NAN), [0, 1, UNKNOWN], [0, GLACIER, UNKNOWN]),
        ("labels_outline", (0, 1, NAN), [0, 1, UNKNOWN], [0, GLACIER, UNKNOWN]),
        ("labels_classes", (0, 85, 255, NAN), [0, 1, 0, UNKNOWN], [0, 1, 3, UNKNOWN]),
        ("labels", (0, 170, NAN), [0, 1, UNKNOWN], [0, 2, UNKNOWN]),
        ("labels_indices", (0, 1, 255, NAN), [0, 1, UNKNOWN, UNKNOWN], [0, 1, UNKNOWN, UNKNOWN]),
        ("labels", (NAN, NAN), [UNKNOWN, UNKNOWN], [UNKNOWN, UNKNOWN]),
    ],
)
def test_labels_that_are_no_number_are_unknown_in_every_encoding(
    tmp_path: Path, folder: str, stored: tuple[float, ...], binary: list[int], classes: list[int]
) -> None:
    labels = np.zeros((32, 32), np.float32)
    labels[: len(stored)] = np.array(stored)[:, None]
    write_five_bands(tmp_path, "a", labels, folder)
    for spec, expected in ((BINARY, binary), (MULTICLASS, classes)):
        (tile,) = read_labelled_tiles(tmp_path, spec)
        assert tile.labels[: len(stored), 0].tolist() == expected


def test_a_tile_half_unknown_is_no_outline_among_surface_classes(tmp_path: Path) -> None:
    write_five_bands(tmp_path, "a", four_classes(85, 170, 255))
    bare = np.zeros((32, 32), np.float32)
    bare[16:] = np.nan
    write_five_bands(tmp_path, "b", bare)
    assert np.unique(read_labelled_tiles(tmp_path, MULTICLASS)[1].labels).tolist() == [0, UNKNOWN]


@pytest.mark.parametrize(
    ("folder", "stored", "no_data", "expected"),
    [
        ("labels", (0, 255, 128), 128, [0, 1, UNKNOWN]),
        ("labels", (0, 85, 128), 128, [0, 1, UNKNOWN]),
        ("labels", (0, 1, 254), 254, [0, 1, UNKNOWN]),
        ("labels_outline", (0, 1, 255), 255, [0, 1, UNKNOWN]),  # 255 is glacier beside 0 alone
        ("labels_indices", (0, 1, 255), 255, [0, 1, UNKNOWN]),
        ("labels_indices", (0, 255), 255, [0, UNKNOWN]),
        ("labels", (0, 85), 255, [0, 1]),  # none has it
        ("labels", (0, 255), -9999, [0, 1]),
    ],
)
def test_what_a_label_file_declares_to_be_no_data_is_unknown(
    tmp_path: Path, folder: str, stored: tuple[int, ...], no_data: int, expected: list[int]
) -> None:
    write_five_bands(tmp_path, "a", None)
    path = tmp_path / folder / "a.tif"
    write_tile(path, four_classes(*stored), nodata=no_data, dtype="int16")
    (tile,) = read_labelled_tiles(tmp_path, BINARY)
    assert tile.labels[: len(stored), 0].tolist() == expected


@pytest.mark.parametrize(
    ("folder", "stored", "no_data"),
    [
        ("labels", (0, 255), 255),
        ("labels_outline", (0, 255), 255),
        ("labels_outline", (0, 1), 1),
        ("labels", (0, 85, 255), 255),
        ("labels", (0, 85), 85),
        ("labels_classes", (0, 255), 255),
        ("labels_indices", (0, 1, 3), 3),
        ("labels", (0, 1, 2), 1),
    ],
)
def test_a_class_that_is_declared_to_be_no_data_is_refused_with_both_ways_out(
    tmp_path: Path, folder: str, stored: tuple[int, ...], no_data: int
) -> None:
    write_five_bands(tmp_path, "a", None)
    write_tile(tmp_path / folder / "a.tif", four_classes(*stored), nodata=no_data)
    wanted = (
        rf"^a\.tif in \S+{folder} declares {no_data} to be no data, and {no_data} is a class .* "
        r"'gdal_edit\.py -unsetnodata a\.tif'.* declare another value"
    )
    with pytest.raises(TrainingError, match=wanted):
        read_labelled_tiles(tmp_path, BINARY)


@pytest.mark.parametrize("values", [(0, 255), (0, 85, 170, 255), (0, 1, 2)])
def test_background_that_is_declared_to_be_no_data_stays_background_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, values: tuple[int, ...]
) -> None:
    for name in ("a", "b"):
        write_five_bands(tmp_path, name, None)
        write_tile(tmp_path / "labels" / f"{name}.tif", four_classes(*values), nodata=0)
    write_five_bands(tmp_path, "c", four_classes(*values))
    first = read_labelled_tiles(tmp_path, MULTICLASS)[0]
    assert not first.labels[0].any()
    assert first.labels[1].any()
    (warned,) = [record.getMessage() for record in caplog.records if record.name == "trainer.label_files"]
    assert warned.startswith(
        f"2 of 3 label files in {tmp_path / 'labels'} declare 0 to be no data: it counts as"
    )
