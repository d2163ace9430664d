"""Shares: no folder is left out without a word."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.errors import TrainingError
from tests.trainer.scenes import labelled_tile
from tests.trainer.small_trainings import QUICK, fit
from trainer.ablation import Ladder, climb
from trainer.configuration import CONFIGS_DIR, read_configuration
from trainer.fitting import Materials
from trainer.optimising import Hardware
from trainer.shares import folder_shares
from trainer.splits import split_tiles

if TYPE_CHECKING:
    from pathlib import Path

    from trainer.datasets import LabelledTile

pytestmark = pytest.mark.usefixtures("small_network", "one_thread")
TILES = [
    *(labelled_tile(seed) for seed in range(4)),
    *(labelled_tile(seed, source="made") for seed in range(4)),
]
SHORT = replace(QUICK, epochs=1, patches_per_epoch=4)


def test_shares_add_up_to_one_over_the_folders_at_hand() -> None:
    assert folder_shares({"b", "a"}, {"a": 1.0, "b": 3.0, "c": 6.0}) == {"a": 0.25, "b": 0.75}


def test_a_folder_without_a_share_beside_others_is_refused(tmp_path: Path) -> None:
    message = "has no share for 'made', only for 'field'. Give every folder a share"
    with pytest.raises(TrainingError, match=re.escape(message)):
        fit(TILES, replace(SHORT, sources={"field": 1.0}), tmp_path)


def test_shares_of_a_folder_that_is_not_given_go_to_the_others_and_it_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fit(TILES, replace(SHORT, sources={"field": 1.0, "made": 1.0, "nosuch": 1.0}), tmp_path)
    assert "shares for 'nosuch', which --data does not give; they are shared among" in caplog.text


def test_the_share_of_a_folder_that_was_set_aside_goes_to_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def apart(
        tiles: list[LabelledTile], *_rule: object
    ) -> tuple[tuple[LabelledTile, ...], tuple[LabelledTile, ...]]:
        teaching, measuring = split_tiles(tiles, QUICK.split, 0)
        return tuple(tile for tile in teaching if tile.source != "made"), measuring

    monkeypatch.setattr("trainer.fitting.split_tiles", apart)
    assert fit(TILES, replace(SHORT, sources={"field": 1.0, "made": 1.0}), tmp_path).scores
    assert "shares for 'made', of which no tile teaches; they are shared among" in caplog.text


def test_shares_for_other_data_are_no_shares_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = read_configuration(CONFIGS_DIR / "binary.toml").sources
    assert fit(TILES, replace(SHORT, sources=shipped), tmp_path).scores
    assert "names none of the folders that teach ('field', 'made'); every tile is drawn alike" in caplog.text


def test_a_ladder_with_a_folder_without_a_share_is_refused_before_its_first_rung(tmp_path: Path) -> None:
    ours = replace(SHORT, sources={"field": 1.0})
    ladder = Ladder(SHORT, ours, Materials(TILES[:4]), TILES[4:], steps=4, patch_px=32)
    with pytest.raises(TrainingError, match="no share for 'made'"):
        climb(ladder, tmp_path, Hardware("cpu", quiet=True))
    assert not any(tmp_path.iterdir())
