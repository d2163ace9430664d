"""Findings of a report's runs that its reader must know: each once, with the dates that it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.present.quantities import format_date
from core.types import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from core.measure.observations import Observation

SIMULATED = "simulated"  # the only note that changes what an area is of
MOST_DATES = 12  # named with a finding


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """One finding, and on which of the dates that count it stands."""

    message: str
    dates: str


def told_findings(runs: Sequence[Observation]) -> tuple[ToldFinding, ...]:
    """Warnings and errors of the runs, and that tiles are simulated: each sentence once, notes first.

    A sentence that begins with the tile's name is told of "the tile", so that it is one for all dates.
    """
    told: dict[tuple[bool, str], list[date | None]] = {}
    for each in runs:
        for finding in each.findings:
            note = finding.severity is Severity.NOTE
            if note and finding.code != SIMULATED:
                continue
            message = finding.message
            if message.startswith(f"{each.tile_name} "):
                message = f"The tile{message.removeprefix(each.tile_name)}"
            told.setdefault((not note, message), []).append(each.acquired_on)
    return tuple(
        ToldFinding(message, _dates_words(days, len(runs)))
        for (_, message), days in sorted(told.items(), key=lambda item: item[0][0])
    )


def _dates_words(days: list[date | None], count: int) -> str:
    if len(days) == count > 1:
        return f"all {count} runs that count"
    shown = ", ".join(format_date(day) for day in days[:MOST_DATES])
    return shown + (f" and {len(days) - MOST_DATES} more" if len(days) > MOST_DATES else "")
