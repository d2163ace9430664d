"""The destination of a command: a folder that is tried before any work, and room in it."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.destination import ANOTHER_OUT, make_folder
from core.errors import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk has no room, or the user's share of it has none


def prepare_out(out: Path, remedy: str = ANOTHER_OUT) -> None:
    """Make the folder that a command writes to and try writing there. `remedy` ends the message.

    Raises:
        TrainingError: it cannot be made, or not be written.
    """
    make_folder(out, TrainingError, remedy)


@contextmanager
def room_in(out: Path) -> Iterator[None]:
    """One sentence where the disk of a prepared folder is full.

    Raises:
        TrainingError: it is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise TrainingError(
            f"There is no room left to write to {out} ({error.strerror}). Make room and give the same "
            "command again; what a training has kept there is taken up."
        ) from error
