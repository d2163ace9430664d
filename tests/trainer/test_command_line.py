"""The trainer's command line: what it prints, and one sentence for what is wrong."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
import torch

from core.networks.cards import read_card
from tests.trainer.scenes import tiny_network, write_labelled_tile
from tests.trainer.small_trainings import act_at_step
from trainer.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

    from core.models import ModelSpec

CONFIGURATION = """
model = "binary"
losses = { cross_entropy = 1.0 }
learning_rate = 3e-2
batch = 4
epochs = 1
patches_per_epoch = 24
patch_px = 32
[split]
folds = 2
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two labelled tiles, and a tiny network in place of the real one."""

    def build(spec: ModelSpec, *, encoder_weights: str | None = None) -> torch.nn.Module:
        assert encoder_weights is None
        return tiny_network(1 if spec.has_threshold else len(spec.classes))

    monkeypatch.setattr("trainer.fitting.build_network", build)
    monkeypatch.setattr("core.networks.weights.build_network", build)
    for seed, name in enumerate(("02_07", "02_08")):
        write_labelled_tile(tmp_path / "field", name, seed)
    (tmp_path / "mine.toml").write_text(CONFIGURATION, "utf-8")
    return tmp_path / "field"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["trainer", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def test_fit_writes_weights_that_evaluate_scores(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    config = str(tmp_path / "mine.toml")
    words = ("fit", "binary", "--data", str(data), "--config", config, "--out", str(out), "--threads", "1")
    assert run(monkeypatch, *words) == 0
    assert "field: valid pixels" in capsys.readouterr().out
    assert (
        run(monkeypatch, "evaluate", str(out / "binary.safetensors"), "--data", str(data), "--only", "02_08")
        == 0
    )
    assert "field: all pixels (1 tile, 4096 pixels): MCC" in capsys.readouterr().out


def test_a_training_that_stopped_is_finished_with_the_split_that_was_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = str(tmp_path / "mine.toml"), tmp_path / "out"
    words = ("binary", "--data", str(data), "--config", config, "--out", str(out))
    assert run(monkeypatch, "fit", *words, "--split", "random", "--fold", "1") == 0
    card = read_card(out / "binary.json")
    assert (card.split.kind, card.split.folds, card.split.fold) == ("random", 2, 1)
    assert "--split random" in card.reproduce
    for name in ("binary.json", "binary.safetensors"):
        (out / name).unlink()
    capsys.readouterr()
    assert run(monkeypatch, "finish", *words) == 1
    assert 'split.kind = "random", not "place"' in capsys.readouterr().err
    again = ("finish", *words, "--split", "random", "--fold", "1", "--accelerator")
    assert run(monkeypatch, *again, "nosuch") == 1
    assert "Lightning cannot train with --accelerator nosuch" in capsys.readouterr().err
    assert run(monkeypatch, *again, "cpu") == 0
    assert read_card(out / "binary.json").scores == card.scores


def test_another_seed_is_another_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = str(tmp_path / "mine.toml"), tmp_path / "out"
    words = ("fit", "binary", "--data", str(data), "--config", config, "--out")
    assert run(monkeypatch, *words, str(out), "--seed", "5") == 0
    capsys.readouterr()
    assert run(monkeypatch, *words, str(out)) == 1
    assert "seed = 5" in capsys.readouterr().err
    assert run(monkeypatch, *words, str(tmp_path / "other")) == 0
    seeded, other = (read_card(folder / "binary.json") for folder in (out, tmp_path / "other"))
    assert "--seed 5" in seeded.reproduce
    assert seeded.sha256 != other.sha256


def test_folds_and_rungs_take_a_seed_and_folds_start_weights(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(tmp_path / "mine.toml")
    words = ("binary", "--data", str(data), "--config", config, "--out")
    assert run(monkeypatch, "fit", *words, str(tmp_path / "fit")) == 0
    start = str(tmp_path / "fit" / "binary.safetensors")
    folds = ("crossvalidate", *words, str(tmp_path / "folds"))
    assert run(monkeypatch, *folds, "--seed", "5", "--init", start) == 0
    short = ("--steps", "4", "--patch-px", "32")
    rungs = ("ablate", *words, str(tmp_path / "rungs"), *short)
    assert run(monkeypatch, *rungs, "--seed", "5") == 0
    capsys.readouterr()
    for again in ((*folds, "--init", start), (*folds, "--seed", "5"), rungs):
        assert run(monkeypatch, *again) == 1
        told = capsys.readouterr().err
        assert "are of another training: " + ("start weights" if "--seed" in again else "seed = 5") in told


def test_ctrl_c_says_where_it_stopped_and_what_was_written(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    act_at_step(monkeypatch, 2, lambda: os.kill(os.getpid(), signal.SIGINT))
    words = ("--data", str(data), "--config", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "out"))
    assert run(monkeypatch, "fit", "binary", *words, "--epochs", "2") == 0
    told = capsys.readouterr().out
    assert "Stopped at step 3 of 12 in epoch 1; the same command goes on from there." in told
    assert "Weights of epoch 1 of 2, step 3; the training is not finished." in told
    assert "its card, evaluation.json; curves begin with an epoch's end." in told
    assert run(monkeypatch, "finish", "binary", *words, "--epochs", "2") == 0
    assert "Stopped" not in (told := capsys.readouterr().out)
    assert "the training is not finished." in told
    assert run(monkeypatch, "fit", "binary", *words, "--epochs", "2") == 0
    told = capsys.readouterr().out
    assert re.search(r"Epoch 2/2 .* MCC: \d\.\d+ mIoU: \d\.\d+ left: 0:00:00", told)  # in one line
    assert "of 2, step " in told
    assert "the training is finished." in told
    assert "evaluation.json and curves." in told


def test_a_fold_that_was_stopped_has_no_scores(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    act_at_step(monkeypatch, 2, lambda: os.kill(os.getpid(), signal.SIGINT))
    words = ("--data", str(data), "--config", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "folds"))
    assert run(monkeypatch, "crossvalidate", "binary", *words) == 1
    assert "Fold 0 of 1 was stopped" in capsys.readouterr().err
    assert not (tmp_path / "folds" / "fold0" / "evaluation.json").exists()
    assert run(monkeypatch, "crossvalidate", "binary", *words) == 0


def test_cross_validation_measures_every_tile_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("crossvalidate", "binary", "--data", str(data), "--config", str(tmp_path / "mine.toml"))
    assert run(monkeypatch, *words, "--out", str(tmp_path / "folds")) == 0
    assert "field: all pixels (2 tiles, 8192 pixels): MCC" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("--folds 3", "split.folds = 2, not 3; field/02_09 was not given."),
        ("epochs", "epochs = 1, not 2; field/02_09 was not given."),
        ("labels", "field/02_09 was not given; field/02_08 had other pixels or labels."),
    ],
)
def test_folds_of_something_else_are_not_pooled(
    data: Path,
    tmp_path: Path,
    changed: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "mine.toml"
    words = ["crossvalidate", "binary", "--data", str(data), "--config", str(config)]
    words += ["--out", str(tmp_path / "folds"), "--accelerator", "cpu"]
    assert run(monkeypatch, *words) == 0
    write_labelled_tile(data, "02_09", 2)
    if changed == "epochs":
        config.write_text(CONFIGURATION.replace("epochs = 1", "epochs = 2"), "utf-8")
    elif changed == "labels":
        write_labelled_tile(data, "02_08", 7)
    else:
        words += changed.split()
    capsys.readouterr()
    assert run(monkeypatch, *words) == 1
    told = capsys.readouterr()
    assert f"fold0 are of another training: {message} Give the same options" in told.err
    assert "MCC" not in told.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fit", "lidar", "--data", "{data}"), "There is no model 'lidar'"),
        (("fit", "multiclass", "--data", "{data}", "--config", "{config}"), "is for 'binary'"),
        (("fit", "binary", "--data", "{data}/label"), "There are no tiles"),
        (("fit", "binary", "--data", "{data}s"), "There is no folder"),
        (("fit", "binary", "--data", "{data}", "--data", "{twin}"), "twin/field are both called 'field'"),
        (("ablate", "binary", "--data", "{data}", "--simulated", "{twin}"), "are both called 'field'"),
        (("fit", "binary", "--data", "{data}", "--test", "{data}"), "is given to teach and to test"),
        (("finish", "binary", "--data", "{data}", "--config", "{config}"), "There is no training in fit"),
        # told before a tile is read, which may take minutes
        (("finish", "binary", "--data", "{data}s", "--config", "{config}"), "There is no training in fit"),
        (("fit", "binary", "--data", "{data}", "--ablation", "none.json"), "There is no ablation none.json"),
        (("evaluate", "none.safetensors", "--data", "{data}"), "no card none.json"),
        (
            ("evaluate", "fit/best.ckpt", "--data", "{data}"),
            "no model 'fit/best.ckpt'. Give one of binary, multiclass, or the path of a .safetensors file",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_code_1(
    data: Path,
    words: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [
        word.format(data=data, twin=data.parent / "twin" / "field", config=data.parent / "mine.toml")
        for word in words
    ]
    assert run(monkeypatch, *filled) == 1
    captured = capsys.readouterr().err
    assert captured.startswith("Error: ")
    assert message in captured
