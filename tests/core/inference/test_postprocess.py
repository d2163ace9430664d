from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from core.inference.postprocess import Removal, find_small_components, plan_strips
from core.models import BINARY, MULTICLASS, ModelSpec
from core.types import Window

Classes = NDArray[np.uint8]


def cleaned(
    classes: Classes,
    min_px: float,
    spec: ModelSpec = MULTICLASS,
    strip_px: int = 256,
    areas: NDArray[np.float64] | None = None,
) -> tuple[Classes, Removal]:
    """The map after removal, with pixels of 1 m2 unless `areas` says otherwise."""
    pixel_areas = np.ones(classes.shape) if areas is None else areas
    strips = list(plan_strips(classes.shape, strip_px))

    def read(window: Window) -> Classes:
        return classes[window.slices].copy()

    removal = find_small_components(
        read, strips, spec, areas_m2=lambda w: pixel_areas[w.slices], min_area_m2=min_px
    )
    return np.concatenate([removal.apply(strip, read(strip)) for strip in strips]), removal


def near(pixel: tuple[int, int], shape: tuple[int, int], corners: bool) -> list[tuple[int, int]]:
    """The pixels around one, four or eight of them, that lie on the map."""
    row, col = pixel
    steps = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1) if (r or c) and (corners or not (r and c))]
    around = [(row + r, col + c) for r, c in steps]
    return [(r, c) for r, c in around if 0 <= r < shape[0] and 0 <= c < shape[1]]


def flood(classes: Classes, spec: ModelSpec) -> list[list[tuple[int, int]]]:
    """The pixels of every component."""
    foreground = {info.index for info in spec.foreground}
    seen: set[tuple[int, int]] = set()
    components = []
    for start in np.ndindex(*classes.shape):
        if classes[start] in foreground and start not in seen:
            found = [start]
            seen.add(start)
            for pixel in found:
                for other in near(pixel, classes.shape, corners=True):
                    if other not in seen and classes[other] == classes[start]:
                        seen.add(other)
                        found.append(other)
            components.append(found)
    return components


def reference(classes: Classes, min_area: float, spec: ModelSpec, areas: NDArray[np.float64]) -> Classes:
    """The same by plain loops over the whole map: flood fill, then waves of votes."""
    waiting = [c for c in flood(classes, spec) if sum(areas[p] for p in c) < min_area]
    result = classes.copy()
    while True:
        unsettled = {pixel for component in waiting for pixel in component}
        chosen = []
        for component in waiting:
            votes = [0] * len(spec.classes)
            for pixel in component:
                for other in near(pixel, classes.shape, corners=False):
                    if classes[other] != 255 and other not in unsettled:
                        votes[result[other]] += 1
            if any(votes):
                chosen.append((component, votes.index(max(votes))))
        if not chosen:
            return result
        for component, index in chosen:
            waiting.remove(component)
            for pixel in component:
                result[pixel] = index


shapes = st.tuples(st.integers(1, 14), st.integers(1, 14))
maps = shapes.flatmap(lambda s: arrays(np.uint8, s, elements=st.sampled_from([0, 1, 2, 3, 255])))


@settings(deadline=None, max_examples=150)
@given(classes=maps, limit=st.integers(0, 12), strip_px=st.integers(1, 14), uneven=st.booleans())
def test_strips_of_any_height_give_what_plain_loops_over_the_whole_map_give(
    classes: Classes, limit: int, strip_px: int, uneven: bool
) -> None:
    areas = np.ones(classes.shape) + (np.arange(classes.shape[0])[:, None] % 3 if uneven else 0)
    result, removal = cleaned(classes, limit, strip_px=strip_px, areas=areas)
    np.testing.assert_array_equal(result, reference(classes, limit, MULTICLASS, areas))
    gone = [int(((classes == index) & (result != index)).sum()) for index in range(4)]
    assert removal.removed_px == tuple(gone)


@settings(deadline=None, max_examples=50)
@given(classes=maps, limit=st.integers(1, 12))
def test_a_second_removal_finds_nothing_more(classes: Classes, limit: int) -> None:
    once, _ = cleaned(classes, limit)
    twice, removal = cleaned(once, limit)
    np.testing.assert_array_equal(twice, once)
    assert removal.removed_px == (0, 0, 0, 0)


@settings(deadline=None, max_examples=50)
@given(classes=maps, limit=st.integers(0, 12))
def test_no_data_and_background_stay(classes: Classes, limit: int) -> None:
    result, _ = cleaned(classes, limit)
    np.testing.assert_array_equal(result == 255, classes == 255)
    assert (result[classes == 0] == 0).all()


def test_a_component_cut_by_strips_is_one() -> None:
    classes = np.zeros((9, 7), np.uint8)
    classes[1:8, 3] = 1
    result, removal = cleaned(classes, 7, BINARY, strip_px=3)
    np.testing.assert_array_equal(result, classes)
    assert removal.removed_px == (0, 0)


def test_corners_connect_across_strips() -> None:
    classes = np.eye(8, dtype=np.uint8)
    assert (cleaned(classes, 8, BINARY, strip_px=2)[0] == classes).all()
    assert (cleaned(classes[::-1], 8, BINARY, strip_px=2)[0] == classes[::-1]).all()
    assert (cleaned(classes, 9, BINARY, strip_px=2)[0] == 0).all()


def test_a_pond_on_debris_becomes_debris() -> None:
    classes = np.full((9, 9), 2, np.uint8)
    classes[4, 4:6] = 3
    assert (cleaned(classes, 3)[0] == 2).all()


def test_a_tie_goes_to_the_lower_index() -> None:
    classes = np.array([[1, 3, 2]], np.uint8).repeat(5, axis=0)
    classes[:, 1] = [255, 255, 3, 255, 255]
    assert cleaned(classes, 2)[0][2, 1] == 1


def test_small_neighbours_do_not_vote() -> None:
    # Debris round a pond, both too small, on ice: neither may take the other's class.
    classes = np.ones((9, 9), np.uint8)
    classes[3:6, 3:6] = 2
    classes[4, 4] = 3
    result, removal = cleaned(classes, 20)
    assert (result == 1).all()
    assert removal.removed_px == (0, 0, 8, 1)


def test_a_patch_amid_no_data_stays() -> None:
    classes = np.full((5, 5), 255, np.uint8)
    classes[2, 2] = 1
    np.testing.assert_array_equal(cleaned(classes, 10)[0], classes)


def test_the_limit_itself_is_large_enough() -> None:
    classes = np.zeros((5, 5), np.uint8)
    classes[2, 1:4] = 1
    assert (cleaned(classes, 3)[0] == classes).all()
    assert (cleaned(classes, 3.01)[0] == 0).all()


@pytest.mark.parametrize("shape", [(1, 7000), (7000, 1)])
def test_maps_one_pixel_wide_are_cleaned(shape: tuple[int, int]) -> None:
    classes = np.zeros(7000, np.uint8)
    classes[100:103] = 1
    classes[3000:3020] = 1
    result = cleaned(classes.reshape(shape), 10, BINARY)[0]
    assert result.sum() == 20


@pytest.mark.parametrize(("width", "rows"), [(500, 256), (7700, 256), (15_400, 128), (40_000, 64)])
def test_a_wider_map_has_lower_strips(width: int, rows: int) -> None:
    strips = list(plan_strips((700, width)))
    assert strips[0].height == rows
    assert sum(strip.height for strip in strips) == 700
    assert all(strip.row % 64 == 0 for strip in strips)
