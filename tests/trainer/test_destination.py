"""A folder that cannot be written is told before any work is done for it, a full disk in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from core.networks.weights import save_model
from tests.core.networks.test_weights import CARD
from tests.trainer.scenes import tiny_network, write_labelled_tile
from trainer.__main__ import main

if TYPE_CHECKING:
    pass

FULL_DISK = Path("/dev/full")  # every write to it finds no room
COMMANDS = (
    "fit binary --data {data}",
    "crossvalidate binary --data {data}",
    "ablate binary --data {data}",
    "reproduce binary --sources {data}",
    "evaluate {weights} --data {data}",
    "simulate --tiles 1 --size 32",
    "series --years 1 --size 32",
    "sample",
)


@pytest.fixture
def weights(tmp_path: Path, small_network: None) -> Path:
    """Weights of a tiny network beside a folder `field` of one labelled tile."""

    torch.manual_seed(0)
    save_model(tiny_network(1), CARD, tmp_path / "binary.safetensors")
    write_labelled_tile(tmp_path / "field", "02_07", 0)
    return tmp_path / "binary.safetensors"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["trainer", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("out", ["file", "file/below", "/proc/nope"])
def test_a_folder_that_cannot_be_made_is_one_sentence_before_any_work(
    weights: Path, command: str, out: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = weights.parent / out
    (weights.parent / "file").write_text("mine", "utf-8")
    for worker in (
        "trainer.commands.read_labelled_tiles",
        "trainer.evaluate.command.read_labelled_tiles",
        "trainer.reproduce.command.make_folders",
        "trainer.simulate.command.simulate_tile",
        "trainer.simulate.dated.simulate_series",
        "trainer.simulate.sample.simulate_sample",
    ):
        monkeypatch.setattr(worker, lambda *_given, **_named: pytest.fail("work was done"))
    words = command.format(data=weights.parent / "field", weights=weights).split()
    assert run(monkeypatch, *words, "--out", str(place)) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"Error: The folder {place} cannot be made (")
    assert told.endswith("Name another --out folder.\n")
    assert (weights.parent / "file").read_text("utf-8") == "mine"


@pytest.mark.skipif(not FULL_DISK.exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_at_the_end_of_an_evaluation_is_one_sentence(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = weights.parent / "out"
    out.mkdir()
    (out / "evaluation.json").symlink_to(FULL_DISK)
    words = ("evaluate", str(weights), "--data", str(weights.parent / "field"), "--out", str(out))
    assert run(monkeypatch, *words, "--threads", "1") == 1
    captured = capsys.readouterr()
    assert captured.err.endswith("what a training has kept there is taken up.\n")
    assert f"Error: There is no room left to write to {out}" in captured.err
    assert "MCC" in captured.out  # what was measured is shown all the same


def test_pictures_for_a_card_that_cannot_be_written_are_not_drawn(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_named: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("core.destination.TemporaryFile", refuse)
    monkeypatch.setattr("trainer.evaluate.failing.draw_worst", lambda *_given: pytest.fail("work was done"))
    assert run(monkeypatch, "failures", str(weights), "--data", str(weights.parent / "field")) == 1
    assert f"The folder {weights.parent} cannot be written (Permission denied)." in capsys.readouterr().err
