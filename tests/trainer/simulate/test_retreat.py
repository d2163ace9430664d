"""Glaciers lose exactly the share of their area that they are told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from trainer.simulate.retreat import retreated
from trainer.simulate.series import simulate_series

if TYPE_CHECKING:
    from trainer.simulate.ground import Ground


def ice_px(ground: Ground) -> int:
    margin = ground.margin_px
    return int(ground.ice[margin:-margin, margin:-margin].sum())


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_the_share_that_is_lost_is_the_share_asked_for(ground: Ground, share: float) -> None:
    left = ice_px(retreated(ground, share))
    assert left == pytest.approx((1 - share) * ice_px(ground), abs=2)


def test_ice_is_lost_at_the_low_end_and_never_gained(ground: Ground) -> None:
    later = retreated(ground, 0.3)
    lost = ground.ice & ~later.ice
    assert not (later.ice & ~ground.ice).any()
    assert np.median(ground.surface[lost]) < np.median(ground.surface[later.ice])
    assert (later.thickness <= ground.thickness + 1.0).all()


def test_no_loss_changes_nothing(ground: Ground) -> None:
    assert retreated(ground, 0.0) is ground


def test_a_series_keeps_its_place_and_loses_ice_every_year() -> None:
    tiles = list(simulate_series(4, 64, years=(2015, 2018, 2020), loss_per_year=0.04))
    areas = [int(np.isin(tile.truth, (1, 2)).sum()) for tile in tiles]
    assert areas[0] > areas[1] > areas[2]
    assert areas[2] == pytest.approx(0.8 * areas[0], rel=0.05)  # ponds come and go
    assert [tile.conditions.acquired_on.year for tile in tiles] == [2015, 2018, 2020]
    assert len({tile.grid for tile in tiles}) == 1
