from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.runs import RadiometryKind
from core.tiles.opening import Header, read_header
from core.tiles.tags import tagged_date, tagged_radiometry, tagged_sensor, tagged_sun_elevation
from tests.rasters import write_tile


def _header(tmp_path: Path, **tags: str) -> Header:
    return read_header(write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint16), tags=tags))


@pytest.mark.parametrize(
    ("tags", "sensor"),
    [
        ({"SPACECRAFT_ID": "LANDSAT_9"}, "Landsat 9"),
        ({"platform": "sentinel-2b"}, "Sentinel-2B"),
        ({"SPACECRAFT": "S2A"}, "Sentinel-2A"),
        ({"LANDSAT_PRODUCT_ID": "LT05_L2SP_147037_19980915_20200908_02_T1"}, "Landsat 5"),
        ({"comment": "LANDSAT_9"}, None),
    ],
)
def test_tags_tell_the_sensor(tmp_path: Path, tags: dict[str, str], sensor: str | None) -> None:
    assert tagged_sensor(_header(tmp_path, **tags)) == sensor


@pytest.mark.parametrize(
    ("tags", "day"),
    [
        ({"DATE_ACQUIRED": "2023-09-15"}, date(2023, 9, 15)),
        ({"acquired_on": "20230915"}, date(2023, 9, 15)),
        ({"LANDSAT_PRODUCT_ID": "LT05_L2SP_147037_19980915_20200908_02_T1"}, date(1998, 9, 15)),
        ({"TIFFTAG_DATETIME": "2023:09:15 10:00:00"}, None),
        ({"DATE_ACQUIRED": "unknown"}, None),
    ],
)
def test_tags_tell_the_date_of_acquisition_not_of_writing(
    tmp_path: Path, tags: dict[str, str], day: date | None
) -> None:
    assert tagged_date(_header(tmp_path, **tags)) == day


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"radiometry": "landsat-c2-l1"}, RadiometryKind.LANDSAT_L1),
        ({"PROCESSING_LEVEL": "L2SP"}, RadiometryKind.LANDSAT_L2),
        ({"PROCESSING_LEVEL": "L1TP"}, RadiometryKind.LANDSAT_L1),
        (
            {"PRODUCT_ID": "S2A_MSIL2A_20200915T053641_N0214_R005_T43SFT_20200915T093456"},
            RadiometryKind.SENTINEL2,
        ),
        ({"radiometry": "fine"}, None),
    ],
)
def test_tags_tell_the_level(tmp_path: Path, tags: dict[str, str], kind: RadiometryKind | None) -> None:
    assert tagged_radiometry(_header(tmp_path, **tags)) == kind


@pytest.mark.parametrize(("text", "degrees"), [("31.5", 31.5), ("-3", None), ("high", None), ("nan", None)])
def test_a_sun_elevation_counts_only_above_the_horizon(
    tmp_path: Path, text: str, degrees: float | None
) -> None:
    assert tagged_sun_elevation(_header(tmp_path, SUN_ELEVATION=text)) == degrees
