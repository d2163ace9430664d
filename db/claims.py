"""Claims: who maps a tile, so that two processes that were given the same one record it once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import HistoryError
from core.types import OnProgress
from db.files import DATA_VARIABLE, plain_file_errors

ASK_S = 0.5  # how often the one who waits may be stopped
MOST_GONE = 100  # times in a row that the folder vanishes; then it cannot be made at all
LONGEST_S = 6 * 3600.0  # far more than any scene takes; then the other process is stuck


@contextmanager
def claimed(
    folder: Path, name: str, on_progress: OnProgress, *, setting: str = DATA_VARIABLE
) -> Iterator[None]:
    """Hold the claim of this name in a folder; wait while another process holds it.

    The operating system gives it up for a process that is killed. `on_progress` is called while waiting and
    may raise. `setting`: what names that folder.

    Raises:
        HistoryError: the folder cannot be written, or another process held it for hours.
    """
    path = folder / f"{name}.lock"
    with plain_file_errors(folder, setting):
        lock = FileLock(path)
        _acquire(lock, path, on_progress)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()  # while it is held: whoever waits for it notices and makes a new one
        lock.release()


def _acquire(lock: FileLock, path: Path, on_progress: OnProgress) -> None:
    deadline = time.monotonic() + LONGEST_S
    gone = 0
    while time.monotonic() < deadline:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=ASK_S)
        except Timeout:
            on_progress(0.0)
            gone = 0
        except (FileNotFoundError, FileExistsError):  # removed while it was looked at: another command ended
            gone += 1
            if gone == MOST_GONE:
                raise
        else:
            return
    raise HistoryError(
        f"Another process has held {path} for {LONGEST_S / 3600:.0f} hours. Look for a worker that is stuck, "
        "stop it and run the same command again."
    )
