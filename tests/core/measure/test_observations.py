"""Observations: a run as its ledger measured it inside the site's outlines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from core.checks import CloudCheck
from core.measure.ledger import Found, Ledger
from core.measure.observations import inside_outlines, with_likely_cards
from core.runs import ALL_ICE, AreaError, ErrorKind, OutlineCut
from tests.core.measure.observed import METHOD, seen

NOTHING = Found({}, 0.0, 0.0)


def ledger(areas_km2: dict[str, float], ice_km2: float) -> Ledger:
    errors = tuple(
        AreaError(key, ErrorKind.BUFFER, area, area / 8, area * 0.75, area * 1.25)
        for key, area in {**areas_km2, ALL_ICE: ice_km2}.items()
    )
    return Ledger(
        outlines_sha256="c" * 64,
        model="multiclass",
        lines=(),
        inside=Found(areas_km2, ice_km2, 10.0, errors),
        outside=NOTHING,
        outlines_km2=12.5,
        coverage=0.8,
        growth_km2=0.0,
        overlap_km2=0.0,
        elsewhere=0,
        clouds=CloudCheck(3, 100),
        cut=OutlineCut(0.0, 0.25),
    )


def test_inside_the_outlines_a_run_has_the_areas_and_errors_of_its_ledger() -> None:
    run = seen(date(2020, 9, 1), 9.0, method=replace(METHOD, model="multiclass"))
    areas = {"clean_ice": 3.0, "debris": 1.0, "water": 0.5}
    inside = inside_outlines(run, ledger(areas, 4.0))
    assert inside.areas_km2 == {**areas, ALL_ICE: 4.0}
    assert inside.sigmas_km2 == {
        (key, ErrorKind.BUFFER): area / 8 for key, area in {**areas, ALL_ICE: 4.0}.items()
    }
    assert (inside.inside_outline, inside.outlines_sha256) == (True, "c" * 64)
    assert inside.clouds == CloudCheck(3, 100)
    assert (inside.valid_share, inside.cut) == (0.8, OutlineCut(0.0, 0.25))


def test_without_a_ledger_a_run_has_no_areas_inside() -> None:
    inside = inside_outlines(seen(date(2020, 9, 1), 9.0, 0.5), None)
    assert (inside.areas_km2, inside.sigmas_km2) == ({}, {})


def test_a_run_that_does_not_tell_its_card_counts_as_the_others_of_its_method() -> None:
    told = replace(METHOD, card="one")
    runs = [seen(date(2020, 9, 1), method=method) for method in (METHOD, told)]
    assert {run.method for run in with_likely_cards(runs)} == {told}


def test_where_cards_differ_nobody_knows_that_of_a_run_that_does_not_tell_it() -> None:
    methods = [METHOD, replace(METHOD, card="one"), replace(METHOD, card="two")]
    runs = [seen(date(2020, 9, 1), method=method) for method in methods]
    assert [run.method for run in with_likely_cards(runs)] == methods
