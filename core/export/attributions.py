"""The parts of a change as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.measure.attribution import Attribution

COLUMNS = (
    "before_run",
    "after_run",
    "common_before_run",  # the same tiles, mapped with the common model
    "common_after_run",
    "part",  # model, scene_and_glacier, scene and glacier where outlines tell them apart, net_change
    "area_km2",
    "low_km2",  # 95 % interval
    "high_km2",
)


def parts_csv(pair: tuple[str, str], repeated: tuple[str, str], parts: Attribution) -> str:
    """The table as CSV (RFC 4180): `pair` are the ids of the runs, `repeated` those under the common model.

    The net change is model plus scene_and_glacier, and that is scene plus glacier where these have rows.
    """
    ids = dict(zip(COLUMNS, (*pair, *repeated), strict=False))
    rest = parts.remainder
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerow(ids | {"part": "model", "area_km2": parts.model_km2})
    table.writerow(
        ids
        | {
            "part": "scene_and_glacier",
            "area_km2": rest.value_km2,
            "low_km2": rest.low_km2,
            "high_km2": rest.high_km2,
        }
    )
    if parts.scene_km2 is not None:
        table.writerow(ids | {"part": "scene", "area_km2": parts.scene_km2})
        table.writerow(ids | {"part": "glacier", "area_km2": parts.glacier_km2})
    table.writerow(ids | {"part": "net_change", "area_km2": parts.total_km2})
    return text.getvalue()
