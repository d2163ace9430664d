"""Kill a process at every step of a save or a deletion.

    python -m tests.db.crashing save|delete FOLDER

makes FOLDER/1, FOLDER/2, ...: in the n-th data folder a child process was killed (SIGKILL) before its
n-th step that touches the disk; in the last one it came through.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from db.history import History, open_history
from tests.db.runs import make_run, open_tiny_tile, run_of_tile, save_run, stage_run

STEPS = ("fsync", "rename", "replace", "unlink", "mkdir", "rmdir", "link")
MOST_STEPS = 200


class _Countdown:
    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self, *_ignored: object) -> None:
        self.left -= 1
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            self.step()
            return call(*args, **options)

        return counted


def _arm(steps: int) -> None:
    countdown = _Countdown(steps)
    for name in STEPS:
        setattr(os, name, countdown.wrapped(getattr(os, name)))
    shutil.copyfile = countdown.wrapped(shutil.copyfile)
    event.listen(Engine, "commit", countdown.step)


def _prepare(folder: Path) -> None:
    """A history with one run, and the files of a tile to keep."""
    history = open_history(folder)
    save_run(history, make_run(), site="before")
    tile = open_tiny_tile(folder / "tiny.tif")
    with tile:
        save_run(history, run_of_tile(tile, note_in_versions="kept"), keep=tile)
    history.close()


def _save(history: History) -> None:
    tile = open_tiny_tile(history.location.folder / "other.tif", seed=9)
    with tile:
        run = run_of_tile(tile, note_in_versions="crashed")
        with history.staging() as staged:
            history.save_run(run, stage_run(staged / "run", run), site="new", keep=tile)


def _delete(history: History) -> None:
    ids = [record.id for record in history.list_runs() if record.input_kept]
    history.delete_runs(ids, drop_unused_inputs=True)


def _child(folder: Path, steps: int, action: Callable[[History], None]) -> None:
    history = open_history(folder)
    _arm(steps)
    action(history)
    os._exit(0)


def main(action: Callable[[History], None], folder: Path) -> None:
    template = folder / "template"
    _prepare(template)
    for steps in range(1, MOST_STEPS):
        place = folder / str(steps)
        shutil.copytree(template, place)
        process = os.fork()
        if process == 0:
            _child(place, steps, action)
        if os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0:
            shutil.rmtree(template)
            return
    raise RuntimeError(f"the action takes more than {MOST_STEPS} steps")


if __name__ == "__main__":
    main({"save": _save, "delete": _delete}[sys.argv[1]], Path(sys.argv[2]))
