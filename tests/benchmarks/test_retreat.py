"""The benchmark of a known retreat maps every date and sets the slopes side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from numpy.typing import NDArray

from benchmarks import retreat
from benchmarks.figures import Figure
from core.errors import WeightsError
from core.inference.engines import NamedEngine
from core.models import model_spec
from core.networks.cards import read_card, write_card
from core.networks.catalogue import architecture_of
from core.networks.error_tests import ErrorTest, TrendTest
from core.networks.stored import StoredModel
from db import recording
from tests.core.inference.sources import card_of
from trainer.simulate import fractal_ground


def brighter_in_green(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Ice where green stands out more than shortwave infrared: quicker than a network."""
    ice = x[:, 1] > x[:, 3]
    return np.stack([~ice, ice], axis=1).astype(np.float32)


def test_a_small_place_is_followed_and_its_slope_set_beside_the_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fractal_ground, "LANDSCAPE_CELLS", 112)
    monkeypatch.setattr(recording, "default_engine", lambda *_: NamedEngine("test", brighter_in_green))
    out = tmp_path / "retreat.json"
    retreat.measure(years=5, per_year=1, loss_per_year=0.1, seed=4, size=64, model="binary", out=out)
    figures = {each["name"]: each["value"] for each in json.loads(out.read_text("utf-8"))["figures"]}
    assert figures["binary: points that count"] == 5
    assert figures["truth: slope"] == pytest.approx(-0.1 * figures["truth: ice on the first date"], rel=0.1)
    held = figures["binary: 95 % interval, from"] <= figures["truth: slope"]
    held &= figures["truth: slope"] <= figures["binary: 95 % interval, to"]
    assert figures["binary: interval holds the true slope"] == held
    assert 0 <= figures["binary: mapped of the ice that goes"] <= 1


CARD_NAME = "binary.json"


def stored(folder: Path, weights_sha256: str) -> StoredModel:
    """A model whose card lies in the folder, with a test of areas already."""
    spec = model_spec("binary")
    tested = ErrorTest(9, 20, {}, {"buffer": {"glacier": 0.15}}, "python -m benchmarks coverage")
    card = replace(
        card_of(spec, architecture=architecture_of(spec)), sha256=weights_sha256, error_test=tested
    )
    write_card(card, folder / CARD_NAME)
    return StoredModel(spec, card, folder / "binary.safetensors")


def stub(holds: dict[int, bool | None], model: StoredModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places whose interval holds the truth by their seed, without a measurement; None: no interval."""

    def place_figures(models: object, order: retreat.Order) -> list[Figure]:
        held = holds[order.seed]
        return [] if held is None else [Figure(f"binary: {retreat.HELD}", float(held))]

    monkeypatch.setattr(retreat, "place_figures", place_figures)
    monkeypatch.setattr(retreat, "find_model", lambda key: model)
    monkeypatch.setattr(retreat, "WEIGHTS_DIR", model.path.parent)


def test_several_places_write_how_many_held_the_truth_beside_what_the_card_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub({7: True, 8: False, 9: None, 10: False}, stored(tmp_path, "a" * 64), monkeypatch)
    out = tmp_path / "retreat.json"
    retreat.measure(seed=7, places=4, size=64, model="binary", write=True, out=out)
    tested = read_card(tmp_path / CARD_NAME).error_test
    assert tested is not None
    assert tested.held("buffer", "glacier") == (0.15, 20)
    assert tested.trend is not None
    assert (tested.trend.places, tested.trend.held) == (3, 1)
    assert "retreat --places 4 --seed 7 --size 64 --years 6" in tested.trend.command
    figures = {each["name"]: each["value"] for each in json.loads(out.read_text("utf-8"))["figures"]}
    assert figures["seed 8, binary: interval holds the true slope"] == 0
    assert figures["binary: share of places whose interval holds the true slope"] == pytest.approx(1 / 3)


def test_one_place_is_no_share_and_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub({7: True}, stored(tmp_path, "a" * 64), monkeypatch)
    with pytest.raises(typer.BadParameter, match="Add --places with 2 or more"):
        retreat.measure(seed=7, model="binary", write=True)


def test_a_test_is_not_written_into_the_card_of_other_weights(tmp_path: Path) -> None:
    measured = stored(tmp_path, "a" * 64)
    stored(tmp_path, "b" * 64)
    with pytest.raises(WeightsError, match="other weights than those that were measured"):
        retreat.write_test(measured, TrendTest(4, 1, ""), tmp_path)
