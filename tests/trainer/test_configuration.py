"""Configurations: those that ship can be read, wrong ones are refused with the field's name."""

from __future__ import annotations

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
        ("epoch = 3", "epoch: "),
        ("schedule = 'cosine'", "schedule: "),
        ("[augmentation]\nhase = 0.1", "augmentation.hase: "),
        ("[split]\nkind = 'patch'", "split.kind: "),
        ("=", "is no TOML"),
    ],
)
def test_a_wrong_field_is_named(tmp_path: Path, added: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINIMAL + added, "utf-8")
    with pytest.raises(TrainingError, match=rf"mine\.toml .*{message}"):
        read_configuration(path)


def test_a_missing_configuration_says_where_others_are(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no configuration .* Take one from"):
        read_configuration(tmp_path / "none.toml")
