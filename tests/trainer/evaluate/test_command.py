"""`python -m trainer evaluate`: what it prints and writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.networks.cards import Split, read_card, write_card
from core.networks.weights import save_model
from tests.core.networks.test_weights import CARD
from tests.rasters import level2_numbers, write_tile
from tests.trainer.scenes import tiny_network, write_labelled_tile
from trainer.__main__ import main
from trainer.evaluate.evaluation import read_evaluation

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def weights(tmp_path: Path, small_network: None) -> Path:
    """Weights of a tiny network."""

    torch.manual_seed(0)
    path = tmp_path / "binary.safetensors"
    save_model(tiny_network(1), CARD, path)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["trainer", "evaluate", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_several_folders_are_scored_each_by_itself_and_kept_as_json(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate(("02_07", "02_08", "02_09")):
        write_labelled_tile(tmp_path / "field", name, number)
    write_labelled_tile(tmp_path / "other", "05_01", 7)
    folders = ("--data", str(tmp_path / "field"), "--data", str(tmp_path / "other"))
    assert run(monkeypatch, str(weights), *folders, "--out", str(tmp_path / "out"), "--threads", "1") == 0
    printed = capsys.readouterr().out
    assert "field: valid pixels (3 tiles, 12288 pixels): MCC" in printed
    assert "rule: NDSI > 0.40" in printed
    kept = read_evaluation(tmp_path / "out" / "evaluation.json")
    assert {one.on for one in kept.sets if not one.method} == {
        f"{source}: {pixels} pixels" for source in ("field", "other") for pixels in ("valid", "all")
    }
    assert {one.on for one in kept.tiles} >= {"field/02_07: valid pixels", "other/05_01: all pixels"}
    assert kept.model == "binary"


def test_tiles_that_taught_or_measured_are_told_on_the_console_in_the_report_and_in_json(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, name in enumerate(("02_07", "02_08", "02_09")):
        write_labelled_tile(tmp_path / "field", name, number)
    split = Split("place", ("field/02_07",), ("field/02_09",))
    write_card(replace(read_card(weights.with_suffix(".json")), split=split), weights.with_suffix(".json"))
    words = (str(weights), "--data", str(tmp_path / "field"), "--out", str(tmp_path / "out"))
    assert run(monkeypatch, *words, "--threads", "1") == 0
    told = (
        "2 tiles taught or measured these weights by their card, field/02_07 among them: such scores flatter."
    )
    assert f"Warning: {told}\n" in capsys.readouterr().err
    assert told in (tmp_path / "out" / "evaluation.html").read_text("utf-8")
    assert read_evaluation(tmp_path / "out" / "evaluation.json").used == ("field/02_07", "field/02_09")
    assert run(monkeypatch, str(weights), "--data", str(tmp_path / "field"), "--only", "02_08") == 0
    assert "Warning" not in capsys.readouterr().err


def test_tiles_of_another_sensor_without_thermal_are_scored(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bands = ("blue", "green", "red", "swir1")
    tags = {"RADIOMETRY": "landsat-l2"}
    write_tile(tmp_path / "f" / "tiles" / "neg01.tif", level2_numbers()[:4], descriptions=bands, tags=tags)
    write_tile(tmp_path / "f" / "labels" / "neg01.tif", np.zeros((32, 32), np.uint8))
    assert run(monkeypatch, str(weights), "--data", str(tmp_path / "f")) == 0
    printed = capsys.readouterr().out
    assert "f: valid pixels (1 tile, 1024 pixels)" in printed
    assert "colder" not in printed


def test_a_name_that_no_tile_has_is_said(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labelled_tile(tmp_path / "field", "02_07", 0)
    assert run(monkeypatch, str(weights), "--data", str(tmp_path / "field"), "--only", "02_07,09_01") == 1
    assert "No tile is named 09_01 in field." in capsys.readouterr().err


def test_folders_of_one_name_are_refused(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "a" / "Train", tmp_path / "b" / "Train"
    assert run(monkeypatch, str(weights), "--data", str(first), "--data", str(second)) == 1
    assert f"{first} and {second} are both called 'Train'." in capsys.readouterr().err
