"""Runs that were done before: whether they have the date and the site that are stated now."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from core.export.records import AREAS_FILE
from core.export.tables import harmless
from db.rows import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from core.runs import Run
    from db.history import History
    from db.records import StoredRun


def catch_up(
    history: History, stored: StoredRun, acquired_on: date | None, site: str | None, *, stated: bool
) -> Iterator[str]:
    """Give a run of the history the date and the site that it lacks; what was done and what differs.

    `acquired_on`: what the tile would be mapped with now; `stated`: by the command line. A date that was
    edited in the history is compared with a stated one alone.

    Raises:
        HistoryError: the history cannot take the change.
    """
    run = stored.run
    if site and stored.site is None:
        history.edit_run(run.id, site=site)
        yield f"The run of {run.model}, done before without a site, belongs to '{site}' now."
    elif site and stored.site and fold(site) != fold(stored.site):
        yield (
            f"The run of {run.model}, done before, stays with the site '{stored.site}', not '{site}'. "
            f"{_edit(run, 'site')}"
        )
    if acquired_on is None or acquired_on == stored.acquired_on:
        return
    if stored.acquired_on is None:
        history.edit_run(run.id, acquired_on=acquired_on)
        yield f"The run of {run.model}, done before without a date, is dated {acquired_on.isoformat()} now."
    elif stated or stored.acquired_on == run.tile.acquired_on:
        yield (
            f"The run of {run.model}, done before, stays dated {stored.acquired_on.isoformat()}, not "
            f"{acquired_on.isoformat()}. {_edit(run, 'date')}"
        )


def differences(run: Run, folder: Path, acquired_on: date | None, site: str | None) -> Iterator[str]:
    """In what a run that no history keeps differs from what is stated now."""
    again = "Add --overwrite to map it again with these."
    then = run.tile.acquired_on
    if acquired_on is not None and acquired_on != then:
        told = f"is dated {then.isoformat()}" if then else "has no date"
        yield (
            f"The result of {run.model}, done before, {told}; now it would be {acquired_on.isoformat()}. "
            f"{again}"
        )
    try:
        before = recorded_site(folder)
    except (OSError, UnicodeDecodeError, csv.Error):
        yield (
            f"The result of {run.model}, done before, has a damaged {AREAS_FILE}, which cannot be read. Add "
            "--overwrite to map it again."
        )
        return
    if site and fold(str(harmless(site))) != fold(before or ""):
        told = f"belongs to the site '{before}'" if before else "belongs to no site"
        yield f"The result of {run.model}, done before, {told}; now it would be '{site}'. {again}"


def recorded_site(folder: Path) -> str | None:
    """The site in a run's table of areas, as the cell has it; None where it is empty.

    Raises:
        OSError, UnicodeDecodeError, csv.Error: the table cannot be read.
    """
    with (folder / AREAS_FILE).open(encoding="utf-8", newline="") as table:
        first: Mapping[str, str] = next(csv.DictReader(table), {})
    return first.get("site") or None


def _edit(run: Run, what: str) -> str:
    return f"To change the {what}, edit the run in the history (id {run.id[:8]})."
