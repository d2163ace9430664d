from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.runs import RadiometryKind
from core.tiles.reading import open_tile
from core.types import BANDS, Severity
from tests.rasters import level2_numbers, write_tile

NAMES = ("blue", "green", "red", "swir1", "thermal")
USUAL = {"no-sensor", "no-date"}


def _codes(
    folder: Path, numbers: NDArray[np.generic], kind: RadiometryKind | None = RadiometryKind.LANDSAT_L2
) -> set[str]:
    path = write_tile(folder / "scene.tif", numbers, descriptions=NAMES[: len(numbers)])
    return {finding.code for finding in open_tile(path, radiometry=kind).findings} - USUAL


def test_a_plain_tile_has_nothing_to_say_but_what_is_unknown(tmp_path: Path) -> None:
    assert _codes(tmp_path, level2_numbers()) == set()


def test_mostly_no_data_is_flagged(tmp_path: Path) -> None:
    numbers = level2_numbers()
    numbers[:, :20] = 0
    assert _codes(tmp_path, numbers) == {"mostly-no-data"}


def test_an_empty_band_is_found(tmp_path: Path) -> None:
    numbers = level2_numbers()
    numbers[4] = 0
    assert "empty-band" in _codes(tmp_path, numbers)
    numbers = level2_numbers()
    numbers[0] = 0
    path = write_tile(tmp_path / "blue.tif", numbers, descriptions=NAMES)
    assert not open_tile(path).runnable


def test_thermal_in_an_optical_slot_is_a_wrong_order(tmp_path: Path) -> None:
    assert "band-order" in _codes(tmp_path, level2_numbers()[[4, 0, 1, 2, 3]])


def test_kelvin_among_reflectances_is_a_wrong_order(tmp_path: Path) -> None:
    values = level2_numbers() * 2.75e-5 - 0.2
    values[4] = level2_numbers()[4] * 0.00341802 + 149
    found = _codes(tmp_path, values[[4, 1, 2, 3, 0]].astype(np.float32), None)
    assert {"band-order", "digital-numbers-as-reflectance"} & found


def test_shortwave_infrared_in_a_visible_slot_is_noticed_on_snow(tmp_path: Path) -> None:
    numbers = level2_numbers()
    numbers[:3] = 40000 + np.arange(32)
    assert "band-order" not in _codes(tmp_path, numbers)
    assert "band-order" in _codes(tmp_path, numbers[[0, 3, 2, 1, 4]])


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RadiometryKind.PHYSICAL, "digital-numbers-as-reflectance"),
        (RadiometryKind.SENTINEL2, "implausible-reflectance"),
        (RadiometryKind.SENTINEL2_OFFSET, "implausible-temperature"),
    ],
)
def test_wrong_units_are_found_by_their_values(tmp_path: Path, kind: RadiometryKind, code: str) -> None:
    assert code in _codes(tmp_path, level2_numbers(), kind)


def test_sentinel_numbers_read_as_landsat_are_found(tmp_path: Path) -> None:
    numbers = (level2_numbers()[:4] // 10).astype(np.uint16)
    assert "implausible-reflectance" in _codes(tmp_path, numbers)


def test_saturation_is_told_once_for_all_bands(tmp_path: Path) -> None:
    numbers = level2_numbers()
    numbers[:3, :8] = 65535
    path = write_tile(tmp_path / "s.tif", numbers, descriptions=NAMES)
    (told,) = [f for f in open_tile(path).findings if f.code == "saturated"]
    assert "25 % of blue, 25 % of green, 25 % of red" in told.message


def test_a_band_of_one_value_is_flagged(tmp_path: Path) -> None:
    numbers = level2_numbers()
    numbers[2] = 20000
    assert _codes(tmp_path, numbers) == {"constant-band"}


def test_gaps_in_the_thermal_band_are_a_note(tmp_path: Path) -> None:
    numbers = level2_numbers()
    numbers[4, :4] = 0
    assert _codes(tmp_path, numbers) == {"thermal-gaps"}


def test_a_simulated_tile_says_that_it_shows_no_real_ground(tmp_path: Path) -> None:
    tags = {"DESCRIPTION": "simulated by Firnline, seed 24"}
    tile = open_tile(
        write_tile(tmp_path / "made.tif", level2_numbers(), descriptions=BANDS, tags=tags, nodata=0)
    )
    (note,) = [finding for finding in tile.findings if finding.code == "simulated"]
    assert "simulated by Firnline, seed 24" in note.message
    real = open_tile(write_tile(tmp_path / "real.tif", level2_numbers(), descriptions=BANDS, nodata=0))
    assert "simulated" not in {finding.code for finding in real.findings}


def test_numbers_missing_in_one_optical_band_are_flagged_with_their_share(tmp_path: Path) -> None:
    reflectance = np.full((5, 20, 20), 0.4, np.float32)
    reflectance[4] = 270.0
    reflectance[0, :5] = np.inf
    tile = open_tile(write_tile(tmp_path / "holes.tif", reflectance, descriptions=BANDS))
    (gaps,) = [finding for finding in tile.findings if finding.code == "optical-gaps"]
    assert gaps.severity is Severity.WARNING
    assert gaps.message.startswith("Blue: 25 %")


def test_a_temperature_in_place_of_a_reflectance_is_called_another_order(tmp_path: Path) -> None:
    reflectance = np.random.default_rng(1).uniform(0.2, 0.9, (5, 20, 20)).astype(np.float32)
    reflectance[0] += 270.0
    tile = open_tile(write_tile(tmp_path / "swapped.tif", reflectance))
    (order,) = [finding for finding in tile.findings if finding.severity is Severity.ERROR]
    assert order.code == "band-order"
    assert "kelvin" in order.message


def test_a_date_in_the_future_stops_a_run_until_it_is_stated(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "LC08_20990701.tif", level2_numbers(), descriptions=NAMES)
    wrong = [finding for finding in open_tile(path).findings if finding.code == "future-date"]
    assert [finding.severity for finding in wrong] == [Severity.ERROR]
    assert "date in names or tags is 2099-07-01" in wrong[0].message
    stated = open_tile(path, acquired_on=date(2020, 7, 1))
    assert "future-date" not in {finding.code for finding in stated.findings}
    (worse,) = [f for f in open_tile(path, acquired_on=date(2100, 1, 1)).findings if f.code == "future-date"]
    assert "stated acquisition date is 2100-01-01" in worse.message
