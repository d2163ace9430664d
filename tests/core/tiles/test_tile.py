from __future__ import annotations

import gc
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.tiles.grouping import assign_bands, group_files
from core.tiles.reading import open_tile
from core.tiles.tile import Tile
from core.types import BANDS, Pixels, Window
from tests.rasters import TRANSFORM, level2_numbers, write_reference_tile, write_tile


def _tile(folder: Path, height: int = 24, width: int = 20) -> Tile:
    (files,) = group_files(write_reference_tile(folder, level2_numbers(height, width))).tiles
    return open_tile(files)


def _same(one: Pixels, values: np.ndarray[tuple[int, ...], np.dtype[np.float32]], valid: object) -> bool:
    return bool(np.array_equal(one.values, values, equal_nan=True) and np.array_equal(one.valid, valid))


@st.composite
def _windows(draw: st.DrawFn, height: int, width: int) -> Window:
    row, col = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    return Window(row, col, draw(st.integers(1, height - row)), draw(st.integers(1, width - col)))


@settings(max_examples=25, deadline=None)
@given(data=st.data(), height=st.integers(1, 30), width=st.integers(1, 30))
def test_windows_read_as_the_whole_does_whatever_has_no_data(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, height: int, width: int
) -> None:
    numbers = level2_numbers(height, width)
    numbers[data.draw(arrays(bool, (5, height, width)))] = 0
    folder = tmp_path_factory.mktemp("tile")
    (files,) = group_files(write_reference_tile(folder, numbers)).tiles
    with open_tile(files) as tile:
        whole = tile.read(tile.grid.full_window)
        assert np.array_equal(whole.valid, (numbers[:4] != 0).any(axis=0))
        assert np.array_equal(np.isnan(whole.values[4]), ~whole.valid | (numbers[4] == 0))
        window = data.draw(_windows(height, width))
        rows, cols = window.slices
        assert _same(tile.read(window), whole.values[:, rows, cols], whole.valid[rows, cols])


@settings(max_examples=25, deadline=None)
@given(data=st.data(), factor=st.sampled_from([2, 3, 5]), side=st.integers(1, 8))
def test_windows_of_mixed_pixel_sizes_read_as_the_whole_does(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, factor: int, side: int
) -> None:
    folder = tmp_path_factory.mktemp("tile")
    fine, coarse = level2_numbers(side * factor, side * factor), level2_numbers(side, side, seed=1)
    coarse[data.draw(arrays(bool, (5, side, side)))] = 0
    write_reference_tile(folder, fine, bands=BANDS[:3])
    paths = write_reference_tile(folder, coarse, bands=BANDS[3:], transform=TRANSFORM * Affine.scale(factor))
    paths |= {
        f"Band{n}/B{n + 1}_B{n + 1}_masked_02_07.tif": folder / f"Band{n}/B{n + 1}_B{n + 1}_masked_02_07.tif"
        for n in (1, 2, 3)
    }
    (files,) = group_files(paths).tiles
    with open_tile(files) as tile:
        whole = tile.read(tile.grid.full_window)
        assert np.array_equal(
            np.isnan(whole.values[4]), np.kron(coarse[4] == 0, np.ones((factor, factor), bool))
        )
        window = data.draw(_windows(*tile.grid.shape))
        rows, cols = window.slices
        assert _same(tile.read(window), whole.values[:, rows, cols], whole.valid[rows, cols])


def test_a_gap_in_a_coarse_band_does_not_bleed_into_its_neighbours(tmp_path: Path) -> None:
    paths = write_reference_tile(tmp_path, level2_numbers(8, 8), bands=BANDS[:4])
    coarse = np.full((5, 4, 4), 30000, np.uint16)
    coarse[:, 1, 1] = 0
    coarser = TRANSFORM * Affine.scale(2)
    paths |= write_reference_tile(tmp_path, coarse, bands=["thermal"], transform=coarser, nodata=None)
    tile = open_tile(group_files(paths).tiles[0])
    thermal = tile.read(tile.grid.full_window).values[4]
    assert np.isnan(thermal).sum() == 4
    assert np.unique(thermal[np.isfinite(thermal)]).tolist() == [pytest.approx(30000 * 0.00341802 + 149)]


def test_one_thread_at_a_time_reads_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tile = _tile(tmp_path)
    fetch, inside, most = tile.stack._fetch, [0], [0]

    def counted(*args: object) -> object:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.002)
        inside[0] -= 1
        return fetch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(tile.stack, "_fetch", counted)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tile.read, [tile.grid.full_window] * 8))
    assert most[0] == 1


@pytest.mark.parametrize(
    "window", [Window(-1, 0, 2, 2), Window(0, 0, 25, 2), Window(0, 19, 2, 2), Window(0, 0, 0, 2)]
)
def test_a_window_beyond_the_tile_is_a_mistake_of_the_caller(tmp_path: Path, window: Window) -> None:
    with pytest.raises(ValueError, match="not within"):
        _tile(tmp_path).read(window)


def test_an_overview_covers_the_same_ground_with_fewer_pixels(tmp_path: Path) -> None:
    tile = _tile(tmp_path, 60, 90)
    pixels, grid = tile.overview(30)
    assert pixels.valid.shape == grid.shape == (20, 30)
    assert grid.affine * (30, 20) == pytest.approx(tile.grid.affine * (90, 60))
    assert grid.pixel_size == (90, 90)


def test_an_overview_larger_than_the_tile_is_the_tile(tmp_path: Path) -> None:
    tile = _tile(tmp_path)
    pixels, grid = tile.overview(1000)
    assert grid == tile.grid
    whole = tile.read(tile.grid.full_window)
    assert _same(pixels, whole.values, whole.valid)


def test_an_overview_never_mixes_no_data_into_data(tmp_path: Path) -> None:
    numbers = np.full((5, 64, 64), 20000, np.uint16)
    numbers[:, ::2] = 0
    (files,) = group_files(write_reference_tile(tmp_path, numbers)).tiles
    pixels, _ = open_tile(files).overview(16)
    assert set(np.unique(pixels.values[0][pixels.valid]).tolist()) <= {
        np.float32(20000 * np.float32(2.75e-5) + np.float32(-0.2))
    }


def test_the_hash_is_of_the_content_not_of_the_names(tmp_path: Path) -> None:
    one = _tile(tmp_path / "a")
    numbers = level2_numbers(24, 20)
    other = open_tile(group_files(write_reference_tile(tmp_path / "b", numbers, "09_09")).tiles[0])
    numbers[3, 5, 5] += 1
    changed = open_tile(group_files(write_reference_tile(tmp_path / "c", numbers)).tiles[0])
    assert one.sha256 == other.sha256
    assert one.sha256 != changed.sha256
    assert len(one.sha256) == 64


def test_the_hash_knows_which_layer_is_which_band(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "x.tif", level2_numbers(8, 8))
    hashes = {
        open_tile(assign_bands("x", {"blue": (path, b), "green": (path, 2), "red": (path, 3)})).sha256
        for b in (1, 4)
    }
    assert len(hashes) == 2


def test_facts_name_files_as_the_user_knows_them(tmp_path: Path) -> None:
    facts = _tile(tmp_path).facts()
    assert facts.bands["swir1"] == "Band4/B6_B6_masked_02_07.tif:1"
    assert facts.grid.shape == (24, 20)
    assert facts.sensor == "Landsat 8/9"


def test_threads_read_the_same_as_one(tmp_path: Path) -> None:
    tile = _tile(tmp_path, 64, 64)
    whole = tile.read(tile.grid.full_window)
    windows = [Window(r, c, 16, 16) for r in range(0, 64, 16) for c in range(0, 64, 16)] * 4
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(tile.read, windows))
    for window, part in zip(windows, parts, strict=True):
        rows, cols = window.slices
        assert _same(part, whole.values[:, rows, cols], whole.valid[rows, cols])


def _open_files(folder: Path) -> list[str]:
    links = Path("/proc/self/fd").iterdir()
    return [
        str(link.readlink())
        for link in links
        if link.is_symlink() and str(link.readlink()).startswith(str(folder))
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files through /proc")
def test_files_close_with_the_tile_or_when_it_is_forgotten(tmp_path: Path) -> None:
    tile = _tile(tmp_path)
    assert len(_open_files(tmp_path)) == 5
    tile.close()
    assert _open_files(tmp_path) == []
    assert tile.read(tile.grid.full_window).valid.all()
    assert len(_open_files(tmp_path)) == 5
    del tile
    gc.collect()
    assert _open_files(tmp_path) == []


def test_a_tile_travels_to_another_process(tmp_path: Path) -> None:
    tile = _tile(tmp_path)
    whole = tile.read(tile.grid.full_window)
    copied = pickle.loads(pickle.dumps(tile))  # noqa: S301 - our own bytes
    again = copied.read(tile.grid.full_window)
    assert _same(again, whole.values, whole.valid)
