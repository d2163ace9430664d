"""Windows with a whole halo decide as one pass does; without one they do not."""

from __future__ import annotations

from benchmarks.tiling import figures_of
from core.models import BINARY
from tests.core.inference.sources import random_tile, small_unet


def test_a_halo_of_the_whole_field_meets_the_bar_and_none_differs() -> None:
    scene = random_tile(384, 384, seed=1, no_data=0.0)
    enough, none, exact = figures_of(small_unet(BINARY), scene, ((96, 64), (0, 64)))
    assert enough.value < none.value
    assert (exact.verdict, none.verdict) == ("met", "")
    assert none.value > 1


def test_a_scene_of_one_window_meets_nothing() -> None:
    scene = random_tile(64, 64, seed=1, no_data=0.0)
    for figure in figures_of(small_unet(BINARY), scene, ((96, 64),)):
        assert figure.verdict == ""
        assert figure.how == "one window: nothing to compare"
