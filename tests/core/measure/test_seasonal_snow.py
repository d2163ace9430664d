"""Snow around the last outlines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rasterio.crs import CRS

from core.checks import Rule
from core.measure.seasonal_snow import RING_PX, SnowAround, measure_snow, snow_findings
from core.measure.votes import ICE, KNOWN, NETWORK
from core.types import NO_DATA, Grid, Severity
from tests.core.outlines.shapes import in_degrees, outlines
from tests.rasters import TRANSFORM, write_tile

GLACIER = outlines(in_degrees((100, 100, 160, 160)))
GRID = Grid.of(CRS.from_epsg(32643), TRANSFORM, 300, 300)
SNOW = NETWORK | KNOWN[Rule.NDSI] | ICE[Rule.NDSI]
CORNERS = (4 - np.pi) * RING_PX**2  # the ring is round at the outline's corners


def _measure(folder: Path, votes: NDArray[np.uint8]) -> SnowAround | None:
    return measure_snow(write_tile(folder / "votes.tif", votes), GRID, GLACIER)


def test_snow_is_counted_in_the_ring_around_the_outlines_alone(tmp_path: Path) -> None:
    votes = np.full((300, 300), KNOWN[Rule.NDSI], np.uint8)
    votes[:, :130] = SNOW
    around = _measure(tmp_path, votes)
    assert around is not None
    ring_px = (60 + 2 * RING_PX) ** 2 - 60**2 - CORNERS
    assert around.seen_km2 == pytest.approx(ring_px * 900 / 1e6, rel=0.02)
    assert (around.taken_share, around.snow_share) == pytest.approx((0.5, 0.5), abs=0.01)


def test_snow_that_the_network_sees_through_is_told_by_ndsi_where_it_can_tell(
    tmp_path: Path,
) -> None:
    votes = np.full((300, 300), KNOWN[Rule.NDSI] | ICE[Rule.NDSI], np.uint8)
    votes[:, 130:] = 0  # too dark to tell
    around = _measure(tmp_path, votes)
    assert around is not None
    assert (around.taken_share, around.snow_share) == (0.0, 1.0)
    (finding,) = snow_findings(around)
    assert "100 % of the ground within 10 pixels" in finding.message
    assert "the model does not take it for ice" in finding.message


def test_what_the_network_alone_calls_ice_or_nobody_saw_is_no_snow(tmp_path: Path) -> None:
    votes = np.full((300, 300), NETWORK | KNOWN[Rule.NDSI], np.uint8)
    votes[:, 130:] = NO_DATA
    around = _measure(tmp_path, votes)
    assert around is not None
    assert (around.taken_km2, around.snow_km2) == (0, 0)
    assert around.seen_km2 == pytest.approx(((60 + 2 * RING_PX) ** 2 - 60**2 - CORNERS) * 450 / 1e6, rel=0.02)


def test_a_tile_without_the_outlines_has_nothing_to_say(tmp_path: Path) -> None:
    path = write_tile(tmp_path / "votes.tif", np.full((50, 50), SNOW, np.uint8))
    elsewhere = Grid.of(CRS.from_epsg(32643), TRANSFORM, 50, 50)
    assert measure_snow(path, elsewhere, GLACIER) is None
    assert list(snow_findings(None)) == []


def test_much_snow_is_a_warning_and_a_little_is_not() -> None:
    (finding,) = snow_findings(SnowAround(2.0, 0.5, 1.5, 2.0))
    assert (finding.severity, finding.code) == (Severity.WARNING, "seasonal-snow")
    assert "25 %" in finding.message
    assert list(snow_findings(SnowAround(2.0, 0.1, 0.9, 2.0))) == []
