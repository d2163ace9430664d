"""The previews of a run: right colours in the right places, on any grid, small enough for a browser."""

import warnings
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from PIL import Image
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning

from core.errors import ExportError
from core.export import mercator
from core.export.figure import scale_length
from core.export.mercator import mercator_grid, metres_per_px, warp
from core.export.previews import class_palette, confidence_counts, decided_levels, write_previews
from core.export.tile_pictures import MAX_PX, draw_tile
from core.models import BINARY, MULTICLASS, ModelSpec
from core.present.facts import facts_from_json
from core.present.ramps import rgb
from core.runs import ClassArea, MapBounds
from core.types import NO_DATA, Grid, Pixels

UTM = Grid.of(CRS.from_epsg(32643), Affine(30, 0, 700_000, 0, -30, 3_600_000), 48, 64)
DEGREES = Grid.of(CRS.from_epsg(4326), Affine(0.0003, 0, 77.1, 0, -0.0003, 32.5), 48, 64)
TURNED = Grid.of(
    CRS.from_epsg(32643),
    Affine.translation(700_000, 3_600_000) @ Affine.rotation(20) @ Affine.scale(30, -30),
    48,
    64,
)
NOWHERE = Grid.of(None, Affine.identity(), 48, 64)


@dataclass
class StandInTile:
    """As much of a tile as previews need."""

    grid: Grid
    pixels: Pixels
    present: tuple[bool, ...] = (True,) * 5
    name: str = "<img src=x onerror=alert(1)>.tif"
    sensor: str | None = "Landsat 9"
    acquired_on: date | None = date(2023, 9, 15)
    sha256: str = "ab" * 32

    def overview(self, max_px: int) -> tuple[Pixels, Grid]:
        assert max_px == MAX_PX
        return self.pixels, self.grid


def make_tile(grid: Grid, **facts: object) -> StandInTile:
    """A tile whose upper left quarter has no data."""
    values = np.random.default_rng(3).random((5, *grid.shape), np.float32)
    valid = np.ones(grid.shape, bool)
    valid[: grid.height // 2, : grid.width // 2] = False
    return StandInTile(grid, Pixels(values, valid), **facts)  # type: ignore[arg-type]


def opened(path: Path) -> NDArray[np.uint8]:
    """The picture as RGBA."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGBA"))


def write(path: Path, values: NDArray[np.uint8], grid: Grid) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", height=grid.height, width=grid.width, count=len(values), dtype="uint8",
        crs=grid.crs, transform=Affine(1, 0, 0, 0, -1, 0) if grid.crs is None else grid.affine,
    ) as raster:  # fmt: skip
        raster.write(values)
    return path


def preview(
    folder: Path, tile: StandInTile, spec: ModelSpec = MULTICLASS
) -> tuple[dict[str, Path], MapBounds | None]:
    """Previews of a tile whose right half is class 1 with probability 0.8."""
    shape = tile.grid.shape
    classes = np.where(tile.pixels.valid, 0, NO_DATA).astype(np.uint8)
    classes[:, shape[1] // 2 :] = 1
    levels = np.zeros((len(spec.classes) - 1, *shape), np.uint8)
    levels[0, classes == 1] = 200
    levels[:, classes == NO_DATA] = NO_DATA
    areas = tuple(
        ClassArea(c.index, c.key, c.label, int((classes == c.index).sum()), 0.5, 0.25) for c in spec.classes
    )
    named, bounds = write_previews(
        folder, draw_tile(folder, tile, *tile.overview(MAX_PX)), spec, areas,  # type: ignore[arg-type]
        classes_path=write(folder / "classes.tif", classes[None], tile.grid),
        probabilities_path=write(folder / "probabilities.tif", levels, tile.grid),
    )  # fmt: skip
    return {kind: folder / name for kind, name in named}, bounds


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("grid", [UTM, DEGREES, TURNED, NOWHERE], ids=["utm", "degrees", "turned", "nowhere"])
def test_every_preview_is_written_whatever_the_grid(tmp_path: Path, grid: Grid) -> None:
    files, bounds = preview(tmp_path, make_tile(grid))
    assert set(files) == {
        "composite-swir", "composite-natural", "composite-thermal", "classes-map", "confidence-map", "figure",
        "previews",
    }  # fmt: skip
    assert all(path.stat().st_size for path in files.values())
    assert (bounds is None) == (grid.crs is None)
    assert len({opened(files[kind]).shape for kind in files if kind not in ("figure", "previews")}) == 1


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_tile_without_crs_keeps_its_rows_and_columns(tmp_path: Path) -> None:
    files, _ = preview(tmp_path, make_tile(NOWHERE))
    drawn = opened(files["classes-map"])
    assert drawn.shape == (48, 64, 4)
    assert tuple(drawn[30, 50]) == (*rgb(MULTICLASS.classes[1].colour or ""), 255)
    assert drawn[40, 10, 3] == 0  # background
    assert 0 < drawn[10, 10, 3] < 255  # no data lies under a veil


def test_a_map_lies_where_the_tile_lies(tmp_path: Path) -> None:
    _, bounds = preview(tmp_path, make_tile(DEGREES))
    assert bounds is not None
    found = bounds.west, bounds.north, bounds.east, bounds.south
    assert found == pytest.approx((77.1, 32.5, 77.1 + 64 * 0.0003, 32.5 - 48 * 0.0003), abs=1e-9)


def test_warping_keeps_a_class_where_it_was(tmp_path: Path) -> None:
    files, _ = preview(tmp_path, make_tile(UTM))
    drawn = opened(files["classes-map"])
    share = (drawn[..., 3] == 255).sum() / (drawn.shape[0] * drawn.shape[1])
    assert share == pytest.approx(0.5, abs=0.03)
    assert drawn[:, : drawn.shape[1] // 3, 3].max() < 255


def test_a_missing_band_takes_its_composites_along(tmp_path: Path) -> None:
    tile = make_tile(UTM, present=(True, True, True, True, False))
    files, _ = preview(tmp_path, tile)
    assert "composite-thermal" not in files
    assert "composite-swir" in files


def test_a_scene_is_never_drawn_larger_than_a_browser_likes() -> None:
    scene = Grid.of(CRS.from_epsg(32632), Affine(115, 0, 300_000, 0, -115, 5_300_000), 2048, 2000)
    target = mercator_grid(scene, MAX_PX)
    assert target is not None
    assert max(target.shape) <= MAX_PX


@pytest.mark.parametrize(
    "grid",
    [
        Grid.of(CRS.from_epsg(4326), Affine(0.1, 0, 10, 0, -0.1, 90), 20, 20),
        Grid.of(CRS.from_epsg(4326), Affine(1, 0, -180, 0, -1, 60), 100, 360),
    ],
    ids=["pole", "whole world"],
)
def test_ground_that_web_mercator_cannot_show_has_no_map(grid: Grid) -> None:
    assert mercator_grid(grid, MAX_PX) is None


def test_a_tile_across_the_date_line_stays_in_one_piece(tmp_path: Path) -> None:
    across = Grid.of(CRS.from_epsg(32601), Affine(3000, 0, 250_000, 0, -3000, 7_300_000), 48, 64)
    files, bounds = preview(tmp_path, make_tile(across))
    assert bounds is not None
    assert bounds.west < 180 < bounds.east
    assert bounds.east - bounds.west < 10
    assert (opened(files["classes-map"])[..., 3] == 255).mean() == pytest.approx(0.5, abs=0.06)


def test_the_scale_of_the_map_is_the_grounds() -> None:
    target = mercator_grid(UTM, MAX_PX)
    assert target is not None
    assert target.width * metres_per_px(target) == pytest.approx(64 * 30, rel=0.03)


def test_confidence_is_the_probability_of_the_decided_class() -> None:
    classes = np.array([[0, 1, 2, NO_DATA]], np.uint8)
    foreground = np.array([[[20, 130, 10, 255]], [[30, 20, 240, 255]], [[0, 0, 0, 255]]], np.uint8)
    levels = decided_levels(classes, foreground)
    assert levels.tolist() == [[200, 130, 240, 255]]
    counts = confidence_counts(classes, levels, MULTICLASS)
    assert {key: bins.index(1) if any(bins) else None for key, bins in counts.items()} == {
        "background": 16, "clean_ice": 10, "debris": 19, "water": None,
    }  # fmt: skip


def test_full_certainty_falls_into_the_last_bin() -> None:
    counts = confidence_counts(np.ones((1, 2), np.uint8), np.full((1, 2), 250, np.uint8), BINARY)
    assert counts["glacier"][-1] == 2


def test_the_notes_on_the_previews_come_back_as_written(tmp_path: Path) -> None:
    files, _ = preview(tmp_path, make_tile(UTM))
    facts = facts_from_json(files["previews"].read_bytes())
    assert (facts.height_px, facts.width_px) == UTM.shape
    assert len(facts.limits["composite-swir"]) == 3
    assert sum(facts.confidence["clean_ice"]) == 48 * 32


def test_background_and_ground_outside_are_clear() -> None:
    palette = class_palette(BINARY)
    assert palette[0, 3] == 0
    assert palette[254, 3] == 0
    assert tuple(palette[1]) == (*rgb(BINARY.classes[1].colour or ""), 255)


def test_a_raster_that_is_gone_is_said_so(tmp_path: Path) -> None:
    tile = make_tile(UTM)
    pictures = draw_tile(tmp_path, tile, *tile.overview(MAX_PX))  # type: ignore[arg-type]
    with pytest.raises(ExportError, match=r"classes\.tif .* Run the tile again"):
        write_previews(
            tmp_path, pictures, BINARY, (),
            classes_path=tmp_path / "classes.tif", probabilities_path=tmp_path / "probabilities.tif",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("metres", "length"), [(999, 500), (1000, 1000), (2400, 2000), (0.7, 0.5), (50_000, 50_000)]
)
def test_a_scale_bar_has_a_round_length(metres: float, length: float) -> None:
    assert scale_length(metres) == length


def test_the_figure_is_as_wide_as_two_columns(tmp_path: Path) -> None:
    files, _ = preview(tmp_path, make_tile(UTM))
    with Image.open(files["figure"]) as figure:
        assert figure.width == 2126
        assert figure.info["dpi"] == pytest.approx((300, 300), abs=1)


def test_no_warning_of_rasters_that_lie_nowhere_gets_out_though_another_thread_undoes_filters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """rasterio warns of the array that it warps within a filter of its own, which another thread may undo."""

    def warn(*_: object, **__: object) -> None:
        warnings.warn("Dataset has no geotransform", NotGeoreferencedWarning, stacklevel=2)

    monkeypatch.setattr(mercator, "reproject", warn)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        warp(np.zeros(UTM.shape, np.uint8), UTM, mercator_grid(UTM, MAX_PX), outside=255)
    assert told == []
