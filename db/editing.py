"""Editing what the user says about runs and sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.errors import HistoryError
from core.runs import utc_now
from db.engine import Database
from db.outlines import inherit_outlines
from db.queries import find_record, missing_run
from db.records import RunRecord
from db.rows import clean, fold
from db.sites import find_site, site_id, tidy_name
from db.tables import RunRow, SiteRow


class Unchanged(Enum):
    """Stands for a field that an edit leaves as it is."""

    UNCHANGED = "unchanged"


UNCHANGED: Literal[Unchanged.UNCHANGED] = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class Changes:
    """New values of a run's editable fields; None clears site or date."""

    site: str | Unchanged | None = UNCHANGED
    note: str | Unchanged = UNCHANGED
    acquired_on: date | Unchanged | None = UNCHANGED


def edit_run(database: Database, run_id: str, changes: Changes) -> RunRecord:
    """Change what the user says about a run.

    Raises:
        HistoryError: the history has no such run, or a value cannot be right.
    """
    with database.write() as session:
        row = session.get(RunRow, run_id, with_for_update=True)
        if row is None:
            raise missing_run(run_id)
        if not isinstance(changes.site, Unchanged):
            row.site_id = site_id(session, changes.site)
        if not isinstance(changes.note, Unchanged):
            row.note, row.note_key = clean(changes.note), fold(clean(changes.note))
        if not isinstance(changes.acquired_on, Unchanged):
            row.acquired_on = _past(changes.acquired_on)
        session.flush()
        return find_record(session, run_id, database.location)


def create_site(database: Database, name: str, note: str) -> None:
    """Make a site before any run belongs to it.

    Raises:
        HistoryError: the name is empty, too long, or that of another site.
    """
    shown = tidy_name(name)
    if not shown:
        raise HistoryError("The site has no name yet. Type one: a glacier or a basin, for instance.")
    with database.write() as session:
        present = session.scalar(select(SiteRow.name).where(SiteRow.name_key == fold(shown)))
        if present is not None:
            raise _taken(present)
        try:
            with session.begin_nested():
                session.add(SiteRow(name=shown, name_key=fold(shown), note=clean(note), created_at=utc_now()))
        except IntegrityError as error:  # another process was first
            raise _taken(shown) from error


def _taken(name: str) -> HistoryError:
    return HistoryError(f"There is a site '{name}' already. Choose it, or type another name.")


def rename_site(database: Database, name: str, new_name: str, merge: bool) -> None:
    """Give a site another name; `merge` moves its runs when another site has that name already.

    That site's outlines stay; where it has none it takes over those of the merged one.

    Raises:
        HistoryError: there is no such site, the new name is empty, too long, or taken and `merge` is off.
    """
    shown = tidy_name(new_name)
    if not shown:
        raise HistoryError(f"The new name of '{name}' is empty. Type a name, or delete the site.")
    with database.write() as session:
        site = find_site(session, name)
        taken = session.scalar(select(SiteRow).where(SiteRow.name_key == fold(shown), SiteRow.id != site.id))
        if taken is None:
            site.name, site.name_key = shown, fold(shown)
            return
        if not merge:
            raise HistoryError(
                f"There is a site '{taken.name}' already. Choose another name, or merge '{site.name}' "
                "into it."
            )
        session.execute(update(RunRow).where(RunRow.site_id == site.id).values(site_id=taken.id))
        inherit_outlines(session, heir=taken, giver=site)
        taken.note = "\n".join(filter(None, (taken.note, site.note)))
        session.delete(site)


def edit_site_note(database: Database, name: str, note: str) -> None:
    """Change a site's note.

    Raises:
        HistoryError: there is no such site.
    """
    with database.write() as session:
        find_site(session, name).note = clean(note)


def delete_site(database: Database, name: str) -> None:
    """Delete a site; its runs stay, without a site.

    Raises:
        HistoryError: there is no such site.
    """
    with database.write() as session:
        site = find_site(session, name)
        session.execute(update(RunRow).where(RunRow.site_id == site.id).values(site_id=None))
        session.delete(site)


def _past(day: date | None) -> date | None:
    tomorrow = utc_now().date() + timedelta(days=1)  # it is tomorrow already east of Greenwich
    if day is not None and day > tomorrow:
        raise HistoryError(
            f"The acquisition date {day.isoformat()} lies in the future. Enter the day of the image."
        )
    return day
