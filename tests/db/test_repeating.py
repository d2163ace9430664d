"""A kept input is run again with another model once, however often that is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.models import BINARY, MULTICLASS
from core.runs import Options
from core.tiles.reading import open_tile
from db.recording import analyse_and_save
from db.repeating import repeat_run
from tests.core.inference.sources import small_unet
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from pathlib import Path

    from db.history import History

BANDS = ("blue", "green", "red", "swir1", "thermal")


def test_another_model_is_run_once(local_history: History, tmp_path: Path) -> None:
    found = small_unet(MULTICLASS)
    other = replace(found, card=replace(found.card, sha256=found.weights_sha256, temperature=1.5))
    path = write_tile(tmp_path / "tile.tif", level2_numbers(64, 48), descriptions=BANDS)
    with open_tile(path) as tile:
        (first,) = analyse_and_save(local_history, tile, [small_unet(BINARY)], Options(min_area_km2=0))
    stored = local_history.get_run(first)
    again = [repeat_run(local_history, stored, other, Options(min_area_km2=0)) for _ in range(2)]
    assert again[0] == again[1] != first
    assert local_history.count_runs() == 2
