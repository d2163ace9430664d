"""The ledger of a run as a table: one row an outline, then all of them together, then the ground outside."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.export.tables import ERROR_CELLS, error_cells, harmless
from core.models import model_spec
from core.runs import ALL_ICE, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.measure.ledger import Found, Ledger
    from core.models import ClassInfo
    from core.runs import AreaError, Run

INSIDE, OUTSIDE = "all outlines", "outside all outlines"


@dataclass(frozen=True, slots=True)
class _Beyond:
    """Growth from some ground with its error, and ice outside that is no growth."""

    growth_km2: float | None = None
    error: AreaError | None = None
    other_km2: float | None = None


def ledger_csv(ledger: Ledger, run: Run, acquired_on: str | None, site: str | None) -> str:
    """The ledger as CSV (RFC 4180). Areas are km2, shares 0..1; `id` is empty where the file had none.

    `growth_km2` lies outside all outlines and hangs together with the ice inside the row's; `other_ice_km2`
    is the rest of the ice outside. Both together are the `ice_km2` of the last row. The error of growth is
    what the probabilities leave open; it is empty where nothing has grown.
    """
    text = io.StringIO()
    rows = list(ledger_rows(ledger))
    told = {"run_id": run.id, "site": site, "acquired_on": acquired_on, "model": run.model}
    closing = {
        "threshold": run.threshold,
        "min_area_km2": run.options.min_area_km2,
        "input_sha256": run.tile.sha256,
        "weights_sha256": run.weights_sha256,
        "outlines_sha256": ledger.outlines_sha256,
    }
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*told, *rows[0], *closing])
    for row in rows:
        writer.writerow([harmless(cell) for cell in (*told.values(), *row.values(), *closing.values())])
    return text.getvalue()


def ledger_rows(ledger: Ledger) -> Iterator[dict[str, object]]:
    """One row an outline, then one for all outlines (every pixel once) and one for the ground outside."""
    for line in ledger.lines:
        day = line.source_date.isoformat() if line.source_date else None
        who: dict[str, object] = {"number": line.number, "id": line.id, "name": line.name, "source_date": day}
        beyond = _Beyond(line.growth_km2, line.growth_error)
        yield {**who, **_cells(ledger, line.found, line.outline_km2, line.coverage, beyond)}
    nobody: dict[str, object] = {"number": None, "id": None, "source_date": None}
    order = ("number", "id", "name", "source_date")
    for name, found, km2, seen, beyond in (
        (
            INSIDE,
            ledger.inside,
            ledger.outlines_km2,
            ledger.coverage,
            _Beyond(ledger.growth_km2, ledger.growth_error),
        ),
        (OUTSIDE, ledger.outside, None, None, _Beyond(other_km2=ledger.other_km2)),
    ):
        head = {**nobody, "name": name}
        yield {**{key: head[key] for key in order}, **_cells(ledger, found, km2, seen, beyond)}


def _cells(
    ledger: Ledger,
    found: Found,
    outline_km2: float | None,
    coverage: float | None,
    beyond: _Beyond,
) -> dict[str, object]:
    """What was found on one piece of ground."""
    spec = model_spec(ledger.model)
    return {
        "outline_km2": outline_km2,
        "coverage": coverage,
        **{f"{info.key}_km2": found.areas_km2[info.key] for info in (*spec.foreground, *_ground(ledger))},
        "ice_km2": found.ice_km2,
        "growth_km2": beyond.growth_km2,
        **{
            f"growth_{part}": getattr(beyond.error, part, None)
            for part in ("sigma_km2", "low_km2", "high_km2")
        },
        "other_ice_km2": beyond.other_km2,
        "debris_share": found.debris_share,
        "seen_km2": found.seen_km2,
        **_error_cells(found, ALL_ICE, "ice"),
        **{
            name: cell
            for info in spec.foreground
            for name, cell in _error_cells(found, info.key, info.key).items()
        },
    }


def _error_cells(found: Found, group: str, prefix: str) -> dict[str, object]:
    """The errors of one class, or of all ice."""
    cells = error_cells(found.errors, group).items()
    return {f"{prefix}_{column}": cell for column, cell in cells if _has(column)}


def _ground(ledger: Ledger) -> tuple[ClassInfo, ...]:
    """The classes that maps do not draw."""
    spec = model_spec(ledger.model)
    return tuple(info for info in spec.classes if info.colour is None)


def _has(column: str) -> bool:
    """Whether ledgers estimate this error: all but the spread."""
    return ERROR_CELLS[column][0] is not ErrorKind.SPREAD
