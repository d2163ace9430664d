"""The folders that taught the shipped weights: made from sources, each once, as the recipes say."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest
import rasterio

from core.errors import TrainingError
from core.models import MULTICLASS
from tests.trainer.scenes import write_labelled_tile
from trainer.configuration import CONFIGS_DIR, read_configuration
from trainer.datasets import read_labelled_tiles
from trainer.reproduce.archives import Archive, cut_archive
from trainer.reproduce.materials import Archives, Recipes, Reference, Simulated, make_folders, read_recipes

PLACED = {"transform": np.array([30.0, 0, 478_000, 0, -30, 3_108_140]), "crs": np.array("EPSG:32645")}


def write_archive(path: Path, label: np.ndarray, **arrays: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, label=label, **arrays)


def chip(height: int, width: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    return {
        band: random.uniform(0.05, 0.5, (height, width)).astype(np.float32)
        for band in ("blue", "green", "red", "nir", "swir1")
    }


def test_chips_are_cut_into_tiles_that_say_what_the_archive_says(tmp_path: Path) -> None:
    bands = chip(9, 12)
    label = np.arange(9 * 12).reshape(9, 12).astype(np.uint8) % 4
    write_archive(tmp_path / "chip.npz", label, **bands, **PLACED)
    cut_archive(
        tmp_path, Archive("chip.npz", "reflectance", 2, 3), tmp_path / "out", (f"t{n}" for n in count())
    )
    assert sorted(file.stem for file in (tmp_path / "out" / "tiles").iterdir()) == [f"t{n}" for n in range(6)]
    with rasterio.open(tmp_path / "out" / "tiles" / "t4.tif") as tile:
        assert tile.descriptions == ("blue", "green", "red", "swir1")
        assert tile.transform * (0, 0) == (478_000 + 4 * 30, 3_108_140 - 4 * 30)
        np.testing.assert_allclose(tile.read(4) * 2.75e-5 - 0.2, bands["swir1"][4:8, 4:8], atol=2e-5)
    with rasterio.open(tmp_path / "out" / "labels" / "t4.tif") as truth:
        np.testing.assert_array_equal(truth.read(1), label[4:8, 4:8])


def test_landsat_7_numbers_become_reflectance_at_the_top_of_the_atmosphere(tmp_path: Path) -> None:
    numbers = np.array([[0, 1], [100, 255]], np.uint8)
    write_archive(tmp_path / "scene.npz", numbers * 0, blue=numbers, green=numbers, red=numbers, **PLACED)
    cut_archive(tmp_path, Archive("scene.npz", "landsat7", 1, 1), tmp_path / "out", iter(["t"]))
    with rasterio.open(tmp_path / "out" / "tiles" / "t.tif") as tile:
        blue = tile.read(1)
    assert blue[0, 0] == 0  # no data
    radiance = 191.6  # of the largest number, W m-2 sr-1 um-1
    expected = np.pi * radiance * 0.9932**2 / (1969 * np.sin(np.radians(46)))
    assert blue[1, 1] * 2.75e-5 - 0.2 == pytest.approx(expected, abs=3e-5)
    assert blue[0, 1] * 2.75e-5 - 0.2 < 0  # LMIN is below zero


def test_an_archive_that_is_missing_or_lacks_its_labels_is_named(tmp_path: Path) -> None:
    archive = Archive("chip.npz", "reflectance", 1, 1)
    with pytest.raises(TrainingError, match=r"There is no .*chip\.npz.*--sources"):
        cut_archive(tmp_path, archive, tmp_path / "out", iter(["t"]))
    np.savez(tmp_path / "chip.npz", **chip(4, 4))
    with pytest.raises(TrainingError, match=r"chip\.npz has no array 'label"):
        cut_archive(tmp_path, archive, tmp_path / "out", iter(["t"]))


def recipes() -> Recipes:
    return Recipes(
        reference={"field": Reference("real/Train", ("real/exact",))},
        archives={"fields": Archives("f{:02d}", (Archive("chip.npz", "reflectance", 1, 2),))},
        simulated={"winter": Simulated(1, 5, "winter", size=64, test=True)},
    )


def test_each_folder_is_made_once_and_the_trainer_reads_it(tmp_path: Path) -> None:
    sources, out = tmp_path / "sources", tmp_path / "out"
    write_labelled_tile(sources / "real" / "Train", "02_07", 1)
    (sources / "real" / "exact").mkdir()
    (sources / "real" / "exact" / "02_07_filled.tif").write_bytes(b"a guess")
    write_archive(sources / "chip.npz", np.zeros((64, 128), np.uint8), **chip(64, 128))
    (out / ".winter.partial").mkdir(parents=True)
    (out / ".winter.partial" / "half").write_text("begun and not ended")
    made = make_folders(recipes(), ("field", "fields", "winter"), sources, out)
    assert [len(read_labelled_tiles(folder, MULTICLASS)) for folder in made] == [1, 2, 1]
    assert not list(out.rglob("*filled*"))
    assert not list(out.rglob("half"))
    before = {file: file.stat().st_mtime_ns for file in out.rglob("*.tif")}
    make_folders(recipes(), ("field", "fields", "winter"), sources, out)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("*.tif")} == before


def test_what_is_missing_is_told_before_anything_is_made(tmp_path: Path) -> None:
    for name, words in (
        ("field", r"lacks real/Train, real/exact\. Give .* --sources"),
        ("moon", "no recipe for such a folder"),
    ):
        with pytest.raises(TrainingError, match=words):
            make_folders(recipes(), ("winter", name), tmp_path / "nowhere", tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_damaged_archive_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    write_archive(tmp_path / "chip.npz", np.zeros((64, 128), np.uint8), **chip(64, 128))
    whole = (tmp_path / "chip.npz").read_bytes()
    for content in (whole[: len(whole) // 2], b"no archive", b""):
        (tmp_path / "chip.npz").write_bytes(content)
        with pytest.raises(TrainingError, match=r"chip\.npz is damaged"):
            make_folders(recipes(), ("fields",), tmp_path, tmp_path / "out")
        assert not list((tmp_path / "out").iterdir())
    write_archive(tmp_path / "chip.npz", np.zeros((32, 32), np.uint8), **chip(64, 128))
    with pytest.raises(TrainingError, match="differ in size"):
        make_folders(recipes(), ("fields",), tmp_path, tmp_path / "out")


def test_the_recipes_know_every_folder_of_the_configurations_that_ship() -> None:
    known = read_recipes()
    for model in ("binary", "multiclass"):
        configuration = read_configuration(CONFIGS_DIR / f"{model}.toml")
        for name in configuration.sources:
            assert name in {*known.reference, *known.archives, *known.simulated}
            recipe = known.simulated.get(name)
            if recipe is not None:
                assert not recipe.test
                if recipe.dem is None:  # the card says the same command
                    words = f"--tiles {recipe.tiles} --seed {recipe.seed}"
                    assert words in configuration.origins[name].places
    assert known.tests == ("test_columbia", "test_sentinel", "test_any")
