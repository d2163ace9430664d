"""Start weights: those of another network are refused in words, before a tile is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from core.errors import TrainingError
from core.models import BINARY, MULTICLASS
from core.networks.weights import LoadedModel, save_model
from tests.core.networks.test_weights import CARD
from tests.trainer.scenes import tiny_network
from tests.trainer.small_trainings import QUICK, TILES
from trainer.__main__ import main
from trainer.alternatives import Alternative, build_alternative
from trainer.fitting import Materials, train
from trainer.optimising import Hardware
from trainer.start_weights import check_start

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = "The start weights are of the model 'binary', and 'multiclass' is to be trained"


@pytest.fixture
def weights(tmp_path: Path, small_network: None) -> Path:
    """Weights of a tiny binary network."""
    torch.manual_seed(0)
    save_model(tiny_network(1), CARD, tmp_path / "binary.safetensors")
    return tmp_path / "binary.safetensors"


@pytest.mark.parametrize("command", ["fit", "finish", "crossvalidate", "reproduce"])
def test_weights_of_another_model_are_refused_before_tiles_are_read_or_made(
    weights: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for worker in ("trainer.commands.read_labelled_tiles", "trainer.reproduce.command.make_folders"):
        monkeypatch.setattr(worker, lambda *_given, **_named: pytest.fail("work was done"))
    if command == "finish":  # it looks first whether anything was begun
        (weights.parent / "out" / "checkpoints").mkdir(parents=True)
        (weights.parent / "out" / "checkpoints" / "last.ckpt").touch()
    where = "--sources" if command == "reproduce" else "--data"
    words = [command, "multiclass", where, str(weights.parent), "--init", str(weights)]
    monkeypatch.setattr("sys.argv", ["trainer", *words, "--out", str(weights.parent / "out")])
    with pytest.raises(SystemExit, match="1"):
        main()
    told = capsys.readouterr().err
    assert told.startswith(f"Error: {OTHERS}, which is another network. Give weights of 'multiclass'")


def test_a_training_refuses_weights_of_another_model(tmp_path: Path) -> None:
    start = LoadedModel(BINARY, CARD, tiny_network(1), "")
    with pytest.raises(TrainingError, match=OTHERS):
        train(
            Materials(TILES, init=start),
            replace(QUICK, model="multiclass"),
            tmp_path,
            Hardware("cpu", quiet=True),
        )


def test_weights_fit_an_alternative_network_that_is_the_models_own() -> None:
    asked = replace(QUICK, model="multiclass", network=Alternative("resnet18"))
    start = LoadedModel(MULTICLASS, CARD, build_alternative(Alternative("resnet18"), 4, None), "")
    check_start(start, asked)
    message = r"trains another: encoder 'resnet18', decoder 'unet', attention 'scse'\. Leave out --init or \["
    with pytest.raises(TrainingError, match=message):
        check_start(start, replace(asked, network=Alternative("resnet18", "unet", "scse")))
