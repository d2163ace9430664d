"""Sites: named places, one of each name whatever its case."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import HistoryError
from core.runs import utc_now
from db.rows import clean, fold
from db.tables import SiteRow

LONGEST_NAME = 200  # characters; longer ones fit neither a list nor a database's index


def site_id(session: Session, name: str | None) -> str | None:
    """The id of the site with this name, created when it is new; None for no name.

    Raises:
        HistoryError: the name is too long.
    """
    shown = tidy_name(name)
    if not shown:
        return None
    # Held on a server until the run is in, so that nobody deletes the site in between.
    known = (
        select(SiteRow.id).where(SiteRow.name_key == fold(shown)).with_for_update(read=True, key_share=True)
    )
    found = session.scalar(known)
    if found is not None:
        return found
    row = SiteRow(name=shown, name_key=fold(shown), created_at=utc_now())
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was first
        return session.scalars(known).one()
    return row.id


def tidy_name(name: str | None) -> str:
    """A site's name without blanks around or doubled within; empty for none.

    Raises:
        HistoryError: the name is too long.
    """
    shown = " ".join(clean(name or "").split())
    if len(shown) > LONGEST_NAME:
        raise HistoryError(
            f"The site's name has {len(shown)} characters; {LONGEST_NAME} is the most. Shorten it and put "
            "the rest into the note."
        )
    return shown


def find_site(session: Session, name: str) -> SiteRow:
    """The site with this name, in any case, locked for the transaction.

    Raises:
        HistoryError: there is no such site.
    """
    site = session.scalar(select(SiteRow).where(SiteRow.name_key == fold(name)).with_for_update())
    if site is None:
        raise HistoryError(
            f"There is no site '{name}'; it may have been renamed or deleted. Reload the history."
        )
    return site
