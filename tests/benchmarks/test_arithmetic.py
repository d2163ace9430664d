"""Operations are counted as the field counts them."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from benchmarks.arithmetic import figures_of, limits, operations_of
from core.models import BINARY
from tests.core.inference.sources import small_unet


def test_a_multiplication_and_its_addition_are_two_operations() -> None:
    model = replace(small_unet(BINARY), network=nn.Conv2d(5, 3, 3, padding=1))
    assert operations_of(model, 32, 64) == 2 * (5 * 3 * 3) * 3 * 32 * 64


def test_rates_and_limits_are_told_of_a_small_network() -> None:
    share, least = figures_of(small_unet(BINARY), 64, 256, 1, product_px=(64,))
    assert share.value > 0
    assert least.value > 0
    assert [figure.unit for figure in limits(1, 10_000, 1_000)] == ["GB/s", "GB/s"]
