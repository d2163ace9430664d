"""Files that survive a crash: synced to disk, moved as a whole, removed without leaving halves."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from core.errors import HistoryError

LOCK_TIMEOUT_S = 120.0  # a save holds the lock for the time of two renames and one commit
POLL_S = 0.01  # saves take some milliseconds; the library's 50 would be most of the waiting
FULL = (errno.ENOSPC, errno.EDQUOT)
DATA_VARIABLE = "FIRNLINE_DATA"  # what names the folder that nearly all of them lie in
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def plain_file_errors(folder: Path, setting: str = DATA_VARIABLE) -> Iterator[None]:
    """Turn the operating system's refusals into sentences. `setting`: what names another folder.

    Raises:
        HistoryError: a file operation in the block failed.
    """
    try:
        yield
    except OSError as error:
        raise HistoryError(_sentence(error, folder, setting)) from error


def _sentence(error: OSError, folder: Path, setting: str) -> str:
    if error.errno in FULL:
        return f"The disk that holds {folder} is full. Free some space there and try again; nothing was lost."
    if error.errno in REFUSED:
        return (
            f"Firnline may not write to {folder}. Allow it, or name another folder ({setting}) and start "
            "again."
        )
    reason = error.strerror or str(error)
    return f"{error.filename or folder}: {reason}. Check the file, its folder and the disk, then try again."


@contextmanager
def locked(path: Path, timeout_s: float = LOCK_TIMEOUT_S, *, setting: str = DATA_VARIABLE) -> Iterator[None]:
    """Hold an operating system lock, which a killed process gives up by itself.

    `setting`: what names its folder.

    Raises:
        HistoryError: it cannot be made, or somebody else holds it for longer than `timeout_s`.
    """
    lock = FileLock(
        path, poll_interval=POLL_S
    )  # a fresh handle: exclusive between threads as well as processes
    with plain_file_errors(path.parent, setting):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()  # where no file can be made, the lock would ask again until its time is over
            lock.acquire(timeout=timeout_s)
        except Timeout as error:
            raise HistoryError(
                f"Another Firnline has held {path} for {timeout_s:.0f} s. Wait until it is done, or stop it, "
                "and try again."
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Hold a lock when nobody else does; tells whether it is held.

    Raises:
        OSError: it cannot be made.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def sync_tree(folder: Path) -> None:
    """Force a folder, all its files and all its subfolders to disk."""
    for root, _, names in os.walk(folder):
        for name in names:
            _sync(Path(root, name))
        sync_folder(Path(root))


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to disk; Windows does so by itself and knows no such call."""
    if os.name != "nt":
        _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: Path, text: str) -> None:
    """Write a small file so that it is either there as a whole or not at all."""
    aside = path.with_name(f"{path.name}.{uuid4().hex}.part")
    aside.write_text(text, encoding="utf-8")
    _sync(aside)
    aside.replace(path)
    sync_folder(path.parent)


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder and force both parents' lists of names to disk."""
    source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def same_disk(folder: Path, other: Path) -> bool:
    """Whether a rename can take a folder from one place to the other."""
    return folder.stat().st_dev == other.stat().st_dev


def remove_tree(folder: Path) -> None:
    """Remove a folder with all it holds; a missing one is fine."""
    if folder.exists():
        shutil.rmtree(folder)


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
