"""Lessons: what measures is seen whole, a large tile in parts that make it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from core.models import BINARY, MULTICLASS
from tests.trainer.scenes import labelled_tile
from tests.trainer.small_trainings import QUICK, TILES, fit
from trainer.fitting import constants_of
from trainer.labels import UNKNOWN
from trainer.lessons import measuring_parts, whole_tile
from trainer.module import SegmentationModule

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.models import ModelSpec

CONSTANTS = constants_of(TILES)


@pytest.mark.parametrize("spec", [BINARY, MULTICLASS])
def test_the_parts_of_a_large_tile_make_it_up(spec: ModelSpec) -> None:
    tile = labelled_tile(1, 2100)
    x, y = whole_tile(tile, spec, CONSTANTS)
    parts = measuring_parts(tile, spec, CONSTANTS)
    assert len(parts) == 9
    assert max(max(labels.shape) for _, labels in parts) <= 1024
    assert not any(extent % spec.stride_px for _, labels in parts for extent in labels.shape)
    rows = [torch.cat([values for values, _ in parts[n : n + 3]], dim=2) for n in (0, 3, 6)]
    assert torch.equal(torch.cat(rows, dim=1), x)
    rows = [torch.cat([labels for _, labels in parts[n : n + 3]], dim=1) for n in (0, 3, 6)]
    assert torch.equal(torch.cat(rows), y)


def test_a_tile_of_the_reference_size_is_seen_whole() -> None:
    tile = labelled_tile(1, 512)
    ((x, y),) = measuring_parts(tile, BINARY, CONSTANTS)
    whole = whole_tile(tile, BINARY, CONSTANTS)
    assert torch.equal(x, whole[0])
    assert torch.equal(y, whole[1])


def test_parts_without_a_known_pixel_are_left_out() -> None:
    tile = labelled_tile(1, 2048)
    tile.labels[:1024] = UNKNOWN
    assert len(measuring_parts(tile, BINARY, CONSTANTS)) == 2


@pytest.mark.usefixtures("small_network", "one_thread")
def test_no_pass_of_a_training_sees_more_than_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.lessons.PART_PX", 32)
    monkeypatch.setattr("trainer.lessons.LARGEST_WHOLE_PX", 48)
    sides: list[int] = []
    plain = SegmentationModule.validation_step

    def watched(module: SegmentationModule, batch: tuple[Tensor, Tensor], index: int) -> None:
        sides.extend(batch[1].shape[-2:])
        plain(module, batch, index)

    monkeypatch.setattr(SegmentationModule, "validation_step", watched)
    card = fit(TILES, QUICK, tmp_path)
    assert max(sides) == 32
    assert card.scores[0].pixels == 64 * 64 - 16  # all of the tile is scored
