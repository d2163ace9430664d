"""Lists, filters and counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from core.checks import BandFit, CrossChecks, Rule, RuleCheck
from core.runs import Options, RadiometryKind
from db.filters import RunFilter
from db.history import History
from db.rows import options_key
from tests.db.runs import STARTED_AT, make_errors, make_facts, make_run, save_run


def _save(history: History, name: str, **changes: object) -> str:
    remarks = {key: changes.pop(key) for key in ("site", "note") if key in changes}
    facts = make_facts(name=name, acquired_on=changes.pop("acquired_on", None))
    return save_run(history, make_run(tile=facts, **changes), **remarks).id


def _names(history: History, **wanted: object) -> set[str]:
    found = history.list_runs(RunFilter(**wanted), limit=100)
    assert history.count_runs(RunFilter(**wanted)) == len(found)
    return {record.tile_name for record in found}


@contextmanager
def _counted_statements(history: History) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    engine = history._database.engine
    event.listen(engine, "after_cursor_execute", note)
    yield statements
    event.remove(engine, "after_cursor_execute", note)


def test_the_newest_run_comes_first_and_pages_follow_each_other(history: History) -> None:
    runs = [make_run(finished_at=STARTED_AT + timedelta(minutes=n)) for n in (3, 1, 4, 2, 0)]
    for run in runs:
        save_run(history, run)
    expected = [run.id for run in sorted(runs, key=lambda run: run.finished_at, reverse=True)]
    pages = [history.list_runs(offset=offset, limit=2) for offset in (0, 2, 4, 6)]
    assert [record.id for page in pages for record in page] == expected
    assert [len(page) for page in pages] == [2, 2, 1, 0]


def test_runs_finished_at_the_same_moment_appear_once_each_over_pages(history: History) -> None:
    ids = {save_run(history, make_run()).id for _ in range(7)}
    listed = [record.id for offset in range(0, 8, 2) for record in history.list_runs(offset=offset, limit=2)]
    assert len(listed) == 7
    assert set(listed) == ids


def test_a_page_takes_the_same_number_of_statements_however_long(local_history: History) -> None:
    spent = []
    for count in (1, 9):
        for _ in range(count):
            save_run(local_history, make_run(model="multiclass"), site=f"site {count}")
        with _counted_statements(local_history) as statements:
            assert local_history.list_runs(limit=50)
        spent.append(len(statements))
    assert spent[0] == spent[1] <= 4


def test_runs_are_found_by_site_model_and_date(history: History) -> None:
    _save(history, "a", site="Lahaul", acquired_on=date(2020, 1, 1))
    _save(history, "b", site="Zanskar", acquired_on=date(2021, 1, 1), model="multiclass")
    _save(history, "c", acquired_on=date(2022, 1, 1))
    _save(history, "d")
    assert _names(history) == {"a", "b", "c", "d"}
    assert _names(history, site="lahaul") == {"a"}
    assert _names(history, site="nowhere") == set()
    assert _names(history, model="multiclass") == {"b"}
    assert _names(history, acquired_from=date(2021, 1, 1)) == {"b", "c"}
    assert _names(history, acquired_to=date(2021, 1, 1)) == {"a", "b"}
    assert _names(history, acquired_from=date(2021, 1, 1), acquired_to=date(2021, 1, 1)) == {"b"}
    assert _names(history, model="binary", site="Zanskar") == set()


def test_words_are_found_in_tile_note_and_site_in_any_case(history: History) -> None:
    _save(history, "LC08_147037", site="Großer Aletsch", note="snow in the EAST")
    _save(history, "other", site="Ötztal")
    assert _names(history, text="lc08") == {"LC08_147037"}
    assert _names(history, text="GROSSER aletsch") == {"LC08_147037"}
    assert _names(history, text="east") == {"LC08_147037"}
    assert _names(history, text="ötzTAL") == {"other"}
    assert _names(history, text="147037 snow") == {"LC08_147037"}  # words may stand in different places
    assert _names(history, text="147037 rain") == set()
    assert _names(history, text="   ") == {"LC08_147037", "other"}


@pytest.mark.parametrize("text", ["%", "_", "\\", "50%", "a_b", "/", "'", '"'])
def test_signs_that_sql_knows_stand_for_themselves(history: History, text: str) -> None:
    _save(history, f"x{text}y")
    _save(history, "plain a-b 500")
    assert _names(history, text=text) == {f"x{text}y"}


@given(
    name=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=8)
)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_run_is_found_by_its_own_name(history: History, name: str) -> None:
    run_id = _save(history, name)
    found = history.list_runs(RunFilter(text=name), limit=1000)
    assert run_id in {record.id for record in found}


def test_sites_and_models_in_use_are_listed(history: History) -> None:
    assert (history.sites(), history.models()) == ((), ())
    _save(history, "a", site="Zanskar", model="multiclass")
    _save(history, "b", site="Lahaul")
    _save(history, "c", site="Lahaul")
    assert [(site.name, site.runs) for site in history.sites()] == [("Lahaul", 2), ("Zanskar", 1)]
    assert history.models() == ("binary", "multiclass")


def test_a_run_is_found_by_content_weights_and_options(history: History) -> None:
    run = make_run(options=Options(min_area_km2=0))
    save_run(history, make_run(options=Options(min_area_km2=0.5)))
    save_run(history, run)
    assert history.find_run(replace(run.key, options=Options(min_area_km2=0.0))) == run.id
    other = Options(threshold=0.4, min_area_km2=0.0)
    assert history.find_run(replace(run.key, options=other)) is None
    assert history.find_run(replace(run.key, input_sha256="0" * 64)) is None
    assert history.find_run(replace(run.key, weights_sha256="0" * 64)) is None
    assert history.find_run(replace(run.key, radiometry=RadiometryKind.LANDSAT_L1)) is None


def test_a_run_of_another_card_is_another_answer_and_an_old_one_that_tells_none_counts(
    history: History,
) -> None:
    old = make_run(versions={"torch": "2"})
    save_run(history, old)
    asked = replace(old.key, card="0123")
    assert history.find_run(asked) == old.id
    assert old.key.answers(asked)
    new = make_run(versions={"torch": "2", "card": "4567"}, finished_at=old.finished_at + timedelta(days=1))
    save_run(history, new)
    assert history.find_run(replace(asked, card="4567")) == new.id
    assert history.find_run(asked) == old.id
    assert not new.key.answers(asked)


def test_a_run_saved_before_the_time_asked_for_is_not_found(history: History) -> None:
    run = make_run()
    saved_at = history.get_run(save_run(history, run).id).saved_at
    assert history.find_run(run.key, since=saved_at) == run.id
    assert history.find_run(run.key, since=saved_at + timedelta(seconds=1)) is None


def test_of_equal_runs_the_newest_is_found(history: History) -> None:
    old = make_run(finished_at=STARTED_AT)
    new = make_run(finished_at=STARTED_AT + timedelta(days=1))
    for run in (new, old):
        save_run(history, run)
    assert history.find_run(old.key) == new.id


def test_a_line_of_the_list_and_the_whole_run_carry_the_errors_of_its_areas(history: History) -> None:
    errors = (*make_errors("glacier"), *make_errors("ice", 4.5))
    run = make_run(errors=errors)
    record = save_run(history, run)
    assert record.errors == history.list_runs()[0].errors == errors
    assert history.get_run(run.id).run.errors == errors


def test_options_that_came_later_leave_the_key_of_older_runs_alone() -> None:
    known = {  # as the version without `symmetries` made them
        Options(): "acaa86fe3e548ec6f13bc11e4b90c94041bd493a957d94e83d779f4e0b72d3c7",
        Options(0.4, 0.0, 30.0): "5580ad0861bef82f2ab2563c2e00a0cfa126877ef9daa89124ad4b8eb839b0d3",
    }
    assert {options: options_key(options) for options in known} == known
    assert options_key(Options(symmetries=True)) not in known.values()


def test_a_run_in_eight_orientations_is_another_than_the_plain_one(history: History) -> None:
    run = make_run()
    save_run(history, run)
    assert history.find_run(run.key) == run.id
    assert history.find_run(replace(run.key, options=Options(symmetries=True))) is None


def test_what_was_checked_comes_back_with_the_run(history: History) -> None:
    rule = RuleCheck(Rule.NDSI, 10, 20, 3, 4)
    fit = BandFit("red", 0.1, 0.9, 0.0, 0.25, 0.7)
    for checks in (CrossChecks((rule,), (fit,)), CrossChecks(), None):
        run = make_run(checks=checks)
        save_run(history, run)
        assert history.get_run(run.id).run.checks == checks
