from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from core.runs import RadiometryKind
from core.tiles.detection import BandStatistics, Clues, Detected, detect, statistics_of
from core.tiles.stack import RawPixels
from core.types import BANDS, BandName

OPTICAL: tuple[BandName, ...] = ("blue", "green", "red", "swir1")
NOTHING = Clues(None, None, dict.fromkeys(BANDS), {})


def _spread(low: float, median: float, high: float, *, whole: bool = True) -> BandStatistics:
    return BandStatistics(low, low, median, high, high, whole)


def _clues(
    optical: tuple[float, float, float],
    thermal: tuple[float, float, float] | None = None,
    *,
    whole: bool = True,
) -> Clues:
    statistics = {band: _spread(*optical, whole=whole) for band in OPTICAL}
    if thermal:
        statistics["thermal"] = _spread(*thermal, whole=whole)
    return replace(NOTHING, statistics=statistics, tagged=dict.fromkeys(statistics))


LANDSAT = _clues((7500, 20000, 65000), (26000, 31000, 38000))
SENTINEL = _clues((1100, 4000, 12000))
REFLECTANCE = _clues((0.01, 0.4, 1.1), (250, 265, 280), whole=False)
BYTES = _clues((3, 120, 255))


def _codes(detected: Detected) -> list[str]:
    return [finding.code for finding in detected.findings]


@pytest.mark.parametrize(
    ("clues", "kind"),
    [
        (LANDSAT, RadiometryKind.LANDSAT_L2),
        (_clues((7500, 20000, 65000), (11000, 14000, 17000)), RadiometryKind.LANDSAT_L1),
        (_clues((7300, 9000, 15000)), RadiometryKind.LANDSAT_L2),
        (SENTINEL, RadiometryKind.SENTINEL2_OFFSET),
        (_clues((50, 700, 9000)), RadiometryKind.SENTINEL2),
    ],
)
def test_numbers_without_a_name_are_guessed_and_the_user_is_asked(clues: Clues, kind: RadiometryKind) -> None:
    found = detect(clues)
    assert found.radiometry.kind is kind
    assert "radiometry-guessed" in _codes(found)


@pytest.mark.parametrize(
    ("clues", "kind"),
    [
        (replace(LANDSAT, told=RadiometryKind.LANDSAT_L1), RadiometryKind.LANDSAT_L1),
        (replace(LANDSAT, told=RadiometryKind.LANDSAT_L2), RadiometryKind.LANDSAT_L2),
        (replace(SENTINEL, told=RadiometryKind.SENTINEL2), RadiometryKind.SENTINEL2),
        (replace(SENTINEL, told=RadiometryKind.SENTINEL2_OFFSET), RadiometryKind.SENTINEL2_OFFSET),
        (replace(SENTINEL, sensor="Sentinel-2", acquired_on=date(2020, 7, 1)), RadiometryKind.SENTINEL2),
        (
            replace(SENTINEL, sensor="Sentinel-2", acquired_on=date(2024, 7, 1)),
            RadiometryKind.SENTINEL2_OFFSET,
        ),
    ],
)
def test_names_tags_and_dates_decide_without_asking(clues: Clues, kind: RadiometryKind) -> None:
    found = detect(clues)
    assert found.radiometry.kind is kind
    assert "radiometry-guessed" not in _codes(found)


def test_the_sensor_narrows_the_guess() -> None:
    assert detect(replace(SENTINEL, sensor="Landsat 8")).radiometry.kind is RadiometryKind.LANDSAT_L2
    assert detect(replace(_clues((7300, 9000, 15000)), sensor="Sentinel-2")).radiometry.kind is (
        RadiometryKind.SENTINEL2_OFFSET
    )


def test_reflectance_is_known_by_its_values_whatever_the_name_says() -> None:
    found = detect(replace(REFLECTANCE, told=RadiometryKind.LANDSAT_L2))
    assert found.radiometry.kind is RadiometryKind.PHYSICAL
    assert "although names or tags say Landsat" in found.radiometry.evidence
    assert found.findings == ()


def test_eight_bit_numbers_are_stretched_and_flagged() -> None:
    found = detect(BYTES)
    assert found.radiometry.kind is RadiometryKind.UNKNOWN
    assert _codes(found) == ["unknown-units"]
    low, high = found.scales[0].apply(np.array([3, 255], np.float32))
    assert (low, high) == (pytest.approx(0.02), pytest.approx(0.9))


def test_a_handful_of_whole_numbers_is_no_reflectance() -> None:
    assert detect(_clues((0, 1, 2))).radiometry.kind is RadiometryKind.UNKNOWN


def test_a_thermal_band_in_celsius_becomes_kelvin_and_is_flagged() -> None:
    found = detect(_clues((0.01, 0.4, 1.1), (-25, -10, 5), whole=False))
    assert _codes(found) == ["thermal-celsius"]
    assert found.scales[4].apply(np.array([-10.0, 0.0], np.float32)) == pytest.approx([263.15, 273.15])
    assert not found.scales[4].zero_is_gap


def test_kelvin_beside_digital_numbers_stays_kelvin() -> None:
    found = detect(replace(_clues((7500, 20000, 65000), (250, 265, 280)), told=RadiometryKind.LANDSAT_L2))
    assert found.scales[4].apply(np.array([265.0], np.float32)) == pytest.approx([265.0])


def test_an_offset_that_the_provider_has_removed_is_noticed() -> None:
    found = detect(replace(_clues((50, 700, 9000)), told=RadiometryKind.SENTINEL2_OFFSET))
    assert found.radiometry.kind is RadiometryKind.SENTINEL2


def test_an_old_scene_without_low_values_may_have_been_reprocessed() -> None:
    assert _codes(detect(replace(SENTINEL, told=RadiometryKind.SENTINEL2))) == ["sentinel2-offset-unsure"]


def test_level_1_of_landsat_5_has_no_fixed_scale() -> None:
    clues = replace(_clues((300, 900, 4000)), told=RadiometryKind.LANDSAT_L1, sensor="Landsat 5")
    assert detect(clues).radiometry.kind is RadiometryKind.UNKNOWN


def test_level_1_says_what_it_does_not_know() -> None:
    clues = replace(LANDSAT, told=RadiometryKind.LANDSAT_L1)
    assert _codes(detect(clues)) == ["no-sun-elevation", "thermal-constants-assumed"]
    assert _codes(detect(replace(clues, sensor="Landsat 9", sun_elevation=30.0))) == []


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ((2.75e-5, -0.2), RadiometryKind.LANDSAT_L2),
        ((1e-4, 0.0), RadiometryKind.SENTINEL2),
        ((1e-4, -0.1), RadiometryKind.SENTINEL2_OFFSET),
        ((0.01, 0.0), RadiometryKind.PHYSICAL),
    ],
)
def test_scale_and_offset_tags_win(tag: tuple[float, float], kind: RadiometryKind) -> None:
    found = detect(replace(SENTINEL, tagged=dict.fromkeys(OPTICAL, tag), told=RadiometryKind.LANDSAT_L1))
    assert found.radiometry.kind is kind
    assert "tags" in found.radiometry.evidence
    assert found.scales[0].apply(np.array([4000], np.float32)) == pytest.approx([4000 * tag[0] + tag[1]])


def test_tags_on_some_bands_alone_are_no_rule_for_all() -> None:
    found = detect(replace(LANDSAT, tagged={**LANDSAT.tagged, "blue": (0.5, 0.0)}))
    assert found.radiometry.kind is RadiometryKind.LANDSAT_L2


def test_an_untagged_thermal_band_follows_the_product() -> None:
    tagged = {**dict.fromkeys(OPTICAL, (2.75e-5, -0.2)), "thermal": None}
    found = detect(replace(LANDSAT, tagged=tagged))
    assert found.scales[4].apply(np.array([44947], np.float32)) == pytest.approx([302.63], abs=0.01)


def test_the_user_overrules_and_both_are_told() -> None:
    found = detect(LANDSAT, RadiometryKind.LANDSAT_L1)
    assert found.radiometry.kind is RadiometryKind.LANDSAT_L1
    assert found.radiometry.chosen_by_user
    assert "Landsat Collection 2 Level-2" in found.radiometry.evidence


def test_the_user_settles_a_guess() -> None:
    found = detect(LANDSAT, RadiometryKind.LANDSAT_L2)
    assert found.radiometry.chosen_by_user
    assert found.findings == ()


def test_a_tile_without_data_has_unknown_units_and_no_crash() -> None:
    assert detect(NOTHING).radiometry.kind is RadiometryKind.UNKNOWN


def test_statistics_leave_out_no_data_and_bands_without_any() -> None:
    values = np.full((5, 2, 2), 100, np.float32)
    values[:, 0, 0] = 0
    values[0, 0, 1] = 7.5
    carried = np.ones((5, 2, 2), bool)
    carried[3] = False
    found = statistics_of(RawPixels(values, carried))
    assert set(found) == {"blue", "green", "red", "thermal"}
    assert found["green"] == BandStatistics(100, 100, 100, 100, 100, whole=True)
    assert not found["blue"].whole
