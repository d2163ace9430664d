from __future__ import annotations

import struct
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning

from core.errors import ExportError
from core.export import byte_rasters
from core.export.byte_rasters import scratch_raster
from core.export.rasters import classes_raster, probabilities_raster, quantise
from core.models import BINARY, MULTICLASS
from core.threads import threads_limited
from core.types import Grid, Window

UTM = Grid.of(CRS.from_epsg(32643), Affine(30, 0, 567_945, 0, -30, 3_771_855), 600, 700)


def noise(height: int, width: int, values: int = 4) -> np.ndarray[Any, np.dtype[np.uint8]]:
    random = np.random.default_rng(0)
    classes = random.integers(0, values, (height, width), dtype=np.uint8)
    classes[random.random((height, width)) < 0.2] = 255
    return classes


TAGS = {"width": 256, "compression": 259, "offsets": 324, "colours": 320}
FORMATS = {3: "H", 4: "I", 16: "Q"}


def directories(path: Path) -> list[dict[int, tuple[int, ...]]]:
    """The directories of a little-endian classic TIFF in file order, tag -> numbers; 0 is their place."""
    content = path.read_bytes()
    assert content[:4] == b"II*\x00"
    found = []
    (place,) = struct.unpack_from("<I", content, 4)
    while place:
        entries: dict[int, tuple[int, ...]] = {0: (place,)}
        (count,) = struct.unpack_from("<H", content, place)
        for at in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length = struct.unpack_from("<HHI", content, at)
            if kind in FORMATS:
                numbers = f"<{length}{FORMATS[kind]}"
                inside = struct.calcsize(numbers) <= 4
                start = at + 8 if inside else struct.unpack_from("<I", content, at + 8)[0]
                entries[tag] = struct.unpack_from(numbers, content, start)
        found.append(entries)
        (place,) = struct.unpack_from("<I", content, place + 2 + 12 * count)
    return found


@pytest.mark.parametrize("kind", ["classes", "probabilities"])
def test_a_result_is_a_cloud_optimized_geotiff(tmp_path: Path, kind: str) -> None:
    """Directories first, the full map's before its overviews'; pixels after, the coarsest first."""
    path, grid = tmp_path / "result.tif", Grid(UTM.crs_wkt, UTM.transform, 1100, 1312)
    if kind == "classes":
        with classes_raster(path, grid, MULTICLASS, {}) as raster:
            raster.write(noise(1100, 1312), grid.full_window)
    else:
        with probabilities_raster(path, grid, MULTICLASS, {}) as raster:
            raster.write(np.stack([noise(1100, 1312, 251)] * 3), grid.full_window)
    found = directories(path)
    assert [entries[TAGS["width"]] for entries in found] == [(1312,), (656,), (328,), (164,)]
    places = [entries[0][0] for entries in found]
    pixels = [entries[TAGS["offsets"]] for entries in found]
    assert places == sorted(places)
    assert places[-1] < min(map(min, pixels))
    assert all(max(coarse) < min(fine) for fine, coarse in pairwise(pixels))
    assert all(entries[TAGS["compression"]] == (8,) for entries in found)
    assert all((TAGS["colours"] in entries) == (kind == "classes") for entries in found)
    with rasterio.open(path) as read:
        assert read.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert read.overviews(1) == [2, 4, 8]
    assert [file.name for file in tmp_path.iterdir()] == ["result.tif"]


def test_a_class_map_reads_back_as_a_tiled_compressed_palette_geotiff(tmp_path: Path) -> None:
    path, classes = tmp_path / "classes.tif", noise(600, 700)
    with classes_raster(path, UTM, MULTICLASS, {"MODEL": "multiclass", "INPUT_SHA256": "ab"}) as raster:
        for row in range(0, 600, 256):
            window = Window(row, 0, min(256, 600 - row), 700)
            raster.write(classes[window.slices], window)
    with rasterio.open(path) as read:
        np.testing.assert_array_equal(read.read(1), classes)
        assert (read.crs, read.transform) == (UTM.crs, UTM.affine)
        assert read.dtypes == ("uint8",)
        assert read.nodata == 255
        assert read.block_shapes == [(256, 256)]
        assert read.profile["compress"] == "deflate"
        assert read.overviews(1) == [2, 4]
        assert [read.colormap(1)[i] for i in range(4)] == [
            (255, 255, 255, 255),
            (0, 114, 178, 255),
            (230, 159, 0, 255),
            (204, 121, 167, 255),
        ]
        tags = read.tags()
    assert tags["MODEL"] == "multiclass"
    assert tags["INPUT_SHA256"] == "ab"
    assert tags["CLASS_2"] == "Debris-covered ice"


def test_overviews_hold_the_class_of_most_pixels_and_no_mean_colour(tmp_path: Path) -> None:
    path = tmp_path / "classes.tif"
    classes = np.tile(np.array([[0, 3], [1, 1]], np.uint8), (300, 350))  # their mean colour is class 3's
    classes[:100] = 255
    with classes_raster(path, UTM, MULTICLASS, {}) as raster:
        raster.write(classes, UTM.full_window)
    with rasterio.open(path, overview_level=0) as overview:
        values = overview.read(1)
    assert (values[:50] == 255).all()
    assert (values[50:] == 1).all()


def test_probabilities_keep_a_band_a_foreground_class_and_their_scale(tmp_path: Path) -> None:
    path = tmp_path / "probabilities.tif"
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(4), (600, 700)).transpose(2, 0, 1).astype(np.float32)
    valid = random.random((600, 700)) > 0.2
    with probabilities_raster(path, UTM, MULTICLASS, {"MODEL": "multiclass"}) as raster:
        raster.write(quantise(probabilities, valid, MULTICLASS), UTM.full_window)
    with rasterio.open(path) as read:
        values = read.read(masked=True)
        assert read.descriptions == ("clean_ice", "debris", "water")
        assert read.tags()["PROBABILITY_SCALE"] == "250"
        assert read.scales == (1 / 250,) * 3
        assert read.nodatavals == (255,) * 3
    assert (values.mask == ~valid).all()
    assert np.abs(values.data[:, valid] / 250 - probabilities[1:, valid]).max() <= 0.002 + 1e-6


def test_certain_probabilities_do_not_look_like_no_data() -> None:
    ones = np.array([[[0.0, 1.0]], [[1.0, 0.0]]], np.float32)
    assert quantise(ones, np.array([[True, True]]), BINARY).tolist() == [[[250, 0]]]
    assert quantise(ones * np.nan, np.array([[False, False]]), BINARY).tolist() == [[[255, 255]]]


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(height=st.integers(1, 600), width=st.integers(1, 600), step=st.sampled_from([256, 100, 512]))
def test_rasters_of_any_size_written_in_any_windows_read_back(
    tmp_path: Path, height: int, width: int, step: int
) -> None:
    grid = Grid(UTM.crs_wkt, UTM.transform, height, width)
    classes = noise(height, width, 2)
    windows = [
        Window(row, col, min(step, height - row), min(step, width - col))
        for row in range(0, height, step)
        for col in range(0, width, step)
    ]
    with scratch_raster(tmp_path / "raw.tif", grid) as raw:
        for window in reversed(windows):
            raw.write(classes[window.slices], window)
        with classes_raster(tmp_path / "c.tif", grid, BINARY, {}) as final:
            for window in windows:
                np.testing.assert_array_equal(raw.read(window), classes[window.slices])
                final.write(raw.read(window), window)
    with rasterio.open(tmp_path / "c.tif") as read:
        np.testing.assert_array_equal(read.read(1), classes)
    assert not (tmp_path / "raw.tif").exists()


@pytest.mark.parametrize("transform", [Affine.identity(), Affine(2, 0, 5, 0, -2, 9)])
def test_a_tile_without_georeference_gets_rasters_without_one(tmp_path: Path, transform: Affine) -> None:
    grid = Grid.of(None, transform, 20, 30)
    with classes_raster(tmp_path / "c.tif", grid, BINARY, {}) as raster:
        raster.write(noise(20, 30, 2), grid.full_window)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(tmp_path / "c.tif") as read:
            assert read.crs is None
            assert read.transform == transform


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(ExportError, match=r"c\.tif could not be written"),
        classes_raster(tmp_path / "missing" / "c.tif", UTM, BINARY, {}),
    ):
        pass


@pytest.mark.parametrize("room", [20_000, 300_000, 700_000])
def test_a_disk_that_fills_up_is_told_whichever_step_hits_it(tmp_path: Path, room: int) -> None:
    resource = pytest.importorskip("resource")
    grid = Grid(UTM.crs_wkt, UTM.transform, 2000, 2000)
    classes = np.random.default_rng(0).integers(0, 2, (2000, 2000), dtype=np.uint8)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, usual[1]))
        with (
            pytest.raises(ExportError, match="disk is full"),
            classes_raster(tmp_path / "c.tif", grid, BINARY, {}) as raster,
        ):
            for row in range(0, 2000, 256):
                window = Window(row, 0, min(256, 2000 - row), 2000)
                raster.write(classes[window.slices], window)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_copy_starts_no_more_threads_than_a_crew_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = MagicMock(wraps=byte_rasters.copy_raster)
    monkeypatch.setattr(byte_rasters, "copy_raster", copy)
    with threads_limited(1), classes_raster(tmp_path / "c.tif", UTM, BINARY, {}):
        pass
    assert copy.call_args.kwargs["num_threads"] == "1"


def test_a_sealed_raster_is_published_while_it_is_read(tmp_path: Path) -> None:
    path, classes = tmp_path / "classes.tif", noise(600, 700)
    with classes_raster(path, UTM, MULTICLASS, {}) as raster:
        raster.write(classes, UTM.full_window)
        raster.seal()
        with ThreadPoolExecutor(1) as beside:
            publishing = beside.submit(raster.publish)
            read = [raster.read(UTM.full_window) for _ in range(20)]
            publishing.result()
        assert all(np.array_equal(each, classes) for each in read)
        published = path.stat()
        with rasterio.open(path) as kept:
            np.testing.assert_array_equal(kept.read(1), classes)
            assert kept.overviews(1) == [2, 4]
    assert path.stat().st_mtime_ns == published.st_mtime_ns  # the end of the block writes it no second time
    assert [file.name for file in tmp_path.iterdir()] == ["classes.tif"]


def test_a_failure_amid_writing_passes_through(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), scratch_raster(tmp_path / "raw.tif", UTM):
        raise ZeroDivisionError
    assert not (tmp_path / "raw.tif").exists()
