"""The error of outlines against that of the classes: nobody saw beyond the tile and beyond no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from core.export.outlines import OutlineOptions, RunOutlines, outline_run
from core.measure.buffers import BufferStrips
from core.measure.groups import class_groups
from core.models import MULTICLASS
from core.outlines.outline import OutlineSet
from core.runs import ALL_ICE
from tests.core.export.class_maps import CLEAN, DEBRIS, NO_DATA, WATER, write_classes
from tests.core.export.test_divides import around, rgi

Classes = NDArray[np.uint8]
PIXEL_KM2 = 900 / 1e6


def outlines(folder: Path, classes: Classes, simplify_px: float = 0.0) -> RunOutlines:
    run = write_classes(folder, classes)
    return outline_run(run, folder / "classes.tif", OutlineOptions(0.0, simplify_px))


def buffers_km2(classes: Classes) -> dict[str, float]:
    """Half a pixel along the outline of each class, as the run's buffer error has it."""
    strips = BufferStrips(MULTICLASS)
    strips.add(classes, np.full((1, 1), PIXEL_KM2 * 1e6))
    keys = (group.key for group in class_groups(MULTICLASS))
    return dict(zip(keys, (strips.buffers_m2 / 1e6).tolist(), strict=True))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(2, 14), st.integers(2, 14)),
        elements=st.sampled_from([0, 0, CLEAN, CLEAN, CLEAN, DEBRIS, WATER, NO_DATA]),
    ),
    st.sampled_from([0.0, 1.5]),
)
def test_the_errors_of_the_outlines_add_up_to_the_buffers_of_the_classes(
    tmp_path: Path, classes: Classes, simplify_px: float
) -> None:
    found, expected = outlines(tmp_path, classes, simplify_px), buffers_km2(classes)
    for placed, key in (
        (found.glaciers.placed, ALL_ICE),
        (found.debris.placed, "debris"),
        (found.lakes.placed, "water"),
    ):
        assert placed.errors_km2.sum() == pytest.approx(expected[key], rel=2e-3)


@pytest.mark.parametrize("beyond", ["the tile's edge", "no data"])
def test_where_the_ice_is_cut_off_its_outline_has_no_error(tmp_path: Path, beyond: str) -> None:
    classes = np.full((40, 60), NO_DATA, np.uint8)
    classes[:, :50] = 0
    classes[5:35, :50] = CLEAN
    classes = classes[:, :50] if beyond == "the tile's edge" else classes
    found = outlines(tmp_path, classes)
    sides_px = 2 * 49  # above and below, to half a pixel from either end
    assert found.glaciers.placed.errors_km2 == pytest.approx([0.5 * sides_px * PIXEL_KM2], rel=2e-3)


def test_strips_of_a_long_map_join_without_a_seam(tmp_path: Path) -> None:
    classes = np.zeros((2100, 8), np.uint8)
    classes[3:2097, 2:6] = CLEAN
    classes[1020:1030, :3] = NO_DATA
    found = outlines(tmp_path, classes)
    assert found.glaciers.placed.errors_km2.sum() == pytest.approx(buffers_km2(classes)[ALL_ICE], rel=2e-3)


def test_of_ice_in_pieces_each_has_the_part_of_the_outline_that_it_shows(tmp_path: Path) -> None:
    classes = np.zeros((60, 60), np.uint8)
    classes[10:40, :50] = CLEAN  # cut off at the left
    classes[30:40, :50] = DEBRIS
    run = write_classes(tmp_path, classes)
    known = OutlineSet((rgi(1, around(-5, 8, 20, 42)), rgi(2, around(20, 8, 52, 42))), "test.gpkg")
    found = outline_run(run, tmp_path / "classes.tif", OutlineOptions(0.0), known)
    right, left = found.glaciers.placed.errors_km2 / (0.5 * PIXEL_KM2)
    assert left == pytest.approx(2 * 20, abs=2)
    assert right == pytest.approx(2 * 30 + 30, abs=2)
    whole = buffers_km2(classes)
    assert found.glaciers.placed.errors_km2.sum() == pytest.approx(whole[ALL_ICE], rel=2e-3)
    assert found.debris.placed.errors_km2.sum() == pytest.approx(whole["debris"], rel=2e-3)
