"""What the server is told before the first visitor: files of buttons outlive the run that drew them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from core.errors import ExportError
from pages.parts import server
from pages.parts.server import hold_made_files, keep_deferred_files, tell_why_no_file


@pytest.fixture
def manager() -> MediaFileManager:
    made = MediaFileManager(MemoryMediaFileStorage("/media"))
    keep_deferred_files(made)
    hold_made_files(made)
    return made


def draw_button(manager: MediaFileManager, words: bytes) -> str:
    return manager.add_deferred(lambda: words, "text/html", "place", file_name="report.html")


def end_interrupted_run(manager: MediaFileManager) -> None:
    """What Streamlit does when a run ends that had not come to the button yet."""
    manager.clear_session_refs()
    manager.remove_orphaned_files()


def test_a_file_comes_though_a_run_was_interrupted_before_its_button(manager: MediaFileManager) -> None:
    shown = draw_button(manager, b"as shown")
    end_interrupted_run(manager)
    assert manager.execute_deferred(shown).startswith("/media/")


def test_an_old_button_gives_what_it_was_drawn_for(manager: MediaFileManager) -> None:
    made: list[str] = []
    old = manager.add_deferred(lambda: made.append("old") or b"old", "text/html", "place")
    manager.add_deferred(lambda: made.append("new") or b"new", "text/html", "place")
    manager.remove_orphaned_files()
    manager.execute_deferred(old)
    assert made == ["old"]


def test_buttons_are_not_kept_without_end(manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "KEPT_FILES", 2)
    first, *_ = [draw_button(manager, b"page") for _ in range(3)]
    end_interrupted_run(manager)
    with pytest.raises(Exception, match="not found"):
        manager.execute_deferred(first)


def can_be_fetched(manager: MediaFileManager, url: str) -> bool:
    return manager.read_file(url.rpartition("/")[2]) is not None


def test_a_made_file_waits_for_its_browser_while_runs_end(manager: MediaFileManager) -> None:
    url = manager.execute_deferred(draw_button(manager, b"report"))
    for _ in range(5):
        end_interrupted_run(manager)
    assert can_be_fetched(manager, url)


def test_a_made_file_goes_after_its_time(manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch) -> None:
    url = manager.execute_deferred(draw_button(manager, b"report"))
    monkeypatch.setattr(server, "HELD_S", -1.0)
    for _ in range(2):
        end_interrupted_run(manager)
    assert not can_be_fetched(manager, url)


def answer_to_press(manager: MediaFileManager, make: Callable[[], bytes]) -> str:
    """What the browser is told about a file that could not be made."""
    request = BackendOperationRequest(request_id="press")
    request.deferred_file.file_id = manager.add_deferred(make, "text/html", "place")
    return asyncio.run(DeferredFileHandler(lambda: manager).handle(request, "session")).error_msg


def test_the_browser_is_told_why_a_file_cannot_be_made(
    manager: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk() -> bytes:
        raise ExportError("The disk is full. Free some space.")

    def defect() -> bytes:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(DeferredFileHandler, "handle", DeferredFileHandler.handle)  # put back afterwards
    tell_why_no_file()
    assert answer_to_press(manager, full_disk) == "The disk is full. Free some space."
    assert "secret" not in answer_to_press(manager, defect)
    assert answer_to_press(manager, lambda: b"report") == ""
