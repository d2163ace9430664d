"""Water finds its way out of every landscape."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.simulate.drainage import route


def border(side: int) -> np.ndarray:
    outlets = np.ones((side, side), bool)
    outlets[1:-1, 1:-1] = False
    return outlets


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), side=st.integers(3, 14))
def test_every_cell_drains_downhill_to_an_outlet(seed: int, side: int) -> None:
    heights = np.random.default_rng(seed).uniform(0, 100, (side, side))
    outlets = border(side)
    flow = route(heights, outlets)
    cell = np.arange(side * side)
    filled = flow.filled.ravel()
    inland = ~outlets.ravel()
    assert (filled[flow.receivers[inland]] < filled[inland]).all()
    for _ in range(side * side):
        cell = flow.receivers[cell]
    assert outlets.ravel()[cell].all()


def test_all_the_land_leaves_through_the_outlets() -> None:
    heights = np.random.default_rng(3).uniform(0, 100, (12, 12))
    outlets = np.zeros((12, 12), bool)
    outlets[0, 4] = outlets[11, 7] = True
    flow = route(heights, outlets)
    assert flow.area[outlets.ravel()].sum() == 144


def test_a_hollow_is_filled_to_its_lowest_rim_and_no_further() -> None:
    heights = np.full((5, 5), 10.0)
    heights[2, 2] = 0.0
    heights[0, 2] = heights[1, 2] = 5.0  # the way out
    flow = route(heights, border(5))
    assert 5.0 < flow.filled[2, 2] < 5.2
    assert flow.filled[3, 3] == 10.0 or flow.filled[3, 3] < 10.2
