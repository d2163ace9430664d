"""Killing a worker in the middle of its work: the process that has a result of a batch open for writing."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVE_UP_S = 600.0  # on a machine with much else to do a worker takes minutes to start


@contextmanager
def one_worker_killed(folders: tuple[Path, ...]) -> Iterator[list[int]]:
    """Kill the first process below this one that writes into one of the folders; its id, once it is dead."""
    killed: list[int] = []
    over = threading.Event()
    killer = threading.Thread(target=_kill_first, args=(folders, killed, over))
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join(GIVE_UP_S)


def _kill_first(folders: tuple[Path, ...], killed: list[int], over: threading.Event) -> None:
    deadline = time.monotonic() + GIVE_UP_S
    while not over.is_set() and time.monotonic() < deadline:
        for worker in psutil.Process().children(recursive=True):
            if _writes_into(worker.pid, folders):
                os.kill(worker.pid, signal.SIGKILL)
                killed.append(worker.pid)
                return
        time.sleep(0.01)


def _writes_into(pid: int, folders: tuple[Path, ...]) -> bool:
    try:
        opened = [handle.readlink() for handle in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:  # it ended meanwhile
        return False
    rasters = [path for path in opened if path.suffix == ".tif"]
    return any(path.is_relative_to(folder) for path in rasters for folder in folders)
