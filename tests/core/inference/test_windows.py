from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.inference.windows import plan_steps
from core.models import BINARY, MULTICLASS, ModelSpec
from core.types import Window

specs = st.sampled_from([BINARY, MULTICLASS])
sides = st.one_of(st.integers(1, 40), st.integers(41, 3000))
cores = st.sampled_from([32, 64, 256, 768])


@settings(deadline=None, max_examples=60)
@given(specs, sides, sides, cores)
def test_cores_cover_every_pixel_once_in_row_major_order(
    spec: ModelSpec, height: int, width: int, core_px: int
) -> None:
    seen = np.zeros((height, width), np.uint8)
    steps = list(plan_steps((height, width), spec, core_px))
    for step in steps:
        seen[step.core.slices] += 1
    assert (seen == 1).all()
    assert [(s.core.row, s.core.col) for s in steps] == sorted((s.core.row, s.core.col) for s in steps)


@settings(deadline=None, max_examples=60)
@given(specs, sides, sides, cores)
def test_a_step_is_aligned_with_one_pass_over_the_whole(
    spec: ModelSpec, height: int, width: int, core_px: int
) -> None:
    for step in plan_steps((height, width), spec, core_px):
        axes = (
            (height, step.core.row, step.core.height, step.read.row, step.read.height, step.padded[0]),
            (width, step.core.col, step.core.width, step.read.col, step.read.width, step.padded[1]),
        )
        for size, first, core, start, length, padded in axes:
            one_pass = -(-size // spec.stride_px) * spec.stride_px
            assert start % spec.stride_px == 0
            assert first % core_px == 0
            assert start == 0 or first - start == spec.halo_px
            assert padded % spec.stride_px == 0
            assert padded <= core_px + 2 * spec.halo_px
            ends_with_the_tile = start + length == size
            assert start + padded == one_pass if ends_with_the_tile else padded == length
            assert ends_with_the_tile or start + length - first - core == spec.halo_px


@pytest.mark.parametrize("spec", [BINARY, MULTICLASS], ids=lambda s: s.key)
def test_a_chip_is_one_step_without_halo(spec: ModelSpec) -> None:
    (step,) = plan_steps((512, 512), spec)
    assert step.core == step.read == Window(0, 0, 512, 512)
    assert step.padded == (512, 512)


@pytest.mark.parametrize("core_px", [0, -32, 100])
def test_a_core_that_the_network_cannot_pool_is_refused(core_px: int) -> None:
    with pytest.raises(ValueError, match="multiple of 32"):
        list(plan_steps((512, 512), MULTICLASS, core_px))
