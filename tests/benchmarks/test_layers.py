"""The time of a network is told apart by what its layers do, and no operation is lost."""

from __future__ import annotations

import pytest

from benchmarks.arithmetic import operations_of
from benchmarks.layers import JOIN, NARROW, UP, figures_of, time_layers
from core.models import BINARY
from tests.core.inference.sources import small_unet

pytest.importorskip("openvino")


def test_the_operations_of_all_layers_are_those_of_the_network() -> None:
    model = small_unet(BINARY)
    spent, _ = time_layers(model, 64, 1)
    assert spent.operations.total() == operations_of(model, 64, 64)
    assert {NARROW, UP} <= {kind for kind, operations in spent.operations.items() if operations}
    assert spent.operations[JOIN] == 0
    assert spent.seconds[JOIN] > 0


def test_shares_of_the_time_make_up_the_whole() -> None:
    *kinds, whole = figures_of(small_unet(BINARY), 64, 1, product_px=(64,))
    assert sum(figure.value for figure in kinds) == pytest.approx(100)
    assert whole.value > 0
