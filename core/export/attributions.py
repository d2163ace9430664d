"""The parts of a change as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from core.runs import NORMAL_95

if TYPE_CHECKING:
    from core.measure.attribution import Attribution
    from core.measure.change import Estimate
    from core.measure.scene import ScenePart

COLUMNS = (
    "before_run",
    "after_run",
    "common_before_run",  # the same tiles, mapped with the common model
    "common_after_run",
    # model, scene_and_glacier, scene and glacier where outlines tell them apart, net_change; where the tiles
    # have other pixels, bands or sensors: model, all_but_model, scene and rest, net_change
    "part",
    "area_km2",
    "low_km2",  # 95 % interval
    "high_km2",
)


def parts_csv(pair: tuple[str, str], repeated: tuple[str, str], parts: Attribution) -> str:
    """The table as CSV (RFC 4180): `pair` are the ids of the runs, `repeated` those under the common model.

    The net change is model plus scene_and_glacier, and that is scene plus glacier where these have rows. The
    interval of the glacier is as wide as that of both. Where the model saw the tiles otherwise, its reaction
    is in the parts, too: they are called all_but_model, scene and rest, and none the glacier's.
    """
    both, left = ("all_but_model", "rest") if parts.inputs else ("scene_and_glacier", "glacier")
    ids = dict(zip(COLUMNS, (*pair, *repeated), strict=False))
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerow(ids | {"part": "model", "area_km2": parts.model_km2})
    table.writerow(ids | _cells(both, parts.remainder))
    if parts.scene is not None and parts.glacier is not None:
        table.writerow(ids | _cells("scene", parts.scene))
        table.writerow(ids | _cells(left, parts.glacier))
    table.writerow(ids | {"part": "net_change", "area_km2": parts.total_km2})
    return text.getvalue()


def _cells(part: str, found: Estimate | ScenePart) -> dict[str, object]:
    """A part with its interval, where it has one."""
    cells: dict[str, object] = {"part": part, "area_km2": found.value_km2}
    if found.sigma_km2 is not None:
        reach = NORMAL_95 * found.sigma_km2
        cells |= {"low_km2": found.value_km2 - reach, "high_km2": found.value_km2 + reach}
    return cells
