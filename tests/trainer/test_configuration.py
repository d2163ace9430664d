"""Configurations: those that ship can be read, wrong ones are refused with the field's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from core.errors import TrainingError
from trainer.augmentation import Augmentation
from trainer.configuration import CONFIGS_DIR, read_configuration

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL = """
model = "binary"
losses = { cross_entropy = 1.0 }
learning_rate = 1e-4
batch = 8
epochs = 40
patches_per_epoch = 20
patch_px = 512
"""


@pytest.mark.parametrize(
    ("name", "model"),
    [("ps1", "binary"), ("ps2", "multiclass"), ("binary", "binary"), ("multiclass", "multiclass")],
)
def test_every_configuration_that_ships_can_be_read(name: str, model: str) -> None:
    assert read_configuration(CONFIGS_DIR / f"{name}.toml").model == model


def test_the_first_reference_recipe_is_the_reports() -> None:
    recipe = read_configuration(CONFIGS_DIR / "ps1.toml")
    assert (recipe.learning_rate, recipe.batch, recipe.epochs) == (1e-4, 8, 40)
    assert (recipe.split.kind, recipe.split.folds) == ("random", 5)
    assert recipe.augmentation == Augmentation()
    assert recipe.losses == {"cross_entropy": 1.0}


def test_our_own_recipes_split_by_place() -> None:
    for name in ("binary", "multiclass"):
        assert read_configuration(CONFIGS_DIR / f"{name}.toml").split.kind == "place"


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("bacth = 3", "a key bacth that no training knows; did you mean batch?"),
        ("[augmentation]\nhase = 0.1", "a key augmentation.hase that no training knows; did you mean haze?"),
        ("[split]\nplace = 3", "a key split.place that no training knows; it knows fold, folds, kind."),
        ("schedule = 'cosine'", "schedule = \"cosine\"; needed is 'constant', 'one-cycle' or 'plateau'."),
        (
            "losses = { dicee = 1.0 }",
            "has a loss dicee; known are cross_entropy, dice, tversky and focal_tversky.",
        ),
        ("batch = true", "batch = true; needed is a whole number."),
        ("epochs = '60'", 'epochs = "60"; needed is a whole number.'),
        ("seed = 1.0", "seed = 1.0; needed is a whole number."),
        ("half_precision = 1", "half_precision = 1; needed is true or false."),
        ("seed = 2026-01-01", 'seed = "2026-01-01"; needed is a whole number.'),
        ("seed = 'one'", 'seed = "one"; needed is a whole number.'),
        ("half_precision = 'perhaps'", "needed is true or false."),
        ("[split]\nkind = 'patch'", "split.kind = \"patch\"; needed is 'place' or 'random'."),
        ("[origins.a]\nplaces = 'here'", "lacks origins.a.licence. Add it."),
        ("=", "is no TOML"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, added: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    others = [kept for kept in MINIMAL.splitlines() if not kept.startswith(added.split(" =")[0] + " ")]
    path.write_text("\n".join([*others, added]), "utf-8")
    with pytest.raises(TrainingError, match=rf"mine\.toml .*{re.escape(message)}"):
        read_configuration(path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("batch = 0", "batch = 0; needed is a whole number from 1 to 4096."),
        ("epochs = -1", "epochs = -1; needed is a whole number from 1 to 100000."),
        ("learning_rate = -1.0", "learning_rate = -1.0; needed is a number above 0, 1 at most."),
        ("learning_rate = nan", "learning_rate = nan; needed is a number above 0, 1 at most."),
        ("losses = {}", "needed is at least one, such as { cross_entropy = 1.0 }."),
        ("losses = { dice = 0 }", "losses.dice = 0.0; needed is a number above 0."),
        ("patches_per_epoch = 0", "patches_per_epoch = 0; needed is a whole number from 1 to 1000000."),
        ("patch_px = 30", "patch_px = 30; needed is a multiple of 16, the network's stride, up to 8192."),
        ("class_weights = [1.0]", "class_weights = [1.0]; needed is a list of 2 numbers"),
        ("logit_shift = [0.0, 1.0]", "logit_shift = [0.0, 1.0]; needed is none: this model has a threshold"),
        ("seed = -1", "seed = -1; needed is a whole number from 0 to 4294967295."),
        ("[rare]\n2 = 0.5", "rare = { 2 = 0.5 }; needed is a class from 0 to 1."),
        ("[rare]\n0 = 0.6\n1 = 0.6", "needed is shares that add up to 1 or less."),
        ("[split]\nfolds = 1", "split.folds = 1; needed is a whole number from 2 on."),
        ("learning_rate = 30", "learning_rate = 30.0; needed is a number above 0, 1 at most."),
        ("batch = 80000", "batch = 80000; needed is a whole number from 1 to 4096."),
        ("[augmentation]\nscale = 3.0", "augmentation.scale = 3.0; needed is a number from 0 to 1."),
        ("[augmentation]\ngain = 5.0", "augmentation.gain = 5.0; needed is a number from 0 to 1."),
        ("[augmentation]\nwarmth_k = inf", "augmentation.warmth_k = inf; needed is a number from 0 to 50."),
        ("[augmentation]\nblobs = 1.5", "augmentation.blobs = 1.5; needed is a number from 0 to 1."),
    ],
)
def test_a_number_that_no_training_can_work_with_is_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    key = line.split(" =")[0]
    others = [kept for kept in MINIMAL.splitlines() if not kept.startswith(key)]
    path.write_text("\n".join([*others, line]), "utf-8")
    with pytest.raises(TrainingError, match=rf"mine\.toml has .*{re.escape(message)}"):
        read_configuration(path)


def test_who_takes_every_tile_once_counts_no_patches(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL.replace("epoch = 20", 'epoch = 0\ndrawn = "each"'), "utf-8")
    assert read_configuration(path).patches_per_epoch == 0


def test_what_is_no_text_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingError, match="is no text"):
        read_configuration(tmp_path / "mine.toml")


def test_a_missing_configuration_says_where_others_are(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no configuration .* Take one from"):
        read_configuration(tmp_path / "none.toml")
