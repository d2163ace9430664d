"""What Streamlit's server is told before the first visitor comes: the one place that reaches into it.

Both adjustments are about Streamlit 1.67, which `requirements.txt` pins; `tests/e2e/test_server.py` says when
they are needed no more.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import asynccontextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from streamlit import runtime
from streamlit.runtime.pages_manager import PagesManager

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from streamlit.runtime.media_file_manager import MediaFileManager
    from streamlit.web.server.starlette.starlette_app import App

KEPT_FILES = 500  # a page offers about ten: enough for every button that a browser still shows


@asynccontextmanager
async def prepared(app: App) -> AsyncIterator[None]:
    """The server's life, from before the first visitor on."""
    del app
    ignore_pages_folder()
    keep_deferred_files(runtime.get_instance().media_file_mgr)
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
