from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray

from core.errors import TileError
from core.runs import RadiometryKind
from core.tiles.grouping import assign_bands, group_files
from core.tiles.reading import open_tile
from core.tiles.searching import find_files
from core.tiles.tile import Tile
from core.types import BANDS, Severity, Window
from tests.rasters import TRANSFORM, level2_numbers, write_reference_tile, write_tile

NAMES = ("blue", "green", "red", "swir1", "thermal")


def _codes(tile: Tile) -> set[str]:
    return {finding.code for finding in tile.findings}


def _five(path: Path, values: NDArray[np.generic] | None = None, **options: object) -> Path:
    numbers = level2_numbers(8, 8) if values is None else values
    return write_tile(path / "scene.tif", numbers, descriptions=NAMES[: len(numbers)], **options)  # type: ignore[arg-type]


def test_a_five_band_file_opens_with_its_facts(tmp_path: Path) -> None:
    tags = {"SENSOR": "Landsat 8", "ACQUIRED_ON": "2023-09-15", "PROCESSING_LEVEL": "L2SP"}
    with open_tile(_five(tmp_path, tags=tags)) as tile:
        assert (tile.name, tile.sensor, tile.acquired_on) == ("scene", "Landsat 8", date(2023, 9, 15))
        assert tile.radiometry.kind is RadiometryKind.LANDSAT_L2
        assert tile.present == (True,) * 5
        assert tile.findings == ()
        assert tile.runnable


def test_reference_files_open_as_one_tile(tmp_path: Path) -> None:
    numbers = level2_numbers(8, 8)
    write_reference_tile(tmp_path, numbers)
    tile = open_tile(tmp_path)
    pixels = tile.read(tile.grid.full_window)
    assert pixels.values[0] == pytest.approx(numbers[0] * 2.75e-5 - 0.2, abs=1e-5)
    assert pixels.values[4] == pytest.approx(numbers[4] * 0.00341802 + 149, abs=1e-3)
    assert _codes(tile) == {"no-date"}


def test_what_the_user_states_overrules_the_files(tmp_path: Path) -> None:
    tile = open_tile(
        _five(tmp_path, tags={"SENSOR": "Landsat 8", "PROCESSING_LEVEL": "L2SP"}),
        radiometry=RadiometryKind.LANDSAT_L1,
        sensor="Landsat 9",
        acquired_on=date(2024, 1, 2),
    )
    assert (tile.sensor, tile.acquired_on) == ("Landsat 9", date(2024, 1, 2))
    assert tile.radiometry.kind is RadiometryKind.LANDSAT_L1
    assert tile.radiometry.chosen_by_user
    assert tile.facts().radiometry == tile.radiometry


def test_what_the_user_states_against_names_and_tags_is_noted(tmp_path: Path) -> None:
    path = _five(tmp_path, tags={"SENSOR": "Landsat 8", "ACQUIRED_ON": "2023-09-15"})
    stated = {"stated-date", "stated-sensor"}
    other = open_tile(path, sensor="Landsat 9", acquired_on=date(2021, 1, 1))
    assert _codes(other) & stated == stated
    note = next(finding for finding in other.findings if finding.code == "stated-date")
    assert "2021-01-01 as stated; names or tags give 2023-09-15" in note.message
    same = open_tile(path, sensor="Landsat 8", acquired_on=date(2023, 9, 15))
    assert not _codes(same) & stated


def test_digital_numbers_called_reflectance_cannot_be_run(tmp_path: Path) -> None:
    tile = open_tile(_five(tmp_path), radiometry=RadiometryKind.PHYSICAL)
    assert "digital-numbers-as-reflectance" in _codes(tile)
    assert not tile.runnable


@pytest.mark.parametrize("missing", ["swir1", "thermal"])
def test_a_missing_infrared_band_is_flagged_and_reads_as_nan(tmp_path: Path, missing: str) -> None:
    bands = [band for band in BANDS if band != missing]
    paths = write_reference_tile(tmp_path, level2_numbers(8, 8), bands=bands)
    (files,) = group_files(paths).tiles
    tile = open_tile(files)
    assert f"missing-{missing}" in _codes(tile)
    assert tile.runnable
    assert np.isnan(tile.read(tile.grid.full_window).values[BANDS.index(missing)]).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("missing", ["blue", "green", "red"])
def test_a_tile_without_a_visible_band_opens_but_cannot_be_run(tmp_path: Path, missing: str) -> None:
    bands = [band for band in BANDS if band != missing]
    (files,) = group_files(write_reference_tile(tmp_path, level2_numbers(8, 8), bands=bands)).tiles
    tile = open_tile(files)
    assert [f.code for f in tile.findings if f.severity is Severity.ERROR] == ["missing-visible"]


def test_a_tile_without_any_data_cannot_be_run(tmp_path: Path) -> None:
    tile = open_tile(_five(tmp_path, np.zeros((5, 8, 8), np.uint16)))
    assert [f.code for f in tile.findings if f.severity is Severity.ERROR] == ["all-no-data"]
    assert not tile.read(tile.grid.full_window).valid.any()


@pytest.mark.parametrize("fill", [np.nan, np.inf, -np.inf, -9999.0, -3.4028234663852886e38])
def test_nan_infinities_and_usual_fill_are_no_data(tmp_path: Path, fill: float) -> None:
    values = np.random.default_rng(0).uniform(0.05, 0.9, (5, 8, 8)).astype(np.float32)
    values[4] = 260
    values[:, :2] = fill
    values[1, 4, 4] = fill
    nodata = fill if np.isfinite(fill) and fill < -1e4 else None
    tile = open_tile(_five(tmp_path, values, nodata=nodata))
    pixels = tile.read(tile.grid.full_window)
    assert tile.radiometry.kind is RadiometryKind.PHYSICAL
    assert not pixels.valid[:2].any()
    assert pixels.valid[2:].all()
    assert np.isnan(pixels.values[1, 4, 4])
    assert np.isfinite(pixels.values[0, 4, 4])


def test_a_fill_value_of_64_bit_files_raises_no_warning(tmp_path: Path) -> None:
    values = np.full((5, 4, 4), 0.5)
    values[:, 0] = np.finfo(np.float64).min
    tile = open_tile(_five(tmp_path, values, nodata=float(np.finfo(np.float64).min)))
    assert tile.read(tile.grid.full_window).valid.sum() == 12


@pytest.mark.parametrize("shape", [(1, 7000), (7000, 1), (1, 1), (33, 17), (513, 3)])
def test_any_size_is_read(tmp_path: Path, shape: tuple[int, int]) -> None:
    tile = open_tile(_five(tmp_path, level2_numbers(*shape)))
    assert tile.grid.shape == shape
    assert tile.read(tile.grid.full_window).valid.all()
    overview, grid = tile.overview(256)
    assert overview.valid.shape == grid.shape
    assert 1 <= max(grid.shape) <= 256


def _truncated(folder: Path) -> Path:
    path = write_tile(folder / "scene.tif", level2_numbers(64, 64))  # opens, and fails at the pixels
    path.write_bytes(path.read_bytes()[:6000])
    return path


def _other_ground(folder: Path) -> Path:
    paths = write_reference_tile(folder, level2_numbers(8, 8))
    moved = TRANSFORM * Affine.translation(5, 0)
    write_tile(paths["Band4/B6_B6_masked_02_07.tif"], np.full((8, 8), 9000, np.uint16), transform=moved)
    return folder


def _other_crs(folder: Path) -> Path:
    paths = write_reference_tile(folder, level2_numbers(8, 8))
    write_tile(paths["Band2/B3_B3_masked_02_07.tif"], np.full((8, 8), 9000, np.uint16), crs="EPSG:32644")
    return folder


def _damaged_band(folder: Path) -> Path:
    write_reference_tile(folder, level2_numbers(8, 8))["Band4/B6_B6_masked_02_07.tif"].write_bytes(b"")
    return folder


def _text(folder: Path) -> Path:
    path = folder / "scene.tif"
    path.write_text("dear reviewer")
    return path


def _empty_folder(folder: Path) -> Path:
    return folder


def _two_tiles(folder: Path) -> Path:
    for tile_id in ("01_01", "01_02"):
        write_reference_tile(folder, level2_numbers(8, 8), tile_id)
    return folder


BAD: list[tuple[Callable[[Path], Path], str]] = [
    (_truncated, r"scene\.tif is damaged or incomplete"),
    (_other_ground, r"B6_B6_masked_02_07\.tif .* cover different ground"),
    (_other_crs, "different coordinate systems"),
    (_damaged_band, r"B6_B6_masked_02_07\.tif is empty"),
    (_text, r"scene\.tif is not a TIFF"),
    (lambda folder: folder / "none.tif", "was not found"),
    (_empty_folder, "holds no GeoTIFF"),
    (_two_tiles, r"holds 2 tiles \(01_01, 01_02\)"),
    (lambda folder: write_tile(folder / "a.tif", np.ones((1, 4, 4), np.uint16)), "has one band"),
    (lambda folder: write_tile(folder / "a.tif", np.ones((4, 4, 4), np.uint16)), "has 4 bands without names"),
    (
        lambda folder: write_tile(folder / "a.tif", np.ones((13, 4, 4), np.uint16)),
        "has 13 bands without names",
    ),
    (lambda folder: write_tile(folder / "a.tif", np.ones((5, 4, 4), np.complex64)), "holds complex64 values"),
    (lambda folder: write_tile(folder / "a.tif", np.ones((5, 4, 4), np.uint8), nbits=1), "1-bit values"),
]


@pytest.mark.parametrize(("make", "said"), BAD)
def test_bad_input_is_refused_in_one_sentence_and_leaves_nothing_behind(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    folder = tmp_path / "input"
    folder.mkdir()
    path = make(folder)
    before = {p: p.stat().st_size for p in folder.rglob("*")}
    with pytest.raises(TileError, match=said) as raised:
        open_tile(path)
    assert "\n" not in str(raised.value)
    assert {p: p.stat().st_size for p in folder.rglob("*")} == before


def test_a_band_number_beyond_the_file_is_refused(tmp_path: Path) -> None:
    path = _five(tmp_path)
    files = assign_bands("mine", {"blue": (path, 1), "green": (path, 2), "red": (path, 6)})
    with pytest.raises(TileError, match="there is no band 6"):
        open_tile(files)


def test_coarser_bands_come_to_the_finest_grid(tmp_path: Path) -> None:
    names = {"B02": 10, "B03": 10, "B04": 10, "B11": 20}
    for band, size in names.items():
        side = 240 // size
        ramp = np.tile(np.arange(side) * size + 2000, (side, 1)).astype(np.uint16)
        transform = TRANSFORM * Affine.scale(size / 30)
        write_tile(tmp_path / f"T43SFT_20230915T053641_{band}_{size}m.tif", ramp, transform=transform)
    tile = open_tile(tmp_path)
    pixels = tile.read(tile.grid.full_window)
    assert tile.grid.shape == (24, 24)
    assert {"resampled", "missing-thermal"} <= _codes(tile)
    swir = pixels.values[3, 10, 1:-1]
    assert np.diff(swir) == pytest.approx(np.full(21, 10e-4), abs=1e-6)


def test_eight_bit_chips_are_stretched_once_for_all_windows(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(1, 255, (4, 32, 32)).astype(np.uint8)
    values[:, :, 16:] //= 4
    tile = open_tile(_five(tmp_path, values))
    whole = tile.read(tile.grid.full_window)
    assert tile.radiometry.kind is RadiometryKind.UNKNOWN
    assert "unknown-units" in _codes(tile)
    assert np.nanpercentile(whole.values[:4], 99) < 1.2
    dark = tile.read(Window(0, 16, 32, 16))
    assert np.array_equal(dark.values, whole.values[:, :, 16:], equal_nan=True)


def test_scale_and_offset_tags_of_the_file_are_used(tmp_path: Path) -> None:
    values = np.full((4, 8, 8), 4000, np.uint16) + np.arange(8, dtype=np.uint16)
    tile = open_tile(_five(tmp_path, values, scales=[1e-4] * 4, offsets=[0.05] * 4))
    assert tile.read(tile.grid.full_window).values[2, 0, 0] == pytest.approx(0.45)
    assert "tags" in tile.radiometry.evidence


def test_a_mask_inside_the_file_marks_no_data(tmp_path: Path) -> None:
    path = _five(tmp_path)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        mask = np.full((8, 8), 255, np.uint8)
        mask[:3] = 0
        file.write_mask(mask)
    assert open_tile(path).read(open_tile(path).grid.full_window).valid.sum() == 40


@pytest.mark.parametrize(
    ("crs", "transform", "code"),
    [
        (None, TRANSFORM, "no-crs"),
        ("EPSG:4326", Affine(0.0003, 0.0, 77.0, 0.0, -0.0003, 33.0), "geographic-crs"),
        ("EPSG:32643", TRANSFORM * Affine.rotation(15), "rotated-grid"),
    ],
)
def test_an_odd_georeference_is_told_and_can_be_run(
    tmp_path: Path, crs: str | None, transform: Affine, code: str
) -> None:
    tile = open_tile(_five(tmp_path, crs=crs, transform=transform))
    assert code in _codes(tile)
    assert tile.runnable


def test_findings_come_with_the_gravest_first(tmp_path: Path) -> None:
    values = level2_numbers(8, 8)
    values[:, 1:] = 0
    tile = open_tile(_five(tmp_path, values, crs=None), radiometry=RadiometryKind.PHYSICAL)
    ranks = [list(Severity).index(finding.severity) for finding in tile.findings]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0


def test_a_folder_given_to_the_search_opens_tile_by_tile(tmp_path: Path) -> None:
    _two_tiles(tmp_path)
    for files in group_files(find_files(tmp_path)).tiles:
        with open_tile(files) as tile:
            assert tile.read(tile.grid.full_window).valid.all()


@pytest.mark.parametrize("spoilt", ["red", "blue"])
def test_a_band_whose_pixels_cover_nothing_is_refused_by_name(tmp_path: Path, spoilt: str) -> None:
    flat = Affine(0.0, 0.0, 500_000.0, 0.0, 0.0, 4_000_000.0)
    for band, numbers in zip(BANDS, level2_numbers(), strict=True):
        write_tile(
            tmp_path / f"scene_{band}.tif", numbers, transform=flat if band == spoilt else TRANSFORM, nodata=0
        )
    with pytest.raises(
        TileError, match=f"scene_{spoilt}.tif has a georeference that gives its pixels no area"
    ):
        open_tile(tmp_path)
