"""A site keeps its outlines as they were handed in."""

from __future__ import annotations

from datetime import date

import pytest
import shapely

from core.errors import HistoryError
from core.outlines.outline import OutlineSet
from core.types import Finding, Severity
from db.history import History
from tests.core.outlines.shapes import in_degrees, outline, outlines
from tests.db.runs import make_run, save_run

SQUARE, OTHER = in_degrees((2, 2, 9, 9)), in_degrees((1, 1, 20, 20), (30, 30, 33, 33))


def full_set() -> OutlineSet:
    """Outlines with everything that one can have."""
    first = outline(
        3,
        SQUARE,
        id="RGI60-14.1",
        name="Drang Drung",
        source="rgi6",
        source_date=date(2002, 8, 2),
        attributes={"Zmin": 4100, "Area": 66.5, "Name": "Drang Drung", "Surging": None},
    )
    finding = Finding(Severity.NOTE, "repaired", "One outline was repaired.")
    return OutlineSet((first, outline(7, OTHER)), "rgi.zip", (finding,))


def with_site(history: History, site: str = "Zanskar") -> str:
    run = make_run()
    save_run(history, run, site=site)
    return run.id


def test_outlines_come_back_as_they_were(history: History) -> None:
    with_site(history)
    given = full_set()
    history.set_outlines("zanskar", given)
    found = history.outlines("ZANSKAR")
    assert found is not None
    assert (found.origin, found.findings, found.sha256) == ("rgi.zip", given.findings, given.sha256)
    for ours, theirs in zip(found.outlines, given.outlines, strict=True):
        assert shapely.equals_exact(ours.geometry, theirs.geometry)
        same = ("number", "id", "name", "source", "source_date", "attributes")
        assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]


def test_an_outline_without_id_is_given_none(history: History) -> None:
    with_site(history)
    history.set_outlines("Zanskar", outlines(SQUARE))
    found = history.outlines("Zanskar")
    assert found is not None
    assert (found.outlines[0].id, found.outlines[0].label) == (None, "No. 1")


def test_new_outlines_stand_instead_of_the_old(history: History) -> None:
    with_site(history)
    history.set_outlines("Zanskar", full_set())
    history.set_outlines("Zanskar", outlines(SQUARE))
    found = history.outlines("Zanskar")
    assert found is not None
    assert (len(found), history.sites()[0].outlines) == (1, 1)
    history.remove_outlines("Zanskar")
    assert history.outlines("Zanskar") is None
    assert history.sites()[0].outlines == 0


def test_a_site_without_outlines_has_none(history: History) -> None:
    with_site(history)
    assert history.outlines("Zanskar") is None
    assert history.outlines("no such site") is None
    with pytest.raises(HistoryError, match="no site 'elsewhere'"):
        history.set_outlines("elsewhere", full_set())


def test_a_renamed_site_keeps_its_outlines(history: History) -> None:
    with_site(history)
    history.set_outlines("Zanskar", full_set())
    history.rename_site("Zanskar", "Drang Drung")
    found = history.outlines("Drang Drung")
    assert found is not None
    assert len(found) == 2


def test_a_merged_site_takes_over_outlines_only_where_it_has_none(history: History) -> None:
    for site in ("a", "b", "c"):
        with_site(history, site)
    history.set_outlines("a", full_set())
    history.rename_site("a", "b", merge=True)
    inherited = history.outlines("b")
    assert inherited is not None
    assert inherited.sha256 == full_set().sha256
    history.set_outlines("c", outlines(SQUARE))
    history.rename_site("b", "c", merge=True)
    kept = history.outlines("c")
    assert kept is not None
    assert len(kept) == 1
    assert [(site.name, site.runs, site.outlines) for site in history.sites()] == [("c", 3, 1)]


def test_a_deleted_site_leaves_no_outline(history: History) -> None:
    with_site(history)
    history.set_outlines("Zanskar", full_set())
    history.delete_site("Zanskar")
    with history._database.engine.connect() as connection:
        for table in ("outline_set", "outline"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0  # noqa: S608


def test_text_that_no_database_holds_is_made_harmless(history: History) -> None:
    with_site(history)
    odd = outline(1, SQUARE, id="a\0b", name="\ud800", attributes={"x": float("nan"), "y": "z\0"})
    history.set_outlines("Zanskar", OutlineSet((odd,), "\0.geojson"))
    found = history.outlines("Zanskar")
    assert found is not None
    assert found.outlines[0].attributes == {"x": None, "y": "z\N{REPLACEMENT CHARACTER}"}
    with history._database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT sha256 FROM outline_set").scalar()
    assert kept == found.sha256
