"""A claim is had by one at a time, and whoever waits for it gets it whatever becomes of its folder."""

from __future__ import annotations

import time
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest

from core.errors import HistoryError
from core.types import ignore_progress
from db.claims import claimed

if TYPE_CHECKING:
    from pathlib import Path

GIVE_UP_S = 60.0


def test_who_waits_gets_the_claim_though_another_command_ended_and_removed_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "claims"
    asked, removed = Event(), Event()
    ended: list[str] = []

    def pause(_seconds: float) -> None:  # of the lock, before it asks again
        asked.set()
        assert removed.wait(GIVE_UP_S)

    def wait() -> None:
        try:
            with claimed(folder, "tile", ignore_progress):
                ended.append("claimed")
        except HistoryError as error:
            ended.append(str(error))

    waiter = Thread(target=wait, daemon=True)
    with claimed(folder, "tile", ignore_progress):
        monkeypatch.setattr(time, "sleep", pause)
        waiter.start()
        assert asked.wait(GIVE_UP_S)
    folder.rmdir()
    removed.set()
    waiter.join(GIVE_UP_S)
    assert ended == ["claimed"]


def test_a_file_in_place_of_the_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "claims").touch()
    with (
        pytest.raises(HistoryError, match=r"claims: File exists\. Check"),
        claimed(tmp_path / "claims", "tile", ignore_progress),
    ):
        pass
