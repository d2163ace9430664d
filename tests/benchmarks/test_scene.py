"""A scene is made, run and accounted for, in small."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import typer

from benchmarks import memory, scene
from benchmarks.figures import median_seconds
from benchmarks.landscape import write_scene
from benchmarks.options import odd
from benchmarks.sampling import NETWORK, OTHER, Part, Sampler
from benchmarks.scene_run import CountingEngine, SceneRun
from core.inference.engines import default_engine, engine_name
from core.inference.torch_engine import torch_engine
from core.models import model_spec
from core.tiles.grouping import group_files
from core.tiles.reading import open_tile
from tests.benchmarks.ground import made_tiles
from tests.core.inference.sources import small_unet


def test_a_scene_is_a_landsat_tile_of_turned_pieces(tmp_path: Path) -> None:
    tiles = made_tiles(2, size=32)
    (files,) = group_files(write_scene(tmp_path, 80, tiles)).tiles
    with open_tile(files) as tile:
        assert all(tile.present)
        assert tile.grid.shape == (80, 80)
        assert tile.sensor == "Landsat 9"
        corner = np.sort(tile.read(tile.grid.full_window).values[0, :32, :32], axis=None)
    known = [np.sort(made.numbers[0] * 2.75e-5 - 0.2, axis=None) for made in tiles]
    assert any(np.allclose(corner, each, atol=1e-5) for each in known)


def test_the_commands_run_a_small_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (scene, memory):
        monkeypatch.setattr(command, "simulated_tiles", made_tiles)
        monkeypatch.setattr(command, "find_model", lambda key: small_unet(model_spec(key)))
        monkeypatch.setattr(command, "run_apart", lambda work: (work(), 0.5))
    scene.measure(side=96, model="binary", repeats=1, out=tmp_path / "scene.json")
    memory.measure(sides=[96, 64], model="binary", out=tmp_path / "memory.json")
    told = [
        json.loads((tmp_path / f"{name}.json").read_text("utf-8"))["figures"] for name in ("scene", "memory")
    ]
    assert "/ 1 windows in" in told[0][0]["how"]
    assert next(f["value"] for f in told[0] if f["name"].endswith("processor time")) > 0
    assert [figure["verdict"] for figure in told[1]] == ["met", "met", "met"]


def test_the_time_of_every_engine_is_that_of_the_network() -> None:
    model = small_unet(model_spec("binary"))
    x = np.random.default_rng(1).standard_normal((1, 5, 256, 256), np.float32)
    for engine in (default_engine(model), torch_engine(model, "cpu")):
        with Sampler() as sampler:
            median_seconds(partial(CountingEngine(engine), x), 30)
        seconds = {part.name: part.alone_s for part in sampler.parts}
        assert seconds.get(NETWORK, 0) > seconds.get(OTHER, 0), engine_name(engine)


def test_a_scene_that_takes_longer_than_its_windows_misses_its_bars() -> None:
    parts = (Part(NETWORK, 9.0, 0.0), Part("previews", 5.0, 2.0))
    run = SceneRun(14.0, 10, 10.0, 9.0, parts, "an engine", processor_s=23.0)
    ratio, outside, within, *_, processor, _ = scene.figures_of("binary", run, 1.0)
    assert (ratio.value, ratio.verdict) == (1.4, "missed")
    assert within.value == 0.9
    assert processor.value == 23.0
    assert outside.value == pytest.approx(100 * 5 / 14)


def test_memory_that_grows_with_the_scene_misses_its_bar() -> None:
    verdicts = [figure.verdict for figure in memory.figures_of("binary", {1000: 1.0, 2000: 1.2})]
    assert verdicts == ["met", "met", "missed"]


def test_an_even_number_of_runs_has_none_in_the_middle() -> None:
    assert odd(3) == 3
    with pytest.raises(typer.BadParameter, match="Take 3"):
        odd(2)
