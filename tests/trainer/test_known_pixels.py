"""Known pixels: a training without any to learn from or to measure on is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import TrainingError
from core.types import Pixels
from tests.trainer.small_trainings import QUICK, TILES, fit
from trainer.labels import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("small_network", "one_thread")


@pytest.mark.parametrize(
    ("blank", "told"),
    [(range(3), "Nothing teaches: no pixel of the 3 tiles of 'field'"), ((3,), "Nothing measures:")],
)
def test_labels_that_teach_or_measure_nothing_make_no_model(
    tmp_path: Path, blank: Sequence[int], told: str
) -> None:
    tiles = [
        replace(tile, labels=np.where(tile.pixels.valid, np.uint8(UNKNOWN), tile.labels))
        if n in blank
        else tile
        for n, tile in enumerate(TILES)
    ]
    with pytest.raises(TrainingError, match=told):
        fit(tiles, QUICK, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_tile_without_data_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels = TILES[0].pixels
    blank = Pixels(np.full_like(pixels.values, np.nan), np.zeros_like(pixels.valid))
    fit([replace(TILES[0], pixels=blank), *TILES[1:]], replace(QUICK, epochs=1), tmp_path)
    assert "No pixel of field/t00 has data" in caplog.text
