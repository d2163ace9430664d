"""A result belongs to the card that it was made with, not to its weights alone."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from core.errors import WeightsError
from core.networks import stored, versions
from core.networks.stored import WEIGHTS_DIR
from tests.batch.scenes import batch, runs_below, write_scenes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The card of a binary model that stands for the shipped one."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for path in WEIGHTS_DIR.glob("binary.*"):
        shutil.copy(path, folder)
    load_card, find_model = stored.load_card, stored.find_model
    monkeypatch.setattr(stored, "load_card", lambda key, _folder=None: load_card(key, folder))
    monkeypatch.setattr(stored, "find_model", lambda key, _folder=None: find_model(key, folder))
    return folder / "binary.json"


def _decide_at(card: Path, threshold: float) -> None:
    """Change the card as somebody with an editor would; a later start reads it anew."""
    card.write_text(json.dumps(json.loads(card.read_text("utf-8")) | {"threshold": threshold}), "utf-8")
    versions.load_version.cache_clear()


@pytest.mark.parametrize("keeping", [(), ("--no-history",)], ids=["history", "files only"])
def test_a_result_of_another_card_does_not_count_as_done(
    card: Path, tmp_path: Path, keeping: tuple[str, ...]
) -> None:
    scenes, out = write_scenes(tmp_path / "in", 1), tmp_path / "out"
    words = (scenes, "--model", "binary", "--out", out, *keeping)
    assert batch(*words).exit_code == 0
    _decide_at(card, 0.9)
    refused = batch(*words)
    assert refused.exit_code == 1
    assert "already holds another result" in refused.output
    assert batch(*words, "--overwrite").exit_code == 0
    assert [run.threshold for run in runs_below(out).values()] == [0.9]
    again = batch(*words)
    assert "Tiles mapped: 0 (and 1 were done before)" in again.output


def test_a_worker_with_another_card_refuses(card: Path) -> None:
    asked = versions.current_version("binary")
    assert versions.load_version(asked).card.sha256 == asked.weights_sha256
    _decide_at(card, 0.9)
    with pytest.raises(WeightsError, match="another card of 'binary'"):
        versions.load_version(asked)
