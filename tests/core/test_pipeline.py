from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import torch
from affine import Affine
from numpy.typing import NDArray

from core.checks import Rule
from core.errors import Cancelled, ExportError, ModelError, TileError, WeightsError
from core.export.records import file_sha256, run_from_json
from core.models import BINARY, MULTICLASS, ModelSpec
from core.pipeline import analyse
from core.runs import ALL_ICE, ErrorKind, Options, RadiometryKind
from core.tiles.reading import open_tile
from core.tiles.tile import Tile
from core.types import Finding, Severity
from tests.core.inference.sources import card_of, small_unet
from tests.rasters import write_tile

PHYSICAL_CARD = {"means": (0.4, 0.4, 0.4, 0.2, 255.0), "stds": (0.3, 0.3, 0.3, 0.1, 10.0)}
both = pytest.mark.parametrize("spec", [BINARY, MULTICLASS], ids=lambda s: s.key)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_tile(folder: Path, height: int = 90, width: int = 120, **changes: Any) -> Tile:
    random = np.random.default_rng(7)
    waves = np.sin(np.arange(height) / 9)[:, None] * np.cos(np.arange(width) / 13)
    optical = 0.4 + 0.2 * waves + 0.1 * random.standard_normal((4, height, width))
    thermal = 255 + 8 * waves + random.standard_normal((height, width))
    values = np.concatenate([optical, thermal[None]]).astype(np.float32)
    values[:, : height // 4, : width // 4] = np.nan
    path = write_tile(
        folder / "valley.tif",
        values,
        descriptions=("blue", "green", "red", "swir1", "thermal"),
        **changes,
    )
    return open_tile(path, radiometry=RadiometryKind.PHYSICAL)


def make_model(spec: ModelSpec) -> Any:
    model = small_unet(spec)
    return replace(model, card=card_of(spec, **PHYSICAL_CARD))


def read(path: Path) -> NDArray[np.uint8]:
    with rasterio.open(path) as raster:
        values: NDArray[np.uint8] = raster.read()
    return values


@both
def test_a_run_holds_everything_and_its_folder_says_the_same(tmp_path: Path, spec: ModelSpec) -> None:
    tile, model, folder = make_tile(tmp_path), make_model(spec), tmp_path / "run"
    run = analyse(tile, model, Options(), folder)
    assert run_from_json((folder / "run.json").read_text("utf-8")) == run
    assert (run.model, run.weights_sha256) == (spec.key, model.weights_sha256)
    assert run.tile == tile.facts()
    assert run.started_at <= run.finished_at
    assert {"firnline", "python", "torch", "rasterio", "gdal", "numpy"} <= run.versions.keys()
    assert {"classes", "probabilities", "areas", "classes-map"} <= {a.kind for a in run.artifacts}
    assert {p.name for p in folder.iterdir()} == {a.name for a in run.artifacts} | {"run.json"}
    for artifact in run.artifacts:
        assert artifact.sha256 == file_sha256(folder / artifact.name)
        assert artifact.size_bytes == (folder / artifact.name).stat().st_size


@both
def test_areas_count_the_pixels_of_the_class_map(tmp_path: Path, spec: ModelSpec) -> None:
    run = analyse(make_tile(tmp_path), make_model(spec), Options(), tmp_path / "run")
    (classes,) = read(tmp_path / "run" / "classes.tif")
    assert [a.pixels for a in run.areas] == [int((classes == c.index).sum()) for c in spec.classes]
    assert (run.valid_px, run.total_px) == (int((classes != 255).sum()), 90 * 120)
    assert run.valid_px == 90 * 120 - 22 * 30
    assert sum(a.share for a in run.areas) == pytest.approx(1)
    assert sum(a.area_km2 or 0 for a in run.areas) == pytest.approx(run.valid_area_km2)
    assert run.total_area_km2 == pytest.approx(90 * 120 * 900 / 1e6, rel=2e-3)
    with (tmp_path / "run" / "areas.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["pixels"]) for row in rows] == [a.pixels for a in run.areas]


@both
def test_the_same_tile_gives_the_same_classes_bit_for_bit(tmp_path: Path, spec: ModelSpec) -> None:
    tile, model = make_tile(tmp_path), make_model(spec)
    for name in ("one", "two"):
        analyse(tile, model, Options(), tmp_path / name)
    assert (read(tmp_path / "one" / "classes.tif") == read(tmp_path / "two" / "classes.tif")).all()
    assert (
        read(tmp_path / "one" / "probabilities.tif") == read(tmp_path / "two" / "probabilities.tif")
    ).all()


def test_result_rasters_say_what_they_were_made_from(tmp_path: Path) -> None:
    tile, model = make_tile(tmp_path), make_model(BINARY)
    analyse(tile, model, Options(threshold=0.25), tmp_path / "run")
    for name in ("classes.tif", "probabilities.tif"):
        with rasterio.open(tmp_path / "run" / name) as raster:
            tags = raster.tags()
            assert raster.transform == tile.grid.affine
        assert tags["INPUT_SHA256"] == tile.sha256
        assert tags["WEIGHTS_SHA256"] == model.weights_sha256
        assert (tags["MODEL"], tags["THRESHOLD"], tags["MIN_AREA_KM2"]) == ("binary", "0.25", "0.01")


def half_ice(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """An engine that sees ice in the lower half, and one pixel of it amid the upper half."""
    ice = np.zeros((1, *x.shape[2:]), np.float32)
    ice[:, 45:] = 0.9
    ice[:, 30, 60] = 0.9
    return np.stack([1 - ice, ice], axis=1)


@both
def test_a_run_tells_how_sure_each_area_is(tmp_path: Path, spec: ModelSpec) -> None:
    run = analyse(make_tile(tmp_path), make_model(spec), Options(), tmp_path / "run")
    keys = [*(info.key for info in spec.foreground), ALL_ICE]
    kinds = (ErrorKind.BUFFER, ErrorKind.PROBABILITY)
    assert [(e.class_key, e.kind) for e in run.errors] == [(key, kind) for key in keys for kind in kinds]
    for area in run.areas[1:]:
        buffer = run.error(area.key, ErrorKind.BUFFER)
        assert buffer is not None
        assert buffer.estimate_km2 == area.area_km2
    probability = run.error(ALL_ICE, ErrorKind.PROBABILITY)
    assert probability is not None
    levels = read(tmp_path / "run" / "probabilities.tif")
    ice = [n for n, info in enumerate(spec.foreground) if info.is_ice]
    expected = levels[ice].sum(axis=0, dtype=float)[levels[0] != 255].sum() / 250 * 900 / 1e6
    assert probability.estimate_km2 == pytest.approx(expected, rel=2e-3)
    assert 0 < probability.sigma_km2 < expected


def test_a_run_in_eight_orientations_keeps_their_spread(tmp_path: Path) -> None:
    tile, model, folder = make_tile(tmp_path), make_model(BINARY), tmp_path / "run"
    run = analyse(tile, model, Options(symmetries=True), folder)
    assert run_from_json((folder / "run.json").read_text("utf-8")) == run
    spread = run.error("glacier", ErrorKind.SPREAD)
    assert spread is not None
    assert spread.sigma_km2 > 0
    assert spread.estimate_km2 == run.areas[1].area_km2
    assert run.artifact("spread") is not None
    assert run.artifact("spread-map") is not None
    (levels,) = read(folder / "spread.tif")
    (classes,) = read(folder / "classes.tif")
    assert ((levels == 255) == (classes == 255)).all()
    assert 0 < levels[levels != 255].max() <= 250
    with rasterio.open(folder / "spread.tif") as raster:
        assert (raster.scales, raster.tags()["VIEWS"]) == ((1 / 500,), "8")


def test_an_engine_that_sees_no_direction_has_no_spread(tmp_path: Path) -> None:
    def bright(x: NDArray[np.float32]) -> NDArray[np.float32]:
        ice = np.clip(0.5 + x[:, 0] / 4, 0, 1)
        return np.stack([1 - ice, ice], axis=1)

    tile, model = make_tile(tmp_path), make_model(BINARY)
    plain = analyse(tile, model, Options(), tmp_path / "plain", engine=bright)
    turned = analyse(tile, model, Options(symmetries=True), tmp_path / "turned", engine=bright)
    assert turned.areas == plain.areas
    spread = turned.error(ALL_ICE, ErrorKind.SPREAD)
    assert spread is not None
    assert spread.sigma_km2 == 0
    assert plain.error(ALL_ICE, ErrorKind.SPREAD) is None
    assert plain.artifact("spread") is None


def test_the_threshold_decides(tmp_path: Path) -> None:
    tile, model = make_tile(tmp_path), make_model(BINARY)
    low = analyse(tile, model, Options(threshold=0.9), tmp_path / "low", engine=half_ice)
    high = analyse(tile, model, Options(threshold=0.91), tmp_path / "high", engine=half_ice)
    assert (low.threshold, high.threshold) == (0.9, 0.91)
    assert (low.areas[1].pixels, high.areas[1].pixels) == (45 * 120, 0)
    card = analyse(tile, model, Options(), tmp_path / "card", engine=half_ice)
    assert card.threshold == model.card.threshold


def test_small_patches_go_and_are_reported(tmp_path: Path) -> None:
    tile, model = make_tile(tmp_path), make_model(BINARY)
    run = analyse(tile, model, Options(), tmp_path / "run", engine=half_ice)
    kept = analyse(tile, model, Options(min_area_km2=0), tmp_path / "kept", engine=half_ice)
    assert (run.areas[1].pixels, run.areas[1].removed_px) == (45 * 120, 1)
    assert (kept.areas[1].pixels, kept.areas[1].removed_px) == (45 * 120 + 1, 0)
    assert read(tmp_path / "run" / "classes.tif")[0, 30, 60] == 0
    assert read(tmp_path / "run" / "probabilities.tif")[0, 30, 60] == 225  # what the network said stays


def test_a_tile_without_crs_gets_pixels_and_says_so(tmp_path: Path) -> None:
    tile = make_tile(tmp_path, crs=None, transform=Affine(30, 0, 0, 0, -30, 0))
    run = analyse(tile, make_model(BINARY), Options(), tmp_path / "run", engine=half_ice)
    assert run.areas[1].area_km2 is None
    assert run.valid_area_km2 is None
    assert run.map_bounds is None
    assert run.areas[1].removed_px == 0
    assert run.errors == ()
    assert {"no-areas", "min-area-not-applied"} <= {f.code for f in run.findings}
    stated = analyse(tile, make_model(BINARY), Options(pixel_m=30.0), tmp_path / "stated", engine=half_ice)
    assert stated.areas[1].area_km2 == pytest.approx(45 * 120 * 900 / 1e6)
    assert stated.areas[1].removed_px == 1
    assert not {"no-areas", "min-area-not-applied"} & {f.code for f in stated.findings}


def test_findings_of_the_input_check_stay_with_the_run(tmp_path: Path) -> None:
    finding = Finding(Severity.WARNING, "example", "Something was found.")
    tile = replace(make_tile(tmp_path), findings=(finding,))
    run = analyse(tile, make_model(BINARY), Options(), tmp_path / "run", engine=half_ice)
    assert finding in run.findings


def test_a_tile_unlike_the_training_is_flagged(tmp_path: Path) -> None:
    tile, model = make_tile(tmp_path), make_model(BINARY)
    usual = analyse(tile, model, Options(), tmp_path / "usual", engine=half_ice)
    warmer = replace(model.card, means=(0.4, 0.4, 0.4, 0.2, 330.0))
    unlike = analyse(tile, replace(model, card=warmer), Options(), tmp_path / "unlike", engine=half_ice)
    assert "unlike-training" not in {f.code for f in usual.findings}
    assert "unlike-training" in {f.code for f in unlike.findings}


def test_a_tile_with_an_error_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    error = Finding(Severity.ERROR, "all-no-data", "No pixel carries data. Choose another tile.")
    tile = replace(make_tile(tmp_path), findings=(error,))
    with pytest.raises(TileError, match="No pixel carries data"):
        analyse(tile, make_model(BINARY), Options(), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options",
    [
        Options(threshold=1.5),
        Options(threshold=float("nan")),
        Options(min_area_km2=-1),
        Options(min_area_km2=float("inf")),
        Options(pixel_m=0),
        Options(pixel_m=float("nan")),
    ],
)
def test_options_out_of_range_are_refused(tmp_path: Path, options: Options) -> None:
    with pytest.raises(ModelError):
        analyse(make_tile(tmp_path), make_model(BINARY), options, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_progress_grows_from_step_to_step_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    analyse(make_tile(tmp_path), make_model(BINARY), Options(), tmp_path / "run", seen.append)
    assert seen == sorted(seen)
    assert 0 < seen[0] < seen[-1] == 1


@pytest.mark.parametrize("stop_at", [0.0, 0.86, 0.95, 1.0])
def test_nothing_remains_of_a_run_that_is_stopped(tmp_path: Path, stop_at: float) -> None:
    def stop(fraction: float) -> None:
        if fraction >= stop_at:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        analyse(make_tile(tmp_path), make_model(BINARY), Options(), tmp_path / "run", stop)
    assert not (tmp_path / "run").exists()


def test_nothing_remains_of_a_run_that_fails(tmp_path: Path) -> None:
    def engine(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((1, 2, *x.shape[2:]), np.nan, np.float32)

    with pytest.raises(WeightsError):
        analyse(make_tile(tmp_path), make_model(BINARY), Options(), tmp_path / "run", engine=engine)
    assert not (tmp_path / "run").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match="not empty"):
        analyse(make_tile(tmp_path), make_model(BINARY), Options(), folder)
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("shape", [(7, 7), (1, 300), (300, 1)])
def test_tiles_of_any_size_are_mapped(tmp_path: Path, shape: tuple[int, int]) -> None:
    tile = replace(make_tile(tmp_path, *shape), findings=())
    run = analyse(tile, make_model(MULTICLASS), Options(), tmp_path / "run")
    assert run.total_px == shape[0] * shape[1]
    assert read(tmp_path / "run" / "classes.tif").shape == (1, *shape)


def test_a_run_keeps_what_an_expert_would_check_by_hand(tmp_path: Path) -> None:
    tile, model = make_tile(tmp_path), make_model(BINARY)
    run = analyse(tile, model, Options(min_area_km2=0), tmp_path / "run", engine=half_ice)
    assert run_from_json((tmp_path / "run" / "run.json").read_text("utf-8")) == run
    assert run.checks is not None
    assert [check.rule for check in run.checks.rules] == list(Rule)
    for check in run.checks.rules:
        assert check.compared_px == run.valid_px
        assert check.both_px + check.network_px == run.areas[1].pixels
    assert [fit.band for fit in run.checks.bands] == ["blue", "green", "red", "swir1", "thermal"]
    (votes,) = read(tmp_path / "run" / "votes.tif")
    ndsi = run.checks.rules[0]
    assert int(((votes & 3) == 3).sum() - (votes == 255).sum()) == ndsi.both_px
    clouds = run.checks.clouds
    assert clouds is not None
    assert clouds.judged_px == run.valid_px
    assert clouds.cloud_px == int(((votes & 32) > 0).sum() - (votes == 255).sum()) > 0
    assert {"ndsi-map", "freezing-map", "cloud-map", "votes"} <= {artifact.kind for artifact in run.artifacts}
    assert "unmasked-cloud" in {finding.code for finding in run.findings}
