"""Observations: a run as its ledger measured it inside the site's outlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.measure.ledger import Found, Ledger
from core.measure.observations import inside_outlines
from core.runs import ALL_ICE, AreaError, ErrorKind
from tests.core.measure.observed import METHOD, seen

NOTHING = Found({}, 0.0, 0.0)


def ledger(areas_km2: dict[str, float], ice_km2: float) -> Ledger:
    error = AreaError(ALL_ICE, ErrorKind.BUFFER, ice_km2, 0.25, ice_km2 - 0.5, ice_km2 + 0.5)
    return Ledger(
        outlines_sha256="c" * 64,
        model="binary",
        lines=(),
        inside=Found(areas_km2, ice_km2, 10.0, (error,)),
        outside=NOTHING,
        outlines_km2=12.5,
        growth_km2=0.0,
        overlap_km2=0.0,
        elsewhere=0,
    )


@pytest.mark.parametrize(
    ("model", "areas", "with_error"),
    [
        ("binary", {"non_glacier": 6.0, "glacier": 4.0}, {"glacier", ALL_ICE}),
        ("multiclass", {"clean_ice": 3.0, "debris": 1.0, "water": 0.5}, {ALL_ICE}),
    ],
)
def test_the_errors_of_all_ice_are_those_of_a_models_only_ice(
    model: str, areas: dict[str, float], with_error: set[str]
) -> None:
    run = seen(date(2020, 9, 1), 9.0, method=replace(METHOD, model=model))
    inside = inside_outlines(run, ledger(areas, 4.0))
    assert inside.areas_km2 == {**areas, ALL_ICE: 4.0}
    assert inside.sigmas_km2 == {(key, ErrorKind.BUFFER): 0.25 for key in with_error}
    assert inside.inside_outline


def test_without_a_ledger_a_run_has_no_areas_inside() -> None:
    inside = inside_outlines(seen(date(2020, 9, 1), 9.0, 0.5), None)
    assert (inside.areas_km2, inside.sigmas_km2) == ({}, {})
