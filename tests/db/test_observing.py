"""A site's runs are read as a series needs them, in few statements."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event

from core.checks import CloudCheck, CrossChecks
from core.runs import ALL_ICE, CARD, AreaError, ErrorKind, MapBounds, OutlineCut
from core.types import BANDS
from db.history import History
from tests.db.runs import make_areas, make_facts, make_run, save_run


def test_observations_are_those_of_the_site_with_areas_errors_and_edited_dates(history: History) -> None:
    error = AreaError(ALL_ICE, ErrorKind.BUFFER, 5.0, 0.2, 4.6, 5.4)
    run = make_run(model="multiclass", errors=(error,), cut=OutlineCut(0.1, 0.02))
    save_run(history, run, site="Chhota Shigri")
    save_run(history, make_run(areas=make_areas("binary", None), map_bounds=None), site="Chhota Shigri")
    save_run(history, make_run(), site="Elsewhere")
    history.edit_run(run.id, acquired_on=date(2019, 8, 1))
    observations = {each.run_id: each for each in history.observations(" chhota  SHIGRI ")}
    assert len(observations) == 2
    found = observations.pop(run.id)
    assert found.acquired_on == date(2019, 8, 1)
    assert found.areas_km2[ALL_ICE] == pytest.approx(found.areas_km2["clean_ice"] + found.areas_km2["debris"])
    assert found.sigmas_km2 == {(ALL_ICE, ErrorKind.BUFFER): 0.2}
    assert found.bounds == MapBounds(32.1, 77.4, 32.3, 77.6)
    assert (found.method.model, found.method.options) == ("multiclass", run.options)
    assert found.valid_share == 0.75
    assert found.cut == OutlineCut(0.1, 0.02)
    assert history.get_run(run.id).run.cut == OutlineCut(0.1, 0.02)
    assert found.pixel_m == pytest.approx(30.0)
    assert (found.sensor, found.bands) == ("Landsat 8", BANDS[:4])
    (bare,) = observations.values()
    assert (bare.areas_km2, bare.sigmas_km2, bare.bounds) == ({}, {}, None)


def test_the_card_is_part_of_the_method_and_likely_where_a_run_does_not_tell_it(history: History) -> None:
    for card in ("one", None):
        save_run(history, make_run(versions={CARD: card} if card else {}), site="Aletsch")
    assert [each.method.card for each in history.observations("Aletsch")] == ["one", "one"]
    save_run(history, make_run(versions={CARD: "two"}), site="Aletsch")
    cards = [each.method.card for each in history.observations("Aletsch")]
    assert sorted(map(str, cards)) == ["None", "one", "two"]


def test_cloud_is_told_with_a_run_and_unknown_for_runs_from_before(history: History) -> None:
    looked = make_run(checks=CrossChecks(clouds=CloudCheck(12, 345)))
    before = make_run(checks=CrossChecks())
    unchecked = make_run()
    for run in (looked, before, unchecked):
        save_run(history, run, site="Chhota Shigri")
    found = {each.run_id: each.clouds for each in history.observations("Chhota Shigri")}
    assert found == {looked.id: CloudCheck(12, 345), before.id: None, unchecked.id: None}
    assert history.get_run(looked.id).run == looked
    assert history.get_run(before.id).run == before


def test_a_site_that_is_not_there_has_no_observations(local_history: History) -> None:
    assert local_history.observations("nowhere") == ()


def test_the_number_of_statements_does_not_grow_with_the_runs(local_history: History) -> None:
    for _ in range(5):
        save_run(local_history, make_run(tile=make_facts()), site="Chhota Shigri")
    statements: list[Path] = []
    event.listen(
        local_history._database.engine, "after_cursor_execute", lambda *parts: statements.append(parts[2])
    )
    assert len(local_history.observations("Chhota Shigri")) == 5
    assert len([s for s in statements if str(s).startswith("SELECT")]) == 3
