"""Two runs are compared on the ground that both saw, and every number comes from one matrix."""

from __future__ import annotations

from itertools import product
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.errors import Cancelled, ComparisonError
from core.measure.areas import pixel_areas_m2
from core.measure.expectations import BLOCK_PX
from core.measure.transitions import WINDOW_PX, measure_change
from core.models import BINARY, MULTICLASS
from core.types import NO_DATA, Grid, Window
from tests.core.measure.surfaces import around, disc, surface, utm

UNSEEN = NO_DATA


def random_classes(seed: int, shape: tuple[int, int], k: int, empty: float = 0.1) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, k, shape).astype(np.uint8)
    classes[rng.random(shape) < empty] = NO_DATA
    return classes


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 999),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    shift=st.tuples(st.integers(-30, 30), st.integers(-30, 30)),
)
def test_the_matrix_adds_up_to_the_ground_that_both_saw(
    seed: int, shape: tuple[int, int], shift: tuple[int, int]
) -> None:
    grid, moved = utm(40, 40), utm(*shape, east=600_000 + 30 * shift[0], north=3.6e6 - 30 * shift[1])
    one, other = random_classes(seed, (40, 40), 4), random_classes(seed + 1, shape, 4)
    laid = np.full((120, 120), NO_DATA, np.uint8)
    at = 40 + shift[1], 40 + shift[0]
    laid[at[0] : at[0] + shape[0], at[1] : at[1] + shape[1]] = other
    under = laid[40:80, 40:80]
    both = (one != NO_DATA) & (under != NO_DATA)
    pair = surface(one, grid, MULTICLASS), surface(other, moved, MULTICLASS)
    if not both.any():
        with pytest.raises(ComparisonError):
            measure_change(*pair)
        return
    change = measure_change(*pair)
    areas = np.broadcast_to(pixel_areas_m2(grid, grid.full_window), (40, 40))  # type: ignore[arg-type]
    assert not change.resampled
    assert change.seen_km2 == pytest.approx(areas[both].sum() / 1e6, rel=1e-6)
    for (i, before), (j, after) in product(enumerate(MULTICLASS.classes), repeat=2):
        found = change.transition(before.key, after.key)
        here = both & (one == i) & (under == j)
        assert found.pixels == here.sum()
        assert found.area_km2 == pytest.approx(areas[here].sum() / 1e6, rel=1e-6)
    unseen = change.unseen
    for run, only, beyond in (
        (pair[0], unseen.only_before_km2, unseen.beyond_before_km2),
        (pair[1], unseen.only_after_km2, unseen.beyond_after_km2),
    ):
        assert change.seen_km2 + only + beyond == pytest.approx(run.valid_km2, rel=1e-5)


@pytest.mark.parametrize("spec", [BINARY, MULTICLASS])
def test_a_run_compared_with_itself_changes_nothing(spec: object) -> None:
    model = MULTICLASS if spec is MULTICLASS else BINARY
    grid = around(32644, 30, 90)
    classes = random_classes(3, grid.shape, len(model.classes))
    doubts = (
        np.random.default_rng(1).dirichlet(np.ones(len(model.classes)), grid.shape).transpose(2, 0, 1)[1:]
    )
    run = surface(classes, grid, model, doubts)
    change = measure_change(run, run)
    moved = [t for t in change.transitions if t.before != t.after]
    assert sum(t.area_km2 for t in moved) == 0
    assert sum(t.expected_km2 or 0 for t in moved) == 0
    assert change.net_buffer.sigma_km2 == 0
    assert change.net_km2 == 0
    assert change.seen_km2 == pytest.approx(run.valid_km2, rel=1e-6)


def retreat(first: Grid, second: Grid) -> float:
    """Loss between a disc of 1500 m and one of 1200 m, seen on these grids."""
    one, other = disc(first, 1500).astype(np.uint8), disc(second, 1200).astype(np.uint8)
    return measure_change(surface(one, first), surface(other, second)).loss_km2


def test_areas_agree_whatever_the_grids_of_the_two_runs() -> None:
    truth = pi * (1.5**2 - 1.2**2)
    utm_44, utm_43 = around(32644, 15, 320), around(32643, 15, 300)
    degrees, mercator = around(4326, 0.00015, 300), around(3857, 17, 320)
    for first, second in product((utm_44, utm_43, degrees, mercator), repeat=2):
        assert retreat(first, second) == pytest.approx(truth, rel=0.01), (first, second)


@pytest.mark.parametrize("shift", [0.3, -0.4])
def test_a_part_of_a_pixel_between_two_grids_is_told(shift: float) -> None:
    first, second = utm(30, 30), utm(30, 30, east=600_000 + 30 * shift)
    change = measure_change(surface(np.ones((30, 30)), first), surface(np.ones((30, 30)), second))
    assert change.resampled
    assert change.offset_px == (pytest.approx(-shift), pytest.approx(0))


def test_the_finer_grid_stays_as_it_is() -> None:
    coarse, fine = utm(20, 20, step=30), utm(60, 60, step=10)
    blocks = random_classes(1, (20, 20), 2, empty=0)
    change = measure_change(surface(blocks, coarse), surface(np.kron(blocks, np.ones((3, 3))), fine))
    assert change.grid.pixel_size == (10, 10)
    assert change.reference == 1
    assert change.gain_km2 == change.loss_km2 == 0


def test_an_upside_down_grid_shows_the_same_ground() -> None:
    grid = utm(12, 9)
    classes = random_classes(5, (12, 9), 2, empty=0)
    a, _, c, _, e, f = grid.transform
    flipped = Grid(grid.crs_wkt, (a, 0.0, c, 0.0, -e, f + e * 12), 12, 9)
    change = measure_change(surface(classes, grid), surface(classes[::-1], flipped))
    assert change.gain_km2 == change.loss_km2 == 0
    assert change.seen_km2 == pytest.approx(surface(classes, grid).valid_km2)


def test_a_turned_grid_is_looked_up_pixel_by_pixel() -> None:
    grid = utm(40, 40)
    a, _, c, _, e, f = grid.transform
    quarter = Grid(grid.crs_wkt, (0.0, a, c, e, 0.0, f), 40, 40)  # rows for columns
    classes = random_classes(6, (40, 40), 2, empty=0)
    change = measure_change(surface(classes, grid), surface(classes.T, quarter))
    assert change.gain_km2 == change.loss_km2 == 0


def test_a_binary_run_and_one_of_four_classes_meet_on_glacier_or_not() -> None:
    grid = utm(1, 4)
    change = measure_change(
        surface([[1, 1, 1, 0]], grid, BINARY, np.array([[[1, 1, 1, 0]]])),
        surface([[1, 2, 3, 0]], grid, MULTICLASS, np.eye(4)[1:, [1, 2, 3, 0]][:, None]),
    )
    assert change.reduced
    assert [info.key for info in change.classes] == ["non_glacier", "glacier"]
    assert [t.pixels for t in change.transitions] == [1, 0, 1, 2]
    assert change.net_probability is not None
    assert change.net_probability.value_km2 == pytest.approx(change.net_km2)


def test_gain_and_loss_count_ice_and_stable_ice_whatever_its_surface() -> None:
    grid = utm(1, 5, north=0, east=500_000)
    change = measure_change(
        surface([[1, 1, 2, 0, 3]], grid, MULTICLASS), surface([[1, 2, 3, 1, 0]], grid, MULTICLASS)
    )
    pixel_km2 = change.seen_km2 / 5
    assert change.stable_km2 == pytest.approx(2 * pixel_km2)
    assert change.loss_km2 == pytest.approx(pixel_km2)
    assert change.gain_km2 == pytest.approx(pixel_km2)
    assert change.net_probability is None


def test_windows_and_their_borders_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = utm(70, 90)
    doubts = np.random.default_rng(2).random((2, 1, 70, 90))
    pair = (
        surface(random_classes(1, (70, 90), 2), grid, BINARY, doubts[0]),
        surface(random_classes(2, (70, 90), 2), utm(70, 90, east=600_011), BINARY, doubts[1]),
    )
    whole = measure_change(*pair)
    monkeypatch.setattr("core.measure.transitions.WINDOW_PX", 64)
    parts = measure_change(*pair)
    assert [t.pixels for t in parts.transitions] == [t.pixels for t in whole.transitions]
    for one, both in zip(parts.transitions, whole.transitions, strict=True):
        assert one.area_km2 == pytest.approx(both.area_km2)
        assert one.buffer_km2 == pytest.approx(both.buffer_km2)
        assert one.sigma_km2 == pytest.approx(both.sigma_km2)
    assert parts.net_buffer.sigma_km2 == pytest.approx(whole.net_buffer.sigma_km2)
    assert WINDOW_PX % BLOCK_PX == 0


def test_codes_reach_the_sink_in_the_order_of_the_rows() -> None:
    grid = utm(600, 600)
    one, other = np.zeros((600, 600), np.uint8), np.ones((600, 600), np.uint8)
    one[:5], other[:, :7] = NO_DATA, NO_DATA
    seen: list[Window] = []
    laid = np.zeros((600, 600), np.uint8)

    def sink(window: Window, codes: NDArray[np.uint8]) -> None:
        seen.append(window)
        laid[window.slices] = codes

    measure_change(surface(one, grid), surface(other, grid), sink=sink)
    assert [(w.row, w.col) for w in seen] == [(0, 0), (0, 512), (512, 0), (512, 512)]
    assert (laid[5:, 7:] == 1).all()
    assert (laid[:5, :7] == 255).all()
    assert (laid[5:, :7] == 253).all()
    assert (laid[:5, 7:] == 254).all()


def test_half_a_pixel_along_a_straight_line_is_its_length_times_half_a_pixel() -> None:
    grid = utm(200, 200, north=0, east=500_000)
    one, other = np.zeros((200, 200), np.uint8), np.zeros((200, 200), np.uint8)
    one[:, :100], other[:, :90] = 1, 1
    change = measure_change(surface(one, grid), surface(other, grid))
    line_km2 = 200 * 0.03 * 0.015
    assert change.net_buffer.sigma_km2 == pytest.approx(2 * line_km2, rel=1e-2)
    assert change.transition("glacier", "non_glacier").buffer_km2 == pytest.approx(2 * line_km2, rel=1e-2)
    assert change.interval.low_km2 < change.net_km2 < change.interval.high_km2 < 0
    assert change.significant


def test_an_outline_that_stayed_adds_no_error_to_the_change() -> None:
    grid = utm(60, 60)
    one = np.zeros((60, 60), np.uint8)
    one[10:50, 10:50] = 1
    other = one.copy()
    other[10:12, 10:12] = 0
    change = measure_change(surface(one, grid), surface(other, grid))
    small = measure_change(surface(one[:20, :20], utm(20, 20)), surface(other[:20, :20], utm(20, 20)))
    assert change.net_buffer.sigma_km2 == pytest.approx(small.net_buffer.sigma_km2, rel=1e-3)


def test_the_expected_change_follows_the_probabilities() -> None:
    grid = utm(8, 8, north=0, east=500_000)
    one, other = np.full((1, 8, 8), 0.9), np.full((1, 8, 8), 0.6)
    change = measure_change(
        surface(np.ones((8, 8)), grid, BINARY, one), surface(np.ones((8, 8)), grid, BINARY, other)
    )
    loss = change.transition("glacier", "non_glacier")
    assert change.net_probability is not None
    assert change.net_probability.value_km2 == pytest.approx(-0.3 * change.seen_km2)
    assert loss.expected_km2 == pytest.approx(0.3 * change.seen_km2)
    assert loss.unrelated_km2 == pytest.approx(0.9 * 0.4 * change.seen_km2)
    # one block: all of it or nothing, with these chances
    assert loss.sigma_km2 == pytest.approx((0.3 * 0.7) ** 0.5 * change.seen_km2)
    spread = (0.9 * 0.1 + 0.6 * 0.4) ** 0.5
    assert change.net_probability.sigma_km2 == pytest.approx(spread * change.seen_km2)


def test_runs_on_different_ground_are_told_apart() -> None:
    near, far = utm(5, 5), utm(5, 5, east=700_000)
    for second in (
        far,
        utm(5, 5, zone=32719),
        around(3857, 30, 5, centre=(-70, -30)),
        around(4326, 0.01, 5, centre=(-100, -80)),
    ):
        with pytest.raises(ComparisonError, match=r"do not overlap|no ground in common"):
            measure_change(surface(np.ones((5, 5)), near), surface(np.ones((5, 5)), second))


def test_runs_that_saw_different_parts_of_the_same_ground_have_nothing_to_compare() -> None:
    grid = utm(1, 2)
    with pytest.raises(ComparisonError, match="no ground in common"):
        measure_change(surface([[1, UNSEEN]], grid), surface([[UNSEEN, 1]], grid))


def test_a_run_without_georeference_cannot_be_compared() -> None:
    lost = Grid(None, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 5, 5)
    with pytest.raises(ComparisonError, match=r"no coordinate reference system.*Georeference"):
        measure_change(surface(np.ones((5, 5)), utm(5, 5)), surface(np.ones((5, 5)), lost))


def test_a_comparison_can_be_stopped() -> None:
    grid = utm(1100, 600)
    run = surface(np.ones((1100, 600)), grid)

    def stop(_fraction: float) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        measure_change(run, run, stop)


def test_progress_grows_to_one() -> None:
    grid = utm(1100, 1100)
    run = surface(np.ones((1100, 1100)), grid)
    told: list[float] = []
    measure_change(run, run, told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
