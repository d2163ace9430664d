"""The destination of a command: a folder that is tried before any work is done for it."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from core.errors import FirnlineError

ANOTHER_OUT = "Name another --out folder."


def make_folder(out: Path, error: type[FirnlineError], remedy: str = ANOTHER_OUT) -> None:
    """Make the folder that a command writes to and try writing there. `remedy` ends the message.

    Raises:
        FirnlineError: of the class `error`; the folder cannot be made, or not be written.
    """
    asked = "made"
    try:
        out.mkdir(parents=True, exist_ok=True)
        asked = "written"
        with TemporaryFile(dir=out):
            pass
    except OSError as refused:
        told = refused.strerror or refused
        raise error(f"The folder {out} cannot be {asked} ({told}). {remedy}") from refused
