"""How sure the areas of a run are, on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.models import model_spec
from core.networks import cards
from core.networks.error_tests import ErrorTest, SpreadTest
from core.runs import Options
from core.tiles.reading import open_tile
from db.history import open_history
from db.recording import analyse_and_save
from pages.parts.cached import model_card
from tests.core.inference.sources import card_of, small_unet
from tests.pages.conftest import NAMES, App
from tests.rasters import level2_numbers, write_tile

ONE_VIEW = Options()
TEST = ErrorTest(
    40,
    60,
    {"ice": 2.5},
    {"buffer": {"ice": 0.7}, "probability": {"ice": 0.95}},
    "command",
    SpreadTest(12, {"ice": 0.25}, "command with eight views"),
)


def _save(folder: Path, options: Options = ONE_VIEW, **placed: object) -> str:
    path = write_tile(folder / "tile.tif", level2_numbers(40, 40, 1), descriptions=NAMES, **placed)
    return _save_tile(path, options)


def _save_tile(path: Path, options: Options) -> str:
    store = open_history()
    with open_tile(path) as tile:
        (run_id,) = analyse_and_save(store, tile, [small_unet(model_spec("multiclass"))], options)
    store.close()
    return run_id


def _open(app: App, run_id: str) -> App:
    app.open()
    app.at.query_params["id"] = run_id
    app.at.switch_page("pages/show_run.py").run()
    app.sound()
    return app


def test_the_errors_of_an_area_stand_side_by_side(app: App, tmp_path: Path) -> None:
    words = _open(app, _save(tmp_path, Options(symmetries=True))).words()
    assert "How sure" in words
    for title in ("**Buffer**", "**Probability**", "**Eight views**", "Literature"):
        assert title in words
    assert words.count("95 %: ") == 3
    assert words.count("was not tested for these weights") == 3
    assert "Cross-checks" in words
    assert words.count("agrees with the model's clean ice on") == 2
    assert "of the pixels look like cloud that the product does not mask" in words


def test_without_shortwave_infrared_the_page_says_that_cloud_cannot_be_told(app: App, tmp_path: Path) -> None:
    bands = [0, 1, 2, 4]
    path = write_tile(
        tmp_path / "tile.tif", level2_numbers(40, 40, 1)[bands], descriptions=[NAMES[band] for band in bands]
    )
    words = _open(app, _save_tile(path, ONE_VIEW)).words()
    assert "**Unmasked cloud** cannot be told on this tile" in words


def test_an_error_that_was_not_asked_for_says_how_to_get_it(app: App, tmp_path: Path) -> None:
    words = _open(app, _save(tmp_path)).words()
    assert words.count("95 %: ") == 2
    assert "Switch **Eight views** on" in words


def test_the_page_says_by_how_much_the_intervals_fall_short(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = model_spec("multiclass")
    card = replace(card_of(spec), error_test=TEST, sha256=small_unet(spec).weights_sha256)
    monkeypatch.setattr(cards, "read_card", lambda _path: card)
    model_card.clear()  # what an earlier page read would be kept for a minute
    try:
        words = _open(app, _save(tmp_path, Options(symmetries=True))).words()
    finally:
        model_card.clear()
    assert "70 % of cases, 25 points fewer than the 95 % it is meant for" in words
    assert "On 12 simulated tiles it held the true area in 25 % of cases, 70 points fewer" in words
    assert "95 % of cases. It was widened 2.5 times" in words


def test_without_areas_the_page_says_why_there_are_no_errors(app: App, tmp_path: Path) -> None:
    words = _open(app, _save(tmp_path, crs=None, transform=None)).words()
    assert "no area in km² is known" in words
