"""Which runs a list, a count or an export is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, or_

from db.rows import fold
from db.tables import RunRow, SiteRow, TileRow


@dataclass(frozen=True, slots=True)
class RunFilter:
    """What runs must match; what is None or empty does not count.

    `site` is a site's name in any case. `acquired_from` and `acquired_to` are inclusive days, and leave out
    runs without a date. `text`: every word of it occurs in the tile's name, the note or the site.
    """

    site: str | None = None
    model: str | None = None
    acquired_from: date | None = None
    acquired_to: date | None = None
    text: str = ""
    input_sha256: str | None = None


EVERYTHING = RunFilter()


def conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """SQL conditions on run joined with tile and (outer) site."""
    found: list[ColumnElement[bool]] = []
    if wanted.site:
        found.append(SiteRow.name_key == fold(wanted.site))
    if wanted.model:
        found.append(RunRow.model == wanted.model)
    if wanted.acquired_from:
        found.append(RunRow.acquired_on >= wanted.acquired_from)
    if wanted.acquired_to:
        found.append(RunRow.acquired_on <= wanted.acquired_to)
    if wanted.input_sha256:
        found.append(TileRow.sha256 == wanted.input_sha256)
    found.extend(_mentions(word) for word in fold(wanted.text).split())
    return found


def _mentions(word: str) -> ColumnElement[bool]:
    columns = (TileRow.name_key, RunRow.note_key, SiteRow.name_key)
    return or_(*(column.contains(word, autoescape=True) for column in columns))
