"""`python -m trainer failures`: the worst tile is drawn beside the card, which names it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from core.models import BINARY
from core.networks.cards import read_card, write_card
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
    square = np.asarray(Image.open(tmp_path / field.file).convert("RGBA"))
    assert square.shape == (2 * 64 + GAP_PX, 2 * 64 + GAP_PX, 4)
    assert not square[:, 64 : 64 + GAP_PX, 3].any()  # clear between the pictures
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


def test_tiles_that_taught_are_refused(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labelled_tile(tmp_path / "field", "02_07", 1)
    card = read_card(weights.with_suffix(".json"))
    write_card(
        replace(card, split=replace(card.split, training=("field/02_07",))), weights.with_suffix(".json")
    )
    assert draw(monkeypatch, weights, tmp_path / "field") == 1
    assert "taught or measured these weights, field/02_07 among them" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.webp"))


def test_a_folder_that_cannot_be_drawn_leaves_pictures_and_card_as_they_were(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_labelled_tile(tmp_path / "field", "02_07", 1)
    draw(monkeypatch, weights, tmp_path / "field")
    before = {path: path.read_bytes() for path in (weights.with_suffix(".json"), *tmp_path.glob("*.webp"))}
    assert len(before) == 2
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "field").rename(tmp_path / "elsewhere" / "field")
    write_labelled_tile(tmp_path / "elsewhere" / "field", "02_08", 9)
    for second in (tmp_path / "nothing", tmp_path / "elsewhere" / "other" / "field"):
        assert draw(monkeypatch, weights, tmp_path / "elsewhere" / "field", second) == 1
        assert {path: path.read_bytes() for path in before} == before
