from __future__ import annotations

import numpy as np
import pytest

from core.runs import RadiometryKind
from core.tiles.radiometry import BandScale, convert, scales_of, stretch
from core.tiles.stack import RawPixels

RED, THERMAL = 2, 4


def _value(kind: RadiometryKind, plane: int, number: float, **options: object) -> float:
    scale = scales_of(kind, **options)[plane]  # type: ignore[arg-type]
    return float(scale.apply(np.array([number], np.float32))[0])


@pytest.mark.parametrize(
    ("kind", "number", "reflectance"),
    [
        (RadiometryKind.LANDSAT_L2, 18639, 0.3125725),  # the USGS example
        (RadiometryKind.LANDSAT_L2, 0, -0.2),
        (RadiometryKind.LANDSAT_L1, 20000, 0.3),
        (RadiometryKind.SENTINEL2, 3000, 0.3),
        (RadiometryKind.SENTINEL2_OFFSET, 4000, 0.3),
        (RadiometryKind.PHYSICAL, 0.3, 0.3),
    ],
)
def test_numbers_become_reflectance(kind: RadiometryKind, number: float, reflectance: float) -> None:
    assert _value(kind, RED, number) == pytest.approx(reflectance, abs=1e-6)


def test_level_2_numbers_become_surface_temperature() -> None:
    assert _value(RadiometryKind.LANDSAT_L2, THERMAL, 44947) == pytest.approx(
        302.6, abs=0.05
    )  # the USGS example


def test_level_1_radiance_becomes_brightness_temperature() -> None:
    radiance = 20000 * 3.342e-4 + 0.1
    kelvin = 1321.0789 / np.log(774.8853 / radiance + 1)
    assert _value(RadiometryKind.LANDSAT_L1, THERMAL, 20000) == pytest.approx(kelvin, abs=0.01)


def test_landsat_9_has_thermal_constants_of_its_own() -> None:
    radiance = 20000 * 3.8e-4 + 0.1
    kelvin = 1329.2405 / np.log(799.0284 / radiance + 1)
    found = _value(RadiometryKind.LANDSAT_L1, THERMAL, 20000, sensor="Landsat 9")
    assert found == pytest.approx(kelvin, abs=0.01)


def test_a_known_sun_elevation_brightens_level_1() -> None:
    assert _value(RadiometryKind.LANDSAT_L1, RED, 20000, sun_elevation=30.0) == pytest.approx(0.6)


def test_a_radiance_of_nothing_is_cold_and_finite() -> None:
    assert 50 < _value(RadiometryKind.LANDSAT_L1, THERMAL, -300) < 150


def _convert(numbers: list[float], carried: list[bool], kind: RadiometryKind) -> tuple[list[float], bool]:
    values = np.array(numbers, np.float32).reshape(5, 1, 1)
    pixels = convert(RawPixels(values, np.array(carried).reshape(5, 1, 1)), scales_of(kind))
    return [round(float(v), 3) for v in pixels.values.ravel()], bool(pixels.valid[0, 0])


ALL = [True] * 5
NAN = float("nan")


def test_a_pixel_without_any_optical_number_is_not_valid_and_nan_throughout() -> None:
    values, valid = _convert([0, 0, 0, 0, 30000], ALL, RadiometryKind.LANDSAT_L2)
    assert not valid
    assert np.isnan(values).all()


def test_an_optical_zero_beside_data_is_deep_shadow_even_when_zero_is_declared_no_data() -> None:
    for carried in (ALL, [True, True, False, True, True]):
        values, valid = _convert([9000, 9000, 0, 9000, 30000], carried, RadiometryKind.LANDSAT_L2)
        assert valid
        assert values == [0.047, 0.047, -0.2, 0.047, 251.541]


def test_a_thermal_zero_beside_data_is_a_gap() -> None:
    values, valid = _convert([9000, 9000, 9000, 9000, 0], ALL, RadiometryKind.LANDSAT_L2)
    assert valid
    assert np.isnan(values[THERMAL])


def test_a_number_that_is_declared_no_data_is_nan_in_a_valid_pixel() -> None:
    values, valid = _convert(
        [9000, -999, 9000, NAN, 30000], [True, False, True, False, True], RadiometryKind.LANDSAT_L2
    )
    assert valid
    assert np.isnan(values[1])
    assert np.isnan(values[3])


def test_a_stretch_keeps_the_differences_between_optical_bands() -> None:
    scales = stretch((10, 200), (50, 150))
    assert len(set(scales[:4])) == 1
    low, high = scales[RED].apply(np.array([10, 200], np.float32))
    assert (low, high) == (pytest.approx(0.02), pytest.approx(0.9))
    cold, warm = scales[THERMAL].apply(np.array([50, 150], np.float32))
    assert (cold, warm) == (pytest.approx(250), pytest.approx(285))


def test_a_stretch_of_one_value_stays_finite() -> None:
    assert np.isfinite(stretch((7, 7), (7, 7))[RED].apply(np.array([7], np.float32))).all()


def test_scales_are_linear_without_radiance_constants() -> None:
    assert BandScale(2.0, 1.0).apply(np.array([3.0], np.float32)) == pytest.approx([7.0])
