from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from core.errors import TileError
from core.tiles.grids import require_ground, usable_grid
from core.tiles.opening import read_header
from tests.rasters import TRANSFORM, UTM_43N, write_tile

DEGREES = Affine(0.0003, 0.0, 77.0, 0.0, -0.0003, 33.0)
LOCAL = 'LOCAL_CS["site",UNIT["metre",1]]'


def _codes(tmp_path: Path, crs: str | None, transform: Affine | None) -> tuple[list[str], bool]:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4), np.uint16), crs=crs, transform=transform)
    grid, findings = usable_grid(read_header(path))
    return [finding.code for finding in findings], grid.crs_wkt is not None


@pytest.mark.parametrize(
    ("crs", "transform", "code", "measurable"),
    [
        (UTM_43N, TRANSFORM, None, True),
        ("EPSG:3857", TRANSFORM, None, True),
        ("EPSG:4326", DEGREES, "geographic-crs", True),
        (UTM_43N, TRANSFORM * Affine.rotation(10), "rotated-grid", True),
        (UTM_43N, Affine(30.0, 0.0, 567945.0, 0.0, 30.0, 3770000.0), None, True),
        (None, TRANSFORM, "no-crs", False),
        (None, None, "no-crs", False),
        (UTM_43N, None, "no-transform", False),
        ("EPSG:4326", TRANSFORM, "impossible-coordinates", False),
        ("EPSG:4326", Affine(0.0003, 0.0, 77.0, 0.0, -0.0003, 95.0), "impossible-coordinates", False),
        (LOCAL, TRANSFORM, "local-crs", False),
    ],
)
def test_a_grid_is_measured_on_only_where_it_lies_on_earth(
    tmp_path: Path, crs: str | None, transform: Affine | None, code: str | None, measurable: bool
) -> None:
    assert _codes(tmp_path, crs, transform) == ([code] if code else [], measurable)


def test_a_transform_without_area_is_refused(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "a.tif", np.ones((4, 4)), transform=Affine(0.0, 30.0, 5.0, 0.0, -30.0, 7.0))
    with pytest.raises(TileError, match="gives its pixels no area"):
        require_ground(read_header(path))
