"""A tile is analysed and its runs are saved one after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Cancelled, HistoryError, TileError
from core.models import BINARY, MULTICLASS
from core.networks.cards import deciding_numbers
from core.runs import Options, RunKey
from core.tiles.reading import open_tile
from core.tiles.tile import Tile
from db import recording
from db.history import History
from db.recording import analyse_and_save
from tests.core.inference.sources import small_unet
from tests.core.outlines.shapes import in_degrees, outlines
from tests.rasters import level2_numbers, write_tile

BANDS = ("blue", "green", "red", "swir1", "thermal")
MODELS = (small_unet(BINARY), small_unet(MULTICLASS))
NO_MINIMUM = Options(min_area_km2=0)


@pytest.fixture
def tile(tmp_path: Path) -> Tile:
    return open_tile(write_tile(tmp_path / "tile.tif", level2_numbers(64, 48), descriptions=BANDS))


def test_each_model_gives_a_run_that_holds_its_files(local_history: History, tile: Tile) -> None:
    with tile:
        ids = analyse_and_save(local_history, tile, MODELS, NO_MINIMUM, site="Lahaul", note="first")
    stored = [local_history.get_run(run_id) for run_id in ids]
    assert [one.run.model for one in stored] == ["binary", "multiclass"]
    for one in stored:
        assert (one.site, one.note, one.input_kept) == ("Lahaul", "first", True)
        assert one.path("classes").is_file()
        assert (one.folder / "run.json").is_file()
        assert one.run.tile == tile.facts()
    assert list(local_history.location.staging.iterdir()) == []


def test_what_lies_inside_the_outlines_of_the_site_is_measured_at_once(
    local_history: History, tile: Tile
) -> None:
    local_history.create_site("Lahaul")
    local_history.set_outlines("Lahaul", outlines(in_degrees((5, 5, 30, 30))))
    with tile:
        (run_id,) = analyse_and_save(local_history, tile, MODELS[:1], NO_MINIMUM, site="Lahaul")
    (measured,) = local_history.kept_totals("Lahaul")
    assert measured == run_id


def test_a_tile_on_which_no_outline_can_be_placed_is_saved_all_the_same(
    local_history: History, tmp_path: Path
) -> None:
    local_history.create_site("Lahaul")
    local_history.set_outlines("Lahaul", outlines(in_degrees((5, 5, 30, 30))))
    path = write_tile(tmp_path / "nowhere.tif", level2_numbers(64, 48), descriptions=BANDS, crs=None)
    with open_tile(path) as tile:
        (run_id,) = analyse_and_save(local_history, tile, MODELS[:1], NO_MINIMUM, site="Lahaul")
    assert local_history.get_run(run_id).site == "Lahaul"


def test_progress_runs_once_from_nothing_to_the_end_over_all_models(
    local_history: History, tile: Tile
) -> None:
    reported: list[float] = []
    with tile:
        analyse_and_save(local_history, tile, MODELS, NO_MINIMUM, on_progress=reported.append)
    assert reported == sorted(reported)
    assert reported[-1] == 1.0
    assert any(0 < fraction < 0.5 for fraction in reported)


def test_only_the_hash_is_kept_when_the_user_wants_it_so(local_history: History, tile: Tile) -> None:
    with tile:
        (run_id,) = analyse_and_save(local_history, tile, MODELS[:1], NO_MINIMUM, keep_input=False)
    assert not local_history.get_run(run_id).input_kept
    assert local_history.archive_size().inputs == 0


def test_a_cancelled_job_keeps_what_is_finished_and_leaves_nothing_else(
    local_history: History, tile: Tile
) -> None:
    def stop_in_the_second(fraction: float) -> None:
        if fraction > 0.5:
            raise Cancelled("stop")

    with tile, pytest.raises(Cancelled):
        analyse_and_save(local_history, tile, MODELS, NO_MINIMUM, on_progress=stop_in_the_second)
    assert [record.model for record in local_history.list_runs()] == ["binary"]
    assert list(local_history.location.staging.iterdir()) == []


def test_a_failed_analysis_leaves_nothing(
    local_history: History, tile: Tile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise TileError("damaged")

    monkeypatch.setattr(recording, "analyse", fail)
    with tile, pytest.raises(TileError):
        analyse_and_save(local_history, tile, MODELS, NO_MINIMUM)
    assert local_history.count_runs() == 0
    assert list(local_history.location.staging.iterdir()) == []
    assert list(local_history.location.tiles.iterdir()) == []


def test_a_site_that_cannot_be_saved_is_refused_before_anything_is_computed(
    local_history: History, tile: Tile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        pytest.fail("the tile was computed")

    monkeypatch.setattr(recording, "analyse", fail)
    with tile, pytest.raises(HistoryError, match="200 is the most"):
        analyse_and_save(local_history, tile, MODELS, NO_MINIMUM, site="x" * 201)


def test_a_kept_input_repeats_its_run_with_the_same_areas(local_history: History, tile: Tile) -> None:
    with tile:
        (first,) = analyse_and_save(local_history, tile, MODELS[1:], NO_MINIMUM)
    with local_history.open_input(first) as again:
        (second,) = analyse_and_save(local_history, again, MODELS[1:], NO_MINIMUM)
    runs = [local_history.get_run(run_id).run for run_id in (first, second)]
    assert runs[0].areas == runs[1].areas
    assert runs[0].tile == runs[1].tile
    assert runs[0].artifact("classes").sha256 == runs[1].artifact("classes").sha256


def test_a_finished_run_is_found_again_by_content_weights_and_options(
    local_history: History, tile: Tile
) -> None:
    with tile:
        (run_id,) = analyse_and_save(local_history, tile, MODELS[:1], NO_MINIMUM)
    run = local_history.get_run(run_id).run
    assert run.key == RunKey(
        tile.sha256,
        tile.radiometry.kind,
        "binary",
        MODELS[0].weights_sha256,
        NO_MINIMUM,
        deciding_numbers(MODELS[0].card),
    )
    assert local_history.find_run(run.key) == run_id
    assert local_history.find_run(replace(run.key, options=Options())) is None
