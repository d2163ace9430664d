"""The fields of outlines: ids, names and dates as inventories call them, carried over, never invented."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from core.outlines.outline import Attribute, OutlineSet, OutlineSource
from core.runs import utc_now
from core.types import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

IDS: tuple[
    tuple[str, OutlineSource], ...
] = (  # a field's name -> whose it is; the first that is there counts
    ("rgi_id", "rgi7"),
    ("RGIId", "rgi6"),
    ("glac_id", "glims"),
    ("glims_id", "glims"),
    ("GLIMSId", "glims"),
    ("glacier_id", "file"),
    ("id", "file"),
)
FILE: OutlineSource = "file"
NAMES = ("glac_name", "Name", "glacier_name", "name")
DATES = ("src_date", "BgnDate", "date")
MOST_ATTRIBUTES, LONGEST_TEXT = 60, 500
_DIGITS = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


@dataclass(frozen=True, slots=True)
class RowFacts:
    """What the fields say of one outline."""

    id: str | None
    name: str | None
    source_date: date | None
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the fields say of all outlines. `future`: dates that lie in the future and were left out."""

    source: OutlineSource
    rows: tuple[RowFacts, ...]
    future: int

    def findings(self, outlines: OutlineSet) -> Iterator[Finding]:
        """What the user should know of ids, dates and shapes before the outlines are saved."""
        ids = Counter(row.id for row in self.rows if row.id is not None)
        twice = [key for key, count in ids.items() if count > 1]
        if twice:
            text = (
                f"{len(twice):,} id{'s occur' if len(twice) > 1 else ' occurs'} more than once, such as "
                f"{twice[0]}. Each outline gets a line of its own; remove those that are not meant."
            )
            yield Finding(Severity.WARNING, "duplicate-ids", text)
        shapes = Counter(shapely.to_wkb(shapely.normalize(outlines.geometries)))
        same = sum(count - 1 for count in shapes.values())
        if same:
            text = (
                f"{same:,} outline{'s repeat' if same > 1 else ' repeats'} the shape of another. Together "
                "they count once; remove the repeated ones if they are not meant."
            )
            yield Finding(Severity.WARNING, "duplicate-shapes", text)
        without = sum(row.id is None for row in self.rows)
        if without:
            text = (
                f"{without:,} outline{'s have' if without > 1 else ' has'} no id in the file; "
                "a line without id is told by its number in the file."
            )
            yield Finding(Severity.NOTE, "no-ids", text)
        if self.future:
            text = (
                f"{self.future:,} outline{'s are' if self.future > 1 else ' is'} dated in the future; these "
                "dates were left out. Correct them in the file."
            )
            yield Finding(Severity.WARNING, "future-dates", text)


def describe(fields: dict[str, NDArray[Any]], rows: NDArray[np.intp]) -> FileFacts:
    """Ids, names, dates and the other fields of the outlines in these rows of a file."""
    id_field, source = next(((name, of) for name, of in IDS if name in fields), (None, FILE))
    name_field = next((name for name in NAMES if name in fields), None)
    date_field = next((name for name in DATES if name in fields), None)
    today, future, facts = utc_now().date(), 0, []
    kept = list(fields)[:MOST_ATTRIBUTES]
    for row in rows:
        day = _day(fields[date_field][row]) if date_field else None
        if day is not None and day > today:
            day, future = None, future + 1
        facts.append(
            RowFacts(
                _text(fields[id_field][row]) if id_field else None,
                _text(fields[name_field][row]) if name_field else None,
                day,
                {name: _plain(fields[name][row]) for name in kept},
            )
        )
    return FileFacts(source, tuple(facts), future)


def _text(value: object) -> str | None:
    """A text that says something, or None. Numbers count as ids, too."""
    plain = _plain(value)
    if plain is None:
        return None
    shown = str(int(plain) if isinstance(plain, float) and plain.is_integer() else plain).strip()
    return shown[:LONGEST_TEXT] or None


def _day(value: object) -> date | None:
    """A day as inventories write it: 20020802, 2002-08-02T00:00:00; 99 is an unknown part."""
    found = _DIGITS.match(str(_plain(value) or ""))
    if not found:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None  # a year alone is no day


def _plain(value: object) -> Attribute:
    """A value as Python has it; what is missing is None."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, bool | int | float):
        return value
    return None if value is None else str(value)[:LONGEST_TEXT]
