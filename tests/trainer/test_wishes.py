"""What the command line wants otherwise than the configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from core.errors import TrainingError
from tests.trainer.test_configuration import MINIMAL
from trainer.__main__ import main
from trainer.wishes import Wishes, configured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration whose fold 4 of 5 measures."""
    path = tmp_path / "mine.toml"
    path.write_text(f"{MINIMAL}[split]\nfolds = 5\nfold = 4\n", "utf-8")
    return str(path)


def test_folds_and_fold_of_the_command_line_count(config: str) -> None:
    split = configured("binary", config, Wishes(folds=3, fold=2)).split
    assert (split.folds, split.fold) == (3, 2)
    assert configured("binary", config, Wishes(folds=6)).split.fold == 4


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        (
            Wishes(folds=3),
            "no fold 4 of 3, which count from 0; fold = 4 comes from the configuration. Give --fold from 0 "
            "to 2.",
        ),
        (Wishes(fold=5), "no fold 5 of 5, which count from 0. Give --fold from 0 to 4."),
    ],
)
def test_a_fold_that_is_not_there_says_whose_it_is(config: str, wishes: Wishes, message: str) -> None:
    with pytest.raises(TrainingError, match=re.escape(message)):
        configured("binary", config, wishes)


def test_only_who_trains_every_fold_needs_no_fold(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["binary", "--data", str(tmp_path / "none"), "--config", config, "--folds", "3"]
    for command, message in (("fit", "There is no fold 4 of 3"), ("crossvalidate", "There is no folder")):
        monkeypatch.setattr("sys.argv", ["trainer", command, *words, "--out", str(tmp_path / "out")])
        with pytest.raises(SystemExit, match="1"):
            main()
        assert capsys.readouterr().err.startswith(f"Error: {message}")
