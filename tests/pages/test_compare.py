"""A visitor compares two runs: what differs is told first, numbers and maps follow, the change is split."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from core.checks import CloudCheck, CrossChecks, Rule
from core.comparison import ComparedRun
from core.measure.votes import ICE, KNOWN, NETWORK
from core.models import MULTICLASS, ModelSpec
from core.networks import stored
from core.present.change_charts import area_against, signed_area
from core.runs import Artifact, Options
from core.tiles.reading import open_tile
from core.types import Finding, Grid, Severity
from db.history import History, open_history
from db.recording import analyse_and_save
from pages.parts import cached
from tests.core.compared import write_run
from tests.core.inference.sources import card_of, small_unet
from tests.core.measure.surfaces import utm
from tests.core.outlines.shapes import in_degrees, outlines
from tests.pages.conftest import NAMES, App
from tests.rasters import TRANSFORM, level2_numbers, write_tile

PAGE = "pages/compare_runs.py"
SaveRun = Callable[..., str]


@pytest.fixture
def save_run(tmp_path: Path) -> SaveRun:
    """A run with the given classes in the history."""

    def save(
        classes: NDArray[np.uint8] | list[list[int]],
        spec: ModelSpec = MULTICLASS,
        grid: Grid | None = None,
        **changes: object,
    ) -> str:
        store: History = open_history()
        array = np.asarray(classes, np.uint8)
        with store.staging() as folder:
            made: ComparedRun = write_run(folder / "run", array, grid or utm(*array.shape), spec, sure=1.0)
            facts = made.run.tile
            day, site = changes.pop("acquired_on", date(2020, 9, 1)), changes.pop("site", None)
            if (votes := changes.pop("votes", None)) is not None:
                write_tile(made.folder / "votes.tif", np.asarray(votes))
                kept = Artifact("votes", "votes.tif", "0" * 64, 1)
                changes["artifacts"] = (*made.run.artifacts, kept)
            run = replace(
                made.run,
                tile=replace(
                    facts,
                    acquired_on=day,
                    sha256=str(changes.pop("sha256", facts.sha256)),
                    sensor=str(changes.pop("sensor", facts.sensor)),
                ),
                map_bounds=None,
                **changes,
            )
            store.save_run(run, made.folder, site=None if site is None else str(site))
        store.close()
        return run.id

    return save


def retreat() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A glacier of 40 x 40 px that lost a third, of which some became water."""
    before = np.zeros((60, 60), np.uint8)
    before[10:50, 10:50] = 1
    after = before.copy()
    after[10:20, 10:50], after[20:24, 10:50] = 0, 3
    return before, after


def open_pair(app: App, first: str, second: str) -> None:
    app.open(PAGE)
    app.at.selectbox(key="compare_a").set_value(first).run()
    app.at.selectbox(key="compare_b").set_value(second).run()
    app.finish_jobs()


def metrics(app: App) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.at.metric}


def test_without_two_runs_the_page_shows_the_way_to_some(app: App) -> None:
    app.open(PAGE)
    assert "Two runs are needed" in app.words()


def test_a_comparison_tells_net_change_gain_and_loss(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first = save_run(before, acquired_on=date(2015, 9, 1), sha256="1" * 64)
    second = save_run(after, acquired_on=date(2020, 9, 1), sha256="2" * 64)
    open_pair(app, first, second)
    shown = metrics(app)
    pixel_km2 = 0.0009
    assert shown["Net change of ice"].startswith(signed_area(-560 * pixel_km2)[:4])
    assert shown["Gain"] == "0.000 km²"
    assert "The ice lost area" in app.words()
    assert "no part of the change is the model" in app.words()
    folder = cached.history().find_comparison(first, second)
    assert folder is not None
    with (folder / "transitions.csv").open(encoding="utf-8", newline="") as file:
        drowned = [row for row in csv.DictReader(file) if (row["from"], row["to"]) == ("clean_ice", "water")]
    assert [row["pixels"] for row in drowned] == ["160"]


def test_what_differs_is_told_before_any_number(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first = save_run(before, sha256="1" * 64, acquired_on=date(2015, 9, 1))
    second = save_run(
        after, sha256="2" * 64, acquired_on=date(2020, 4, 1), weights_sha256="f" * 64,
        options=Options(min_area_km2=0.1),
    )  # fmt: skip
    open_pair(app, first, second)
    told = next(warning.value for warning in app.at.warning)
    assert "weights differ" in told
    assert "smallest areas differ" in told
    assert "seasons are" in told
    words = [type(element).__name__ for element in app.at.main]
    assert words.index("Warning") < words.index("Metric")


def test_the_same_run_twice_is_one_sentence(app: App, save_run: SaveRun) -> None:
    first = save_run(retreat()[0])
    save_run(retreat()[1])
    open_pair(app, first, first)
    assert "the same run twice" in app.words()
    assert not app.at.metric


def test_runs_of_different_ground_are_one_sentence(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first, second = save_run(before), save_run(after, grid=utm(60, 60, east=700_000))
    open_pair(app, first, second)
    assert "do not overlap" in app.words()
    assert app.at.button(key="retry")
    assert not [*app.at.success, *app.at.warning, *app.at.info], "one sentence says why"


CLEAR, CLOUDY, UNJUDGED = (
    CrossChecks(clouds=CloudCheck(cloud_px, judged_px))
    for cloud_px, judged_px in ((1, 1000), (185, 1000), (0, 0))
)


@pytest.mark.parametrize(
    ("checks", "box", "words"),
    [
        (CLEAR, "success", "nothing known speaks against reading the change as the ground's"),
        (CLOUDY, "warning", "18.5 % of the first tile look like cloud"),
        (UNJUDGED, "info", "Whether the first run shows cloud"),
        (CrossChecks(), "info", "Whether the first run shows cloud"),
    ],
    ids=["clear", "cloudy", "unjudged", "not-looked-for"],
)
def test_only_runs_that_are_clear_of_cloud_differ_by_the_ground_alone(
    app: App, save_run: SaveRun, checks: CrossChecks, box: str, words: str
) -> None:
    before, after = retreat()
    first = save_run(before, sha256="1" * 64, acquired_on=date(2015, 9, 1), checks=checks, findings=())
    second = save_run(after, sha256="2" * 64, acquired_on=date(2020, 9, 1), checks=CLEAR, findings=())
    open_pair(app, first, second)
    shown = [*app.at.success, *app.at.warning, *(each for each in app.at.info if "no map" not in each.value)]
    assert [type(each).__name__.lower() for each in shown] == [box]
    assert words in shown[0].value.replace("\\", "")
    rows = {str(row[0]).strip("*"): row[1:] for row in app.at.table[0].value.to_numpy()}
    assert rows["Unmasked cloud"][1].replace("\\", "").strip("*") == "0.1 %"


def test_a_run_whose_raster_is_gone_is_named_with_what_to_do(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first = save_run(before, sha256="1" * 64)
    second = save_run(after, sha256="2" * 64, acquired_on=date(2020, 9, 2))
    store = open_history()
    gone = store.get_run(second).folder / "classes.tif"
    store.close()
    gone.unlink()
    open_pair(app, first, second)
    told = app.at.error[0].value.replace("\\", "")
    assert "2020-09-02 is no longer in the data folder" in told
    assert gone.parent.name in told
    assert app.at.button(key="retry")


def test_a_run_that_is_gone_is_told(app: App, save_run: SaveRun) -> None:
    save_run(retreat()[0])
    second = save_run(retreat()[1])
    app.open(PAGE)
    app.at.query_params["a"] = "gone"
    app.at.query_params["b"] = second
    app.at.run()
    app.sound()
    assert "The history has no run" in app.words()


def test_the_pair_can_be_swapped(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first, second = save_run(before, sha256="1" * 64), save_run(after, sha256="2" * 64)
    open_pair(app, first, second)
    app.at.button(key="swap").click().run()
    app.finish_jobs()
    assert app.at.selectbox(key="compare_a").value == second
    assert "The ice gained area" in app.words()


@pytest.mark.parametrize("site", [None, "Drang Drung"])
def test_a_change_between_models_is_split_by_running_both_tiles_again(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: str | None
) -> None:
    present = replace(small_unet(MULTICLASS, seed=1), weights_sha256=card_of(MULTICLASS).sha256)
    monkeypatch.setattr(stored, "find_model", lambda key, folder: present)
    store = open_history()
    ids = []
    for seed, (day, sha256) in enumerate(((date(2015, 9, 1), "a"), (date(2020, 9, 1), "b"))):
        path = write_tile(tmp_path / f"{seed}.tif", level2_numbers(40, 40, seed), descriptions=NAMES)
        former = replace(card_of(MULTICLASS), temperature=1.5)
        model = replace(small_unet(MULTICLASS), card=former, weights_sha256=sha256 * 64)
        with open_tile(path, acquired_on=day) as tile:
            ids += analyse_and_save(store, tile, [model], Options(min_area_km2=0), site=site)
    if site:
        store.set_outlines(site, outlines(in_degrees((5, 5, 20, 20))))
    store.close()
    open_pair(app, *ids)
    assert "weights differ" in app.words()
    assert not choices(app), "either choice would run the same"
    app.at.button(key="split").click().run()
    app.finish_jobs()
    words = app.words()
    assert "**Model:**" in words
    assert [part in words for part in ("**Scene and glacier:**", "**Scene:**", "**Glacier, and snow")] == [
        site is None, site is not None, site is not None,
    ]  # fmt: skip
    assert any(button.label == "Parts of the change (CSV)" for button in app.at.get("download_button"))
    assert cached.history().count_runs() == 4


def test_scene_and_glacier_of_one_model_are_told_apart_where_outlines_tell(
    app: App, save_run: SaveRun
) -> None:
    before, after = retreat()
    after[52:58, 52:58] = 1  # snow far from the outline
    grid = Grid.of(CRS.from_epsg(32643), TRANSFORM, 60, 60)
    ids = [
        save_run(classes, grid=grid, sha256=sha256 * 64, site="Drang Drung")
        for classes, sha256 in ((before, "1"), (after, "2"))
    ]
    open_pair(app, *ids)
    assert "Give both runs one site with outlines" in app.words()
    cached.history().set_outlines("Drang Drung", outlines(in_degrees((8, 8, 50, 50))))
    open_pair(app, *ids)
    words = app.words()
    assert "no part of the change is the model's" in words
    assert "**Model:**" not in words
    assert "**Scene:** +0.032 km" in words
    assert "**Glacier, and snow on it or beside it:** \N{MINUS SIGN}" in words


def test_what_a_network_makes_of_finer_pixels_is_not_booked_as_the_glaciers(
    app: App, save_run: SaveRun
) -> None:
    before, _ = retreat()
    after = np.kron(before, np.ones((2, 2), np.uint8))
    after[18:20, 20:100] = 1  # a network maps finer pixels otherwise
    coarse, fine = (
        Grid.of(CRS.from_epsg(32643), TRANSFORM @ Affine.scale(1 / finer), 60 * finer, 60 * finer)
        for finer in (1, 2)
    )
    ids = [
        save_run(classes, grid=grid, sha256=sha256 * 64, site="Drang Drung")
        for classes, grid, sha256 in ((before, coarse, "1"), (after, fine, "2"))
    ]
    open_pair(app, *ids)
    words = app.words().replace("\\", "")
    assert "no part of the change is the model" not in words
    assert "other pixels (30.0 m and 15.0 m a side)" in words
    assert "to tell the scene from the rest" in words
    assert any("a network maps finer pixels otherwise" in warning.value for warning in app.at.warning)
    cached.history().set_outlines("Drang Drung", outlines(in_degrees((8, 8, 50, 50))))
    open_pair(app, *ids)
    assert "**Glacier, snow on it or beside it, and what the network makes of" in app.words()
    assert "**Glacier, and snow" not in app.words()


def test_runs_of_another_sensor_are_not_said_to_differ_by_the_ground_alone(
    app: App, save_run: SaveRun
) -> None:
    before, after = retreat()
    first = save_run(before, sha256="1" * 64)
    second = save_run(after, sha256="2" * 64, sensor="Landsat 9")
    open_pair(app, first, second)
    assert "no part of the change is the model" not in app.words()
    assert "another sensor (Landsat 8 and Landsat 9)" in app.words().replace("\\", "")


def test_a_run_flagged_for_snow_around_outlines_that_came_later_is_told(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    grid = Grid.of(CRS.from_epsg(32643), TRANSFORM, 60, 60)
    bare = np.full((60, 60), KNOWN[Rule.NDSI], np.uint8)
    ids = [
        save_run(
            classes, grid=grid, sha256=sha256 * 64, site="Drang Drung", votes=votes, checks=CLEAR,
            findings=(), acquired_on=date(year, 9, 1),
        )
        for classes, sha256, votes, year in (
            (before, "1", bare, 2019), (after, "2", bare | NETWORK | ICE[Rule.NDSI], 2020),
        )
    ]  # fmt: skip
    open_pair(app, *ids)
    assert "nothing known speaks against" in app.words()
    cached.history().set_outlines("Drang Drung", outlines(in_degrees((10, 10, 50, 50))))
    open_pair(app, *ids)
    assert "nothing known speaks against" not in app.words()
    assert "The second run: Seasonal snow: 100 %" in app.words().replace("\\", "")
    cached.history().remove_outlines("Drang Drung")
    open_pair(app, *ids)
    assert "nothing known speaks against" in app.words()


def test_a_warning_of_one_scene_is_never_under_a_green_box(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    found = (Finding(Severity.WARNING, "saturated", "Blue is saturated on 9 % of the ground."),)
    first = save_run(before, sha256="1" * 64, checks=CLEAR, findings=found)
    second = save_run(after, sha256="2" * 64, checks=CLEAR, findings=(), acquired_on=date(2021, 9, 1))
    open_pair(app, first, second)
    assert "The first run: Blue is saturated" in app.words().replace("\\", "")
    assert "nothing known speaks against" not in app.words()


def test_a_tile_whose_input_is_gone_cannot_be_split_and_the_page_says_how(
    app: App, save_run: SaveRun
) -> None:
    before, after = retreat()
    first = save_run(before, sha256="1" * 64)
    second = save_run(after, sha256="2" * 64, weights_sha256="f" * 64)
    open_pair(app, first, second)
    assert "was not kept, only its hash" in app.words()


def test_one_tile_with_two_models_is_a_change_of_the_model_alone(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first, second = save_run(before), save_run(after, weights_sha256="f" * 64)
    open_pair(app, first, second)
    assert "all of the change is the model" in app.words()
    assert "saw the same tile" in app.words()


def choices(app: App) -> list[str]:
    """What the choice of the common model offers; empty where there is none."""
    found = [each for each in app.at.button_group if each.key == "split_like"]
    return [option.content for each in found for option in each.proto.options]


def test_the_common_model_is_named_by_what_would_run(app: App, save_run: SaveRun) -> None:
    before, after = retreat()
    first = save_run(before, sha256="1" * 64)
    second = save_run(after, sha256="2" * 64, weights_sha256="f" * 64, options=Options(min_area_km2=0.1))
    open_pair(app, first, second)
    assert choices(app) == ["First run's: smallest area 0.01 km²", "Second run's: smallest area 0.1 km²"]


@pytest.mark.parametrize(
    ("area_km2", "words"),
    [(-7.164, "7.164 km² less than"), (0.5, "0.500 km² more than"), (-1e-9, "as much as")],
)
def test_a_model_maps_more_or_less_than_the_common_one_never_a_negative_more(
    area_km2: float, words: str
) -> None:
    assert area_against(area_km2) == words
