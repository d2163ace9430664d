"""What the literature says of the error of mapped ice, to set beside Firnline's own estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.groups import ClassGroup
    from core.models import ModelSpec
    from core.runs import ClassArea

SOURCE = "Paul et al. 2013, doi:10.3189/2013AoG63A296"
SHARES = {  # class key -> by how much analysts differ, as a share of the area
    "clean_ice": 0.05,
    "debris": 0.30,  # "up to"
    "glacier": 0.05,  # where it is clean; a debris-covered tongue takes more
}


def literature_km2(areas: Sequence[ClassArea], spec: ModelSpec, group: ClassGroup) -> float | None:
    """By how much a group's area may be off after Paul et al. (2013).

    Several classes add up, because an analyst who draws much of one may do so of the other. None where the
    literature is silent, or no area is known.
    """
    keys = {info.index: info.key for info in spec.classes}
    parts = [
        SHARES[keys[area.index]] * area.area_km2
        for area in areas
        if area.index in group.indices and keys[area.index] in SHARES and area.area_km2 is not None
    ]
    return sum(parts) if parts else None
