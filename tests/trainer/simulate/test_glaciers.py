"""Ice gathers above the equilibrium line, flows down the valley and melts below it."""

import numpy as np
import pytest

from trainer.simulate.glaciers import Climate, grow_ice, ice_in_outlines, mass_balance, surface_velocity

CELL_M = 240.0


@pytest.fixture(scope="module")
def valley() -> np.ndarray:
    rows, cols = np.mgrid[:36, :24].astype(float)
    return 5600.0 - 45.0 * rows + 9.0 * (cols - 11.5) ** 2 * 0.3


def test_snow_falls_above_the_line_and_ice_melts_below() -> None:
    climate = Climate(line_m=5000.0, melt_factor=0.5)
    gain = mass_balance(np.array([5900.0, 5100.0, 5000.0, 4500.0]), climate)
    assert gain[0] == climate.snowiest_m
    assert gain[0] > gain[1] > gain[2] == 0.0 > gain[3]


def test_ice_flows_below_the_equilibrium_line_and_ends_there(valley: np.ndarray) -> None:
    ice = grow_ice(valley, CELL_M, Climate(5100.0, 0.5), years=120)
    below = (valley + ice < 5100.0) & (ice > 5)
    assert below.any()
    assert ice[-3:].max() < 1.0
    assert ice[:, 11].max() > ice[:, 3].max()  # thickest in the valley


def test_a_higher_line_leaves_less_ice(valley: np.ndarray) -> None:
    volumes = [grow_ice(valley, CELL_M, Climate(line, 1.0), years=60).sum() for line in (4900.0, 5300.0)]
    assert volumes[1] < 0.6 * volumes[0]


def test_flow_moves_ice_and_makes_none() -> None:
    rows, _ = np.mgrid[:20, :20].astype(float)
    bed = 1000.0 - 10.0 * rows
    start = np.zeros((20, 20))
    start[4:9, 8:12] = 120.0
    neither = Climate(line_m=0.0, melt_factor=0.0, snowiest_m=0.0)
    later = grow_ice(bed, CELL_M, neither, years=15, start=start)
    assert later.sum() == pytest.approx(start.sum(), rel=0.02)
    assert (later[9:] > 0.1).any()


def test_ice_moves_down_the_slope() -> None:
    rows, _ = np.mgrid[:9, :9].astype(float)
    along, down = surface_velocity(100.0 - rows, np.full((9, 9), 50.0), 10.0)
    assert (down > 0).all()
    assert np.allclose(along, 0)


def test_ice_in_outlines_is_thickest_inside_and_nowhere_else() -> None:
    inside = np.zeros((21, 21), bool)
    inside[5:16, 5:16] = True
    thickness = ice_in_outlines(inside, 30.0, np.full((21, 21), 0.1))
    assert thickness[10, 10] > thickness[5, 10] > 0
    assert not thickness[~inside].any()
