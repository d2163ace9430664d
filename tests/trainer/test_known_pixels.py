"""Known pixels: a training without any to learn from or to measure on is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import TrainingError
from core.types import Pixels
from tests.trainer.small_trainings import QUICK, TILES, fit
from trainer.labels import GLACIER, UNKNOWN

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


@pytest.mark.parametrize("told", [False, True], ids=["outlines", "classes"])
def test_where_no_measuring_tile_knows_classes_the_last_epoch_is_kept_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, told: bool
) -> None:
    coarse = [replace(tile, labels=tile.labels * np.uint8(GLACIER)) for tile in TILES]
    tiles = [*coarse[:3], TILES[3]] if told else coarse
    card = fit(tiles, replace(QUICK, model="multiclass"), tmp_path)
    assert ("cannot tell which epoch is the best" in caplog.text) is not told
    assert card.settings["kept"] == ("best" if told else "last")
    assert card.stage is not None
    if not told:
        assert card.stage.epoch == QUICK.epochs
