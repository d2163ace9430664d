"""The tile's benchmark sees whether labels are those of the reference."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import tile
from benchmarks.landscape import pixels_of
from core.models import BINARY
from tests.benchmarks.ground import made_tiles
from tests.core.inference.sources import small_unet


def test_an_engine_that_says_the_same_is_equal_and_one_that_sees_ice_everywhere_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def all_ice(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.stack([0 * x[:, 0], 0 * x[:, 0] + 1], axis=1)

    model, seen = small_unet(BINARY), [pixels_of(made) for made in made_tiles(2)]
    verdicts = []
    for engine in (tile.eager_engine(model), all_ice):
        monkeypatch.setattr(tile, "default_engine", lambda _model, engine=engine: engine)
        _, equal, shift = tile.figures_of(model, seen, repeats=1)
        verdicts.append((equal.verdict, shift.value > 0))
    assert verdicts == [("met", False), ("missed", True)]
