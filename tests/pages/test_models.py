"""The models page's own words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.models import MODELS
from core.networks.cards import (
    Calibration,
    ClassScore,
    DataSource,
    FailurePicture,
    Rung,
    ScoreSet,
    Stage,
    write_card,
)
from core.networks.curves import EpochScores, write_curves
from core.networks.weights import load_card
from pages.parts.wording import plain
from pages.show_models import comparison, comparison_note, main_rows, main_scores

if TYPE_CHECKING:
    from core.networks.cards import Card

PAGE = Path(__file__).parents[2] / "pages" / "show_models.py"


@pytest.fixture(autouse=True)
def fresh_cards() -> None:
    """No card that another test's page has kept."""
    st.cache_data.clear()


def test_both_models_stand_in_one_table_with_the_scores_of_their_cards() -> None:
    cards = {key: load_card(key) for key in MODELS}
    table = comparison(cards).splitlines()
    titles = [cell.strip() for cell in table[0].strip("|").split("|")][1:]
    assert titles == [plain(spec.title) for spec in MODELS.values()]
    (mcc,) = [line for line in table if "MCC" in line]
    for card in cards.values():
        of_real_ground = [s for s in card.scores if len(s.classes) == 2 and s.on.startswith("glacierhack")]
        assert plain(f"{of_real_ground[0].mcc:.2f}") in mcc


def test_a_caption_names_the_model_whose_scores_count_water_as_well() -> None:
    cards = {key: load_card(key) for key in MODELS}
    told = "Surface classes (four classes): both scores count glacier and water together."
    assert comparison_note(cards) == told
    assert not comparison_note({"binary": cards["binary"]})
    at = AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert told in [one.value for one in at.caption]
    merged = next(
        number
        for number, score in enumerate(s for s in cards["multiclass"].scores if not s.method)
        if len(score.classes) == 2
    )
    at.selectbox(key="score-set-multiclass").select(merged).run()
    columns = [list(frame.value) for frame in at.dataframe if "Rule" in frame.value]
    assert [names[-1] for names in columns] == ["IoU of glacier", "IoU of glacier and water"]


def test_the_largest_of_several_real_folders_speaks_for_the_model() -> None:
    (own,) = (s for s in full_card().scores if s.on == "alps: valid pixels" and not s.method)
    small = replace(own, on="a few tiles: valid pixels", pixels=10, mcc=0.11)
    card = replace(full_card(), scores=(small, *full_card().scores))
    assert [s.on for s in main_scores(card)] == [s.on for s in main_scores(full_card())]


def test_a_model_without_such_a_score_says_so() -> None:
    card = replace(load_card("binary"), scores=())
    assert "not measured" in comparison({"binary": card})


def full_card() -> Card:
    """A card with everything that a training may tell."""
    classes = (
        ClassScore("non_glacier", 80, 0.9, 0.9, 0.9, 0.9, 82, (0.8, 0.95)),
        ClassScore("glacier", 20, 0.6, 0.7, 0.8, 0.75, 18, (0.41, 0.72)),
    )
    own = ScoreSet(
        "alps: valid pixels",
        100,
        0.9,
        0.66,
        0.75,
        classes,
        0.03,
        5,
        False,
        mcc_interval=(0.51, 0.71),
        confusion=((78, 2), (4, 16)),
    )
    made = replace(own, on="winter: valid pixels", simulated=True)
    rule = replace(own, method="NDSI > 0.40", mcc=0.31, calibration_error=None)
    return replace(
        load_card("binary"),
        scores=(own, rule, made),
        failures=("Snow <b>on</b> rock is called glacier.",),
        failure_pictures=(
            FailurePicture("binary.alps.webp", "alps/t1", True, "Natural colour", 0.31, 0.8),
            FailurePicture("binary.gone.webp", "gone/t1", False, "Natural colour", 0.12, 0.7),
        ),
        data=(DataSource("alps", 12, 5, 0, False, {"glacier": 1234567}, "Alps, 2020", "CC BY 4.0"),),
        calibration=Calibration(1.3, 0.08, 0.02),
        stage=Stage(3, 7, 375, finished=False),
        half_precision_alike=0.9991,
        ablation=(Rung("reference recipe", 400, {"alps: valid pixels": 0.41}), Rung("place split", 400, {})),
    )


def test_tiles_without_ice_do_not_stand_for_how_well_ice_is_mapped() -> None:
    card = full_card()
    (own,) = main_scores(card)
    bare = tuple(replace(each, label_px=0) if each.key == "glacier" else each for each in own.classes)
    farmland = replace(own, on="farmland: valid pixels", mcc=0.0, classes=bare)
    assert main_scores(replace(card, scores=(*card.scores, farmland))) == [own]


def test_the_main_scores_are_the_models_own_on_real_ground_with_their_interval() -> None:
    card = full_card()
    assert [score.on for score in main_scores(card)] == ["alps: valid pixels"]
    assert main_rows(MODELS["binary"], card) == {
        "MCC": "0.66 (0.51 to 0.71 on other tiles)",
        "IoU, not glacier": "0.90 (0.80 to 0.95 on other tiles)",
        "IoU, glacier": "0.60 (0.41 to 0.72 on other tiles)",
    }


def test_ranges_over_squares_of_few_tiles_do_not_speak_of_other_tiles() -> None:
    card = full_card()
    few = replace(card, scores=(replace(card.scores[0], tiles=1, drawn_px=128),))
    assert main_rows(MODELS["binary"], few)["MCC"] == "0.66 (0.51 to 0.71 on other ground of the same tile)"


def test_the_page_draws_all_that_a_card_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_card(full_card(), tmp_path / "binary.json")
    write_card(load_card("multiclass"), tmp_path / "multiclass.json")
    rows = [EpochScores(3, 375, 1e-3, 1.0, 0.5, 0.6, {"non_glacier": 0.8, "glacier": 0.4})]
    write_curves(rows, tmp_path / "binary.curves.csv")
    monkeypatch.setattr("pages.parts.cached.WEIGHTS", tmp_path)
    monkeypatch.setattr("pages.parts.model_training.WEIGHTS", tmp_path)
    monkeypatch.setattr("pages.parts.places.WEIGHTS", tmp_path)
    Image.new("RGBA", (40, 10)).save(tmp_path / "binary.alps.webp")
    at = AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert not at.exception
    words = "\n".join(one.value for one in (*at.markdown, *at.caption))
    assert r"\<b\>on" in words or "&lt;b" in words
    assert "from 8.0 % to 2.0 %" in words
    plain_words = words.replace("\\", "")
    assert "alps/t1, simulated: MCC 0.31, accuracy 0.80; input in natural colour" in plain_words
    assert "gone/t1: MCC 0.12, accuracy 0.70; input in natural colour. Its picture is not" in plain_words
    facts = "\n".join(one.value.to_string() for one in at.table)
    assert "epoch 3 of 7, step 375; the training was not finished" in facts
    assert "Stored in single precision" in facts
    assert [picture.value[0][:15] for picture in at.image] == ["data:image/webp"]
    tables = [frame.value for frame in at.dataframe]
    assert any("NDSI > 0.40" in table.get("Rule", []).tolist() for table in tables if "Rule" in table)
    assert any("CC BY 4.0" in table["Licence"].tolist() for table in tables if "Licence" in table)
    assert any("+ place split" in table["Recipe"].tolist() for table in tables if "Recipe" in table)
    assert len(at.get("plotly_chart")) >= 2
    at.selectbox(key="score-set-binary").select(1).run()
    assert any("winter: valid pixels (simulated)" in one.value.replace("\\", "") for one in at.markdown)


def test_curves_of_another_training_are_told_in_place_of_their_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in ("binary", "multiclass"):
        write_card(load_card(model), tmp_path / f"{model}.json")
    rows = [EpochScores(4, 77, 1e-3, 1.0, 0.5, 0.6, {"non_glacier": 0.8, "glacier": 0.4})]
    write_curves(rows, tmp_path / "binary.curves.csv")
    for module in ("cached", "model_training", "places"):
        monkeypatch.setattr(f"pages.parts.{module}.WEIGHTS", tmp_path)
    at = AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert not at.exception
    assert any("of another training than the weights" in one.value for one in at.warning)


def test_damaged_curves_are_told_in_place_of_their_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for model in ("binary", "multiclass"):
        write_card(load_card(model), tmp_path / f"{model}.json")
    (tmp_path / "binary.curves.csv").write_text("epoch,step\n1,many\n", "utf-8")
    for module in ("cached", "model_training", "places"):
        monkeypatch.setattr(f"pages.parts.{module}.WEIGHTS", tmp_path)
    at = AppTest.from_file(str(PAGE), default_timeout=60).run()
    assert not at.exception
    assert any("cut off or were altered" in one.value for one in at.warning)
    assert len(at.table) >= 2  # all else is drawn
