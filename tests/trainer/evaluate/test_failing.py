"""`python -m trainer failures`: the worst tile is drawn beside the card, which names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from core.models import BINARY
from core.networks.cards import read_card
from core.networks.weights import load_model, save_model
from tests.core.networks.test_weights import CARD
from tests.trainer.scenes import tiny_network, write_labelled_tile
from trainer.__main__ import main
from trainer.datasets import read_labelled_tiles
from trainer.evaluate.evaluation import evaluate_tiles
from trainer.evaluate.panels import GAP_PX

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights of a tiny network."""
    monkeypatch.setattr(
        "core.networks.weights.build_network", lambda _spec, encoder_weights=None: tiny_network(1)
    )
    torch.manual_seed(0)
    path = tmp_path / "binary.safetensors"
    save_model(tiny_network(1), CARD, path)
    return path


def draw(monkeypatch: pytest.MonkeyPatch, weights: Path, *folders: Path) -> int:
    words = [word for folder in folders for word in ("--data", str(folder))]
    monkeypatch.setattr("sys.argv", ["trainer", "failures", str(weights), *words, "--threads", "1"])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_the_least_accurate_tile_of_each_folder_is_drawn_and_named_in_the_card(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("02_07", "02_08", "02_09")):
        write_labelled_tile(tmp_path / "field", name, number)
    write_labelled_tile(tmp_path / "other", "05_01", 7)
    assert draw(monkeypatch, weights, tmp_path / "field", tmp_path / "other") == 0
    field, other = read_card(weights.with_suffix(".json")).failure_pictures
    scores = evaluate_tiles(read_labelled_tiles(tmp_path / "field", BINARY), load_model(weights)).tiles
    valid = {one.on: one.accuracy for one in scores if not one.method and one.on.endswith("valid pixels")}
    assert len(set(valid.values())) == 3
    assert f"{field.tile}: valid pixels" == min(valid, key=lambda name: valid[name])
    assert field.accuracy == min(valid.values())
    assert (other.tile, other.simulated) == ("other/05_01", False)
    strip = np.asarray(Image.open(tmp_path / field.file).convert("RGBA"))
    assert strip.shape == (64, 4 * 64 + 3 * GAP_PX, 4)
    assert not strip[:, 64 : 64 + GAP_PX, 3].any()  # clear between the pictures
    assert (tmp_path / other.file).is_file()


def test_pictures_of_folders_that_are_no_longer_asked_for_go(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("field", "other")):
        write_labelled_tile(tmp_path / name, "02_07", number)
    draw(monkeypatch, weights, tmp_path / "field", tmp_path / "other")
    draw(monkeypatch, weights, tmp_path / "other")
    (left,) = read_card(weights.with_suffix(".json")).failure_pictures
    assert left.tile == "other/02_07"
    assert sorted(file.name for file in tmp_path.glob("*.webp")) == [left.file]


def test_a_folder_without_labels_is_refused_and_the_card_stays(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = weights.with_suffix(".json").read_bytes()
    assert draw(monkeypatch, weights, tmp_path / "nothing") == 1
    assert capsys.readouterr().err.startswith("Error: ")
    assert weights.with_suffix(".json").read_bytes() == before
