"""The sample tile that ships is what its command makes, and opens as what it says it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio

from core.runs import RadiometryKind
from core.tiles.labels import read_labels
from core.tiles.reading import open_tile
from core.types import BANDS, Severity
from trainer.simulate import fractal_ground
from trainer.simulate.sample import simulate_sample
from trainer.simulate.writing import surface_values

SAMPLES = Path(__file__).parents[3] / "samples"
TILE, LABELS = SAMPLES / "simulated_tile.tif", SAMPLES / "simulated_tile_labels.tif"


def test_the_sample_opens_as_a_landsat_level_2_tile_of_its_day() -> None:
    with open_tile(TILE) as tile:
        assert tile.radiometry.kind is RadiometryKind.LANDSAT_L2
        assert tile.acquired_on == date(2023, 9, 15)
        assert tile.sensor == "Landsat 8"
        assert tile.grid.shape == (512, 512)
        assert not [f for f in tile.findings if f.severity is Severity.ERROR]
        pixels = tile.read(tile.grid.full_window)
    assert 0.9 < pixels.valid.mean() < 1.0


def test_the_sample_says_that_it_is_simulated_and_is_small() -> None:
    with rasterio.open(TILE) as raster:
        assert raster.tags()["DESCRIPTION"].startswith("simulated by Firnline")
        assert raster.descriptions == BANDS
    assert TILE.stat().st_size < 3_000_000


def test_the_truth_of_the_sample_covers_it_with_all_classes() -> None:
    labels = read_labels(LABELS)
    with open_tile(TILE) as tile:
        assert labels.grid == tile.grid
    assert set(np.unique(labels.values)) == {0, 85, 170, 255}


def test_the_shipped_sample_is_the_one_that_its_command_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fractal_ground, "LANDSCAPE_CELLS", 256)
    made = simulate_sample()
    with rasterio.open(TILE) as raster:
        shipped = raster.read()
    labels = read_labels(LABELS)
    # other processors round differently in the last bit, which may turn single pixels
    assert (made.numbers == shipped).mean() > 0.99
    assert (surface_values(made.labels) == labels.values).mean() > 0.99
