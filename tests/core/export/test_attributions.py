"""The parts of a change as a table add up, and scene and glacier have rows only where outlines tell."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from core.export.attributions import parts_csv
from core.measure.attribution import Attribution
from core.measure.change import Estimate
from core.measure.scene import ScenePart

PARTS = Attribution(-3.0, 0.5, 1.5, Estimate(-4.0, 0.5))


def rows_of(parts: Attribution) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(parts_csv(("a", "b"), ("c", "d"), parts))))
    assert {(row["before_run"], row["after_run"]) for row in rows} == {("a", "b")}
    assert {(row["common_before_run"], row["common_after_run"]) for row in rows} == {("c", "d")}
    return rows


def areas_of(parts: Attribution) -> dict[str, float]:
    return {row["part"]: float(row["area_km2"]) for row in rows_of(parts)}


def test_without_outlines_scene_and_glacier_share_one_row() -> None:
    assert areas_of(PARTS) == {"model": 1.0, "scene_and_glacier": -4.0, "net_change": -3.0}


def test_with_outlines_the_three_parts_add_up() -> None:
    areas = areas_of(replace(PARTS, scene=ScenePart(0.7, 0.1)))
    assert areas["scene"] + areas["glacier"] == pytest.approx(areas["scene_and_glacier"])
    assert areas["model"] + areas["scene"] + areas["glacier"] == pytest.approx(areas["net_change"])


def test_the_scene_has_an_interval_of_its_own_and_the_glacier_that_of_both() -> None:
    reach = {
        row["part"]: (float(row["high_km2"]) - float(row["low_km2"])) / 2
        for row in rows_of(replace(PARTS, scene=ScenePart(0.7, 0.1)))
        if row["low_km2"]
    }
    assert reach == pytest.approx(
        {"scene_and_glacier": 1.96 * 0.5, "scene": 1.96 * 0.1, "glacier": 1.96 * 0.5}, rel=1e-3
    )


def test_a_scene_without_probabilities_has_no_interval() -> None:
    (scene,) = (row for row in rows_of(replace(PARTS, scene=ScenePart(0.7))) if row["part"] == "scene")
    assert (scene["low_km2"], scene["high_km2"]) == ("", "")


def test_where_the_tiles_were_seen_otherwise_no_part_is_called_the_glaciers() -> None:
    unlike = replace(PARTS, inputs=("other pixels",))
    assert areas_of(unlike) == {"model": 1.0, "all_but_model": -4.0, "net_change": -3.0}
    areas = areas_of(replace(unlike, scene=ScenePart(0.7, 0.1)))
    assert list(areas) == ["model", "all_but_model", "scene", "rest", "net_change"]
    assert areas["scene"] + areas["rest"] == pytest.approx(areas["all_but_model"])
