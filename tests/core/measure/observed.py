"""Made-up observations: `seen` makes one, `yearly` one a year on 1 September."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from core.checks import CloudCheck
from core.measure.observations import Method, Observation
from core.runs import ALL_ICE, ErrorKind, MapBounds, Options

METHOD = Method("binary", "a" * 64, 0.5, Options())
OTHER_WEIGHTS = Method("binary", "b" * 64, 0.5, Options())
FRAME = MapBounds(32.0, 77.0, 32.2, 77.3)
FINISHED = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = date(2026, 6, 1)


def seen(
    on: date | None, km2: float | None = 10.0, sigma: float | None = None, **changes: Any
) -> Observation:
    values: dict[str, Any] = {
        "run_id": uuid4().hex,
        "tile_name": f"tile of {on}",
        "input_sha256": uuid4().hex * 2,
        "acquired_on": on,
        "finished_at": FINISHED,
        "method": METHOD,
        "areas_km2": {} if km2 is None else {ALL_ICE: km2},
        "valid_share": 1.0,
        "bounds": FRAME,
        "clouds": CloudCheck(0, 1000),
        "sigmas_km2": {} if sigma is None else {(ALL_ICE, ErrorKind.BUFFER): sigma},
    }
    return Observation(**values | changes)


def yearly(areas_km2: Sequence[float], first: int = 2015, **changes: Any) -> list[Observation]:
    return [seen(date(first + n, 9, 1), km2, **changes) for n, km2 in enumerate(areas_km2)]
