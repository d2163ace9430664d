"""What Streamlit's server is told before the first visitor comes: the one place that reaches into it.

All adjustments are about Streamlit 1.67, which `requirements.txt` pins; `tests/e2e/test_server.py` says when
they are needed no more.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import asynccontextmanager
from functools import partial
from pathlib import PurePosixPath
from threading import Lock
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from streamlit import runtime
from streamlit.runtime.backend_operation_handler import DeferredFileHandler
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.pages_manager import PagesManager

from core.errors import FirnlineError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from streamlit.proto.BackMsg_pb2 import BackendOperationRequest
    from streamlit.proto.ForwardMsg_pb2 import BackendOperationResponse
    from streamlit.runtime.media_file_manager import MediaFileManager
    from streamlit.web.server.starlette.starlette_app import App

HELD_S = 60.0  # a browser asks for a made file at once; a slow line or a dialog may take it a while
KEPT_FILES = 500  # a page offers about ten: enough for every button that a browser still shows


@asynccontextmanager
async def prepared(app: App) -> AsyncIterator[None]:
    """The server's life, from before the first visitor on."""
    del app
    ignore_pages_folder()
    manager = runtime.get_instance().media_file_mgr
    keep_deferred_files(manager)
    hold_made_files(manager)
    tell_why_no_file()
    yield


def ignore_pages_folder() -> None:
    """Leave the pages to `st.navigation` from the first visitor on.

    Streamlit takes a folder `pages` for its older kind of app until a script has called `st.navigation`. A
    first visitor of `/follow` was told "Page not found", because the older kind knows `/follow_site` only.
    """
    PagesManager.uses_pages_directory = False


def keep_deferred_files(manager: MediaFileManager) -> None:
    """Let a button make its file as long as a browser shows it.

    A run of a page gives each button that makes its file when pressed a new id. Streamlit forgets the old ids
    when any run ends, also one that was interrupted before it drew the button, while the browser shows the
    old button until it has the new one: a press in between got "Failed to generate file for download".
    """
    add, execute = manager.add_deferred, manager.execute_deferred
    kept: OrderedDict[str, Callable[[], str]] = OrderedDict()
    lock = Lock()

    def add_and_keep(*arguments: Any, **named: Any) -> str:  # noqa: ANN401 - Streamlit's own arguments
        file_id = add(*arguments, **named)
        with lock:
            kept[file_id] = partial(add, *arguments, **named)
            while len(kept) > KEPT_FILES:
                kept.popitem(last=False)
        return file_id

    def execute_kept(file_id: str) -> str:
        with lock:
            again = kept.get(file_id)
        return execute(again() if again else file_id)

    manager.add_deferred = add_and_keep  # type: ignore[method-assign]
    manager.execute_deferred = execute_kept  # type: ignore[method-assign]


def hold_made_files(manager: MediaFileManager) -> None:
    """Let a file that a button made live for `HELD_S`, however many runs of pages end meanwhile.

    Streamlit deletes it when the second run after it was made ends, fetched or not. While a job is watched,
    which draws the page every second or two, a report could be gone before the browser asked for it.
    """
    execute, inactive = manager.execute_deferred, manager._get_inactive_file_ids
    made: dict[str, float] = {}
    lock = Lock()

    def execute_and_hold(file_id: str) -> str:
        url = execute(file_id)
        with lock:
            made[PurePosixPath(url).stem] = monotonic()
        return url

    def inactive_but_held() -> set[str]:
        with lock:
            for name in [name for name, at in made.items() if monotonic() - at > HELD_S]:
                del made[name]
            return inactive() - made.keys()

    manager.execute_deferred = execute_and_hold  # type: ignore[method-assign]
    manager._get_inactive_file_ids = inactive_but_held  # type: ignore[method-assign]


def tell_why_no_file() -> None:
    """Say below a button why its file cannot be made, where Firnline knows, as long as Streamlit shows it.

    Streamlit says "Failed to generate file for download" whatever the reason, which only its log tells.
    """
    handle = DeferredFileHandler.handle

    async def handle_and_tell(
        handler: DeferredFileHandler, request: BackendOperationRequest, session_id: str
    ) -> BackendOperationResponse:
        told: list[str] = []

        def execute(file_id: str) -> str:
            try:
                return handler._get_media_file_mgr().execute_deferred(file_id)
            except MediaFileStorageError as error:
                if isinstance(error.__cause__, FirnlineError):
                    told.append(str(error.__cause__))
                raise

        listening = DeferredFileHandler(lambda: SimpleNamespace(execute_deferred=execute))  # type: ignore[arg-type,return-value]
        response = await handle(listening, request, session_id)
        if told:
            response.error_msg = told[0]
        return response

    DeferredFileHandler.handle = handle_and_tell  # type: ignore[assignment,method-assign]
