"""Work for crews in tests: each item leaves a file whenever it is begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from core.errors import TileError
from core.types import OnProgress


@dataclass(frozen=True)
class Piece:
    """One item. `deaths`: how many workers get the signal `death` before it lets one finish."""

    folder: Path
    number: int
    steps: int = 1
    deaths: int = 0
    death: signal.Signals = signal.SIGKILL
    error: str = ""

    @property
    def begun(self) -> list[Path]:
        """A file for each time that the piece was begun; its text is the worker's process id."""
        return sorted(self.folder.glob(f"begun-{self.number}-*"))


def do(piece: Piece, on_progress: OnProgress) -> int:
    before = len(piece.begun)
    (piece.folder / f"begun-{piece.number}-{before}").write_text(str(os.getpid()))
    if before < piece.deaths:
        signal.raise_signal(piece.death)
    if piece.error == "defect":
        raise ZeroDivisionError("nobody expected this")
    if piece.error:
        raise TileError(piece.error)
    for step in range(piece.steps):
        on_progress(step / piece.steps)
        time.sleep(0.05)
    return 2 * piece.number


def threads_of(_item: int, _on_progress: OnProgress) -> str | None:
    return os.environ.get("OMP_NUM_THREADS")


def ending_of_a_start(told: signal.Signals, _on_progress: OnProgress) -> int:
    """How a process ends that a worker started, when it gets a signal: minus its number, or 0."""
    words = f"import signal; signal.raise_signal({int(told)})"
    return subprocess.run([sys.executable, "-S", "-c", words], check=False, capture_output=True).returncode


def ignore(_number: int, _fraction: float) -> None:
    """Nobody watches."""
