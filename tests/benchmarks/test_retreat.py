"""The benchmark of a known retreat maps every date and sets the slopes side by side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import retreat
from core.inference.engines import NamedEngine
from db import recording
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
