"""What the user says about runs and sites can be changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from core.errors import HistoryError
from core.runs import utc_now
from db.filters import RunFilter
from db.history import History
from tests.db.runs import make_run, save_run


def test_an_edit_changes_what_it_names_and_leaves_the_rest(history: History) -> None:
    run = make_run()
    save_run(history, run, site="Lahaul", note="first")
    record = history.edit_run(run.id, note="second")
    assert (record.site, record.note, record.acquired_on) == ("Lahaul", "second", run.tile.acquired_on)
    record = history.edit_run(run.id, site="Zanskar", acquired_on=date(2019, 8, 7))
    assert (record.site, record.note, record.acquired_on) == ("Zanskar", "second", date(2019, 8, 7))
    stored = history.get_run(run.id)
    assert (stored.site, stored.note, stored.acquired_on) == ("Zanskar", "second", date(2019, 8, 7))
    assert history.list_runs() == (record,)


def test_an_edit_never_touches_what_was_computed(history: History) -> None:
    run = make_run()
    save_run(history, run)
    history.edit_run(run.id, site="x", note="y", acquired_on=None)
    assert history.get_run(run.id).run == run


def test_site_and_date_can_be_cleared(history: History) -> None:
    run = make_run()
    save_run(history, run, site="Lahaul")
    record = history.edit_run(run.id, site=None, acquired_on=None)
    assert (record.site, record.acquired_on) == (None, None)


def test_an_edited_note_is_found_by_its_new_words(history: History) -> None:
    run = make_run()
    save_run(history, run, note="cloudy")
    history.edit_run(run.id, note="Clear")
    assert history.count_runs(RunFilter(text="clear")) == 1
    assert history.count_runs(RunFilter(text="cloudy")) == 0


def test_editing_a_deleted_run_is_refused_in_words(history: History) -> None:
    run = make_run()
    save_run(history, run)
    history.delete_runs([run.id])
    with pytest.raises(HistoryError, match="may have been deleted meanwhile"):
        history.edit_run(run.id, note="too late")


def test_edits_and_a_deletion_at_once_end_in_a_sentence_or_in_success(history: History) -> None:
    run = make_run()
    save_run(history, run)

    def edit(number: int) -> str:
        if number == 10:
            history.delete_runs([run.id])
        try:
            history.edit_run(run.id, note=str(number), site=f"site {number % 3}")
        except HistoryError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = set(pool.map(edit, range(20)))
    assert all("deleted meanwhile" in sentence for sentence in said if sentence)
    assert history.count_runs() == 0


def test_a_date_in_the_future_is_refused(history: History) -> None:
    run = make_run()
    save_run(history, run)
    with pytest.raises(HistoryError, match="in the future"):
        history.edit_run(run.id, acquired_on=utc_now().date() + timedelta(days=5))
    assert history.get_run(run.id).acquired_on == run.tile.acquired_on


def test_a_site_is_renamed_for_all_its_runs(history: History) -> None:
    for _ in range(2):
        save_run(history, make_run(), site="Lahual")
    history.rename_site("lahual", "  Lahaul ")
    assert [(site.name, site.runs) for site in history.sites()] == [("Lahaul", 2)]
    history.rename_site("Lahaul", "LAHAUL")  # another case of its own name is free
    assert history.list_runs()[0].site == "LAHAUL"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_site_is_not_renamed_to_nothing_or_to_a_novel(history: History, name: str) -> None:
    save_run(history, make_run(), site="Lahaul")
    with pytest.raises(HistoryError, match=r"is empty|characters"):
        history.rename_site("Lahaul", name)
    assert history.sites()[0].name == "Lahaul"


def test_two_sites_become_one_only_when_asked(history: History) -> None:
    save_run(history, make_run(), site="Lahaul")
    save_run(history, make_run(), site="Lahul")
    history.edit_site_note("Lahul", "typed wrong")
    with pytest.raises(HistoryError, match="There is a site 'Lahaul' already"):
        history.rename_site("Lahul", "LAHAUL")
    history.rename_site("Lahul", "LAHAUL", merge=True)
    assert [(site.name, site.runs, site.note) for site in history.sites()] == [("Lahaul", 2, "typed wrong")]


def test_a_site_is_there_before_its_first_run(history: History) -> None:
    history.create_site("  Drang   Drung ", "GPS in 2019")
    assert [(site.name, site.note, site.runs) for site in history.sites()] == [
        ("Drang Drung", "GPS in 2019", 0)
    ]
    save_run(history, make_run(), site="drang drung")
    assert [(site.name, site.runs) for site in history.sites()] == [("Drang Drung", 1)]


@pytest.mark.parametrize(
    ("name", "words"), [("", "no name yet"), ("x" * 201, "characters"), ("LAHAUL", "'Lahaul' already")]
)
def test_a_site_is_not_made_without_a_name_of_its_own(history: History, name: str, words: str) -> None:
    history.create_site("Lahaul")
    with pytest.raises(HistoryError, match=words):
        history.create_site(name)
    assert [site.name for site in history.sites()] == ["Lahaul"]


def test_of_two_that_make_a_site_at_once_one_is_told_so(history: History) -> None:
    def create(_number: int) -> str:
        try:
            history.create_site("Lahaul")
        except HistoryError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(create, range(4)))
    assert said[0] == ""
    assert all("already" in sentence for sentence in said[1:])
    assert len(history.sites()) == 1


def test_a_deleted_site_leaves_its_runs(history: History) -> None:
    run = make_run()
    save_run(history, run, site="Lahaul")
    history.delete_site("Lahaul")
    assert history.sites() == ()
    assert history.get_run(run.id).site is None


def test_an_unknown_site_is_said_to_be_unknown(history: History) -> None:
    for act in (history.delete_site, lambda name: history.rename_site(name, "x")):
        with pytest.raises(HistoryError, match="no site 'nowhere'"):
            act("nowhere")
