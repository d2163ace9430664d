"""The parts of a change as a table add up, and scene and glacier have rows only where outlines tell."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from core.export.attributions import parts_csv
from core.measure.attribution import Attribution
from core.measure.change import Estimate

PARTS = Attribution(-3.0, 0.5, 1.5, Estimate(-4.0, 0.5))


def areas_of(parts: Attribution) -> dict[str, float]:
    rows = list(csv.DictReader(io.StringIO(parts_csv(("a", "b"), ("c", "d"), parts))))
    assert {(row["before_run"], row["after_run"]) for row in rows} == {("a", "b")}
    assert {(row["common_before_run"], row["common_after_run"]) for row in rows} == {("c", "d")}
    return {row["part"]: float(row["area_km2"]) for row in rows}


def test_without_outlines_scene_and_glacier_share_one_row() -> None:
    assert areas_of(PARTS) == {"model": 1.0, "scene_and_glacier": -4.0, "net_change": -3.0}


def test_with_outlines_the_three_parts_add_up() -> None:
    areas = areas_of(replace(PARTS, scene_km2=0.7))
    assert areas["scene"] + areas["glacier"] == pytest.approx(areas["scene_and_glacier"])
    assert areas["model"] + areas["scene"] + areas["glacier"] == pytest.approx(areas["net_change"])
