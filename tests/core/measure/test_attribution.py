"""A change is the model's part and what is left, exactly."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ComparisonError
from core.measure.attribution import attribute
from core.measure.change import Change
from core.measure.transitions import measure_change
from tests.core.measure.surfaces import surface, utm

GRID = utm(40, 40)


def compared(before: int, after: int, rows: int = 40) -> Change:
    """The change between two glaciers of so many rows."""
    one, other = np.zeros((rows, 40), np.uint8), np.zeros((rows, 40), np.uint8)
    one[:before], other[:after] = 1, 1
    return measure_change(surface(one, utm(rows, 40)), surface(other, utm(rows, 40)))


@pytest.mark.parametrize(("own", "common"), [((30, 20), (28, 22)), ((10, 10), (12, 8)), ((20, 25), (20, 25))])
def test_the_parts_add_up_to_the_whole(own: tuple[int, int], common: tuple[int, int]) -> None:
    change, repeated = compared(*own), compared(*common)
    parts = attribute(change, repeated)
    assert parts.model_km2 + parts.remainder.value_km2 == pytest.approx(parts.total_km2)
    assert parts.remainder.value_km2 == pytest.approx(repeated.net_km2)
    row_km2 = change.seen_km2 / 40
    assert parts.model_before_km2 == pytest.approx((own[0] - common[0]) * row_km2, rel=1e-3, abs=1e-9)
    assert parts.model_after_km2 == pytest.approx((own[1] - common[1]) * row_km2, rel=1e-3, abs=1e-9)


def test_runs_of_other_ground_cannot_be_split() -> None:
    with pytest.raises(ComparisonError, match="cannot be split"):
        attribute(compared(30, 20), compared(30, 20, rows=39))
