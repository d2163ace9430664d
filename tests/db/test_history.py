"""The history keeps runs and gives them back equal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import HistoryError
from core.runs import Artifact, ClassArea, MapBounds, Options, Radiometry, RadiometryKind, TileFacts
from core.types import Finding, Grid, Severity
from db.history import History, open_history
from tests.db.runs import make_facts, make_run, save_run, stage_run

# Any text that a file name or a person can hold; a lone surrogate and NUL are tested on their own.
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(0, 10**12)
shares = st.floats(0, 1)
times = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - the zone is drawn
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5.5))]),
)
grids = st.builds(
    Grid, st.none() | texts, st.tuples(*[finite] * 6), st.integers(1, 10**6), st.integers(1, 10**6)
)
facts = st.builds(
    TileFacts,
    name=texts,
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    grid=grids,
    bands=st.dictionaries(st.sampled_from(["blue", "red", "thermal"]), texts),
    radiometry=st.builds(Radiometry, st.sampled_from(RadiometryKind), texts, st.booleans()),
    sensor=st.none() | texts,
    acquired_on=st.none() | st.dates(date(1972, 1, 1), date(2100, 1, 1)),
)
areas = st.builds(
    ClassArea,
    st.integers(0, 254),
    st.sampled_from(["clean_ice", "debris"]),
    texts,
    counts,
    st.none() | finite,
    shares,
    counts,
)
changes = st.fixed_dictionaries(
    {
        "tile": facts,
        "model": st.sampled_from(["binary", "multiclass"]),
        "options": st.builds(Options, st.none() | shares, finite, st.none() | finite),
        "threshold": st.none() | shares,
        "areas": st.lists(areas, max_size=4).map(tuple),
        "valid_px": counts,
        "valid_area_km2": st.none() | finite,
        "map_bounds": st.none() | st.builds(MapBounds, finite, finite, finite, finite),
        "findings": st.lists(st.builds(Finding, st.sampled_from(Severity), texts, texts)).map(tuple),
        "started_at": times,
        "finished_at": times,
        "versions": st.dictionaries(texts, texts, max_size=3),
    }
)


@given(changes=changes, site=st.none() | texts, note=texts)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_run_comes_back_equal(
    history: History, tmp_path: Path, changes: dict[str, Any], site: str | None, note: str
) -> None:
    run = make_run(**changes)
    record = history.save_run(run, stage_run(tmp_path / run.id, run), site=site, note=note)
    stored = history.get_run(run.id)
    assert stored.run == run
    assert stored.note == note
    assert stored.site == record.site
    assert stored.acquired_on == run.tile.acquired_on
    assert record.areas == run.areas


def test_a_run_is_listed_as_it_was_saved(history: History) -> None:
    run = make_run(model="multiclass")
    record = save_run(history, run, site="Lahaul", note="first")
    assert history.list_runs() == (record,)
    assert (record.site, record.note, record.tile_name) == ("Lahaul", "first", run.tile.name)
    assert record.ice_area_km2 == pytest.approx(5.0)  # clean ice and debris, not water
    assert record.valid_share == run.valid_share
    assert record.warnings == 1
    assert record.folder.is_dir()
    assert not record.input_kept


def test_a_run_without_areas_in_km2_has_no_ice_area(history: History) -> None:
    run = make_run()
    run = replace(run, areas=tuple(replace(area, area_km2=None) for area in run.areas))
    assert save_run(history, run).ice_area_km2 is None


def test_text_that_no_database_can_hold_is_stored_with_marks_in_its_place(history: History) -> None:
    run = make_run(tile=make_facts(name="a\0b\udcff", bands={"blue": "\udcff.tif:1"}))
    assert save_run(history, run, note="x\0").note == "x\ufffd"
    assert history.get_run(run.id).run.tile.name == "a\ufffdb?"


def test_an_unknown_run_is_said_to_be_unknown(history: History) -> None:
    with pytest.raises(HistoryError, match=r"no run 'nowhere'.*deleted meanwhile"):
        history.get_run("nowhere")


def test_what_was_saved_is_there_after_closing_and_opening_again(data_folder: Path) -> None:
    run = make_run()
    first = open_history(data_folder)
    save_run(first, run)
    first.close()
    second = open_history(data_folder)
    assert second.get_run(run.id).run == run
    second.close()


def test_artifacts_are_found_by_their_kind(local_history: History) -> None:
    run = make_run(artifacts=(Artifact("classes", "classes.tif", "0" * 64, 3),))
    save_run(local_history, run)
    stored = local_history.get_run(run.id)
    assert stored.path("classes") == stored.folder / "classes.tif"
    assert stored.path("classes").is_file()
    assert stored.path("figure") is None
