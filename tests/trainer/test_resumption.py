"""Resumption: a training goes on from its own checkpoint alone; all else is told apart in one sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.errors import TrainingError, WeightsError
from core.networks.curves import read_curves
from tests.trainer.scenes import labelled_tile
from tests.trainer.small_trainings import QUICK, STEADY, TILES, KilledError, act_at_step, fit, kill
from trainer.fitting import Materials, train
from trainer.module import SegmentationModule
from trainer.optimising import Hardware
from trainer.splits import SplitRule

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile

pytestmark = pytest.mark.usefixtures("small_network", "one_thread")
SHORT = replace(STEADY, epochs=1)


def relabelled() -> list[LabelledTile]:
    return [replace(TILES[0], labels=1 - TILES[0].labels), *TILES[1:]]


@pytest.mark.parametrize(
    ("asked", "tiles", "message"),
    [
        (replace(SHORT, batch=2), TILES, "batch = 4, not 2."),
        (
            replace(SHORT, learning_rate=1e-2, losses={"cross_entropy": 1.0, "tversky": 3.0}),
            TILES,
            "losses.dice = 1.0, not none; losses.tversky = none, not 3.0; learning_rate = 0.003, not 0.01.",
        ),
        (replace(SHORT, model="multiclass"), TILES, 'model = "binary", not "multiclass"'),
        (replace(SHORT, split=SplitRule("place", 4, 0)), TILES, "split.fold = 3, not 0; field/t0"),
        (SHORT, relabelled(), "field/t00 had other labels."),
        (SHORT, [*TILES, labelled_tile(9)], "field/t09 was not measuring"),
        (
            SHORT,
            [TILES[0], *(labelled_tile(seed) for seed in (5, 6, 7))],
            "field/t01 was teaching, and 1 more",
        ),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    tmp_path: Path, asked: Configuration, tiles: list[LabelledTile], message: str
) -> None:
    fit(TILES, SHORT, tmp_path)
    for steps in (True, False):
        with pytest.raises(TrainingError, match=re.escape(message)) as refused:
            train(Materials(tiles), asked, tmp_path, Hardware("cpu", quiet=True), steps=steps)
        assert str(refused.value).startswith(f"The checkpoint in {tmp_path} is of another training: ")
        assert "--split, --folds, --fold, --epochs and --seed as then, or another --out." in str(
            refused.value
        )


def test_words_for_the_card_and_the_cleaning_of_maps_are_no_other_training(tmp_path: Path) -> None:
    fit(TILES, SHORT, tmp_path)
    other = replace(SHORT, epochs=2, limits="Other words.", status="final", min_area_km2=0.1)
    assert fit(TILES, other, tmp_path).limits == "Other words."
    assert [row.epoch for row in read_curves(tmp_path / "binary.curves.csv")] == [1, 2]


def test_one_cycle_cannot_be_made_longer(tmp_path: Path) -> None:
    fit(TILES, replace(QUICK, epochs=1), tmp_path)
    with pytest.raises(TrainingError, match=r"planned for epochs = 1, not 3.* Give --epochs 1; .*--init"):
        fit(TILES, replace(QUICK, epochs=3), tmp_path)


def test_a_training_does_not_end_before_its_checkpoint(tmp_path: Path) -> None:
    fit(TILES, replace(STEADY, epochs=2), tmp_path)
    with pytest.raises(
        TrainingError, match=r"has reached epoch 2; asked for are 1\. Give --epochs 2 or more"
    ):
        fit(TILES, SHORT, tmp_path)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let checkpoints be as they were before they kept what made them."""
    plain = SegmentationModule.on_save_checkpoint

    def save(module: SegmentationModule, checkpoint: dict[str, Any]) -> None:
        plain(module, checkpoint)
        del checkpoint["firnline_identity"]

    monkeypatch.setattr(SegmentationModule, "on_save_checkpoint", save)


def test_an_old_checkpoint_is_judged_by_its_constants_and_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    fit(TILES, SHORT, tmp_path)
    with pytest.raises(TrainingError, match="other tiles, split or start weights"):
        fit(TILES, replace(SHORT, split=SplitRule("place", 4, 0)), tmp_path)
    with pytest.raises(TrainingError, match="holds weights of another network"):
        fit(TILES, replace(SHORT, model="multiclass"), tmp_path)
    assert fit(TILES, replace(SHORT, epochs=2), tmp_path).scores


def test_the_cycle_of_an_old_checkpoint_cannot_be_made_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(monkeypatch)
    fit(TILES, replace(QUICK, epochs=1), tmp_path)
    with pytest.raises(TrainingError, match=r"planned for 6 steps, not 18.* --epochs, --devices"):
        fit(TILES, replace(QUICK, epochs=3), tmp_path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_of_a_damaged_last_checkpoint_the_best_is_what_helps(tmp_path: Path) -> None:
    checkpoints = tmp_path / "checkpoints"
    whole = fit(TILES, SHORT, tmp_path)
    cut(checkpoints / "last.ckpt")
    with pytest.raises(TrainingError, match=r"last\.ckpt is cut off .* copy best\.ckpt over it"):
        fit(TILES, SHORT, tmp_path)
    finished = train(Materials(TILES), SHORT, tmp_path, Hardware("cpu", quiet=True), steps=False)
    assert finished is not None
    assert finished.model.card.scores == whole.scores
    (checkpoints / "last.ckpt").write_bytes((checkpoints / "best.ckpt").read_bytes())
    fit(TILES, replace(SHORT, epochs=2), tmp_path)
    assert [row.epoch for row in read_curves(tmp_path / "binary.curves.csv")] == [1, 2]


def test_of_a_damaged_best_checkpoint_the_last_is_what_helps(tmp_path: Path) -> None:
    fit(TILES, SHORT, tmp_path)
    cut(tmp_path / "checkpoints" / "best.ckpt")
    with pytest.raises(TrainingError, match=r"best\.ckpt is cut off .* Delete it; what last\.ckpt"):
        fit(TILES, SHORT, tmp_path)
    (tmp_path / "checkpoints" / "best.ckpt").unlink()
    assert fit(TILES, SHORT, tmp_path).scores


def test_without_a_best_checkpoint_a_damaged_one_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.optimising.EVERY_STEPS", 2)
    act_at_step(monkeypatch, 3, kill)
    with pytest.raises(KilledError):
        fit(TILES, SHORT, tmp_path)
    (tmp_path / "checkpoints" / "last.ckpt").write_bytes(b"")
    with pytest.raises(TrainingError, match="Delete it to begin anew, or give another --out"):
        fit(TILES, SHORT, tmp_path)
    (tmp_path / "checkpoints" / "last.ckpt").unlink()
    assert fit(TILES, SHORT, tmp_path).scores


@pytest.mark.parametrize(
    "hardware",
    [
        Hardware("tpu", quiet=True),
        Hardware("cpu", "0", quiet=True),
        Hardware("cpu", strategy="x", quiet=True),
    ],
)
def test_a_device_that_cannot_be_had_is_one_sentence(tmp_path: Path, hardware: Hardware) -> None:
    with pytest.raises(TrainingError, match="Lightning cannot train with --accelerator"):
        train(Materials(TILES), SHORT, tmp_path, hardware)


def test_damaged_curves_are_told_before_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "binary.curves.csv").write_text("epoch\n1\n", "utf-8")
    act_at_step(monkeypatch, 0, lambda: pytest.fail("a step was made"))
    with pytest.raises(WeightsError, match=r"binary\.curves\.csv are cut off or were altered"):
        fit(TILES, QUICK, tmp_path)
