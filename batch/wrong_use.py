"""What a command line states that cannot be meant: told before anything is opened for it."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from core.crews.connecting import require_address
from core.errors import ClusterError, HistoryError
from core.models import MODELS, model_spec
from core.tiles.checks import lies_ahead
from db.sites import tidy_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def passed(acquired: datetime | None) -> datetime | None:
    """A stated date on which a satellite can have passed."""
    if acquired is not None and lies_ahead(acquired.date()):
        raise typer.BadParameter(
            f"{acquired.date().isoformat()} lies in the future. Give the day on which the satellite passed."
        )
    return acquired


def address(scheduler: str | None) -> str | None:
    """A stated address that names something."""
    if scheduler is None:
        return None
    if not scheduler.strip():
        raise typer.BadParameter(
            "The address of the scheduler is empty. Write it like tcp://host:8786, or leave --scheduler out."
        )
    try:
        require_address(scheduler.strip(), "--scheduler")
    except ClusterError as error:
        raise typer.BadParameter(str(error)) from None
    return scheduler.strip()


def folder_named(named: str) -> Path:
    """A stated folder; an empty name, as of a variable that is not set, would be the working directory."""
    if not named.strip():
        raise typer.BadParameter("The name of the folder is empty. Name one; '.' is the working directory.")
    return Path(named)


def site_named(site: str | None) -> str | None:
    """A stated name of a site that the history can take."""
    try:
        tidy_name(site)
    except HistoryError as error:
        raise typer.BadParameter(str(error)) from None
    return site


def a_number(value: float | None) -> float | None:
    """A stated number that can be computed with."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"'{value}' is no number to compute with. Give digits, as 0.01.")
    return value


def crews_named_twice(workers: int, scheduler: str | None) -> Iterator[str]:
    """Why processes here and a cluster cannot both be asked for, where they are."""
    if scheduler and workers > 1:
        yield "--workers start processes here, --scheduler names a cluster. Choose one of them."


def thresholds_for_nobody(keys: Sequence[str], threshold: float | None) -> Iterator[str]:
    """Why a threshold decides nothing, where no chosen model has one."""
    if threshold is None or any(model_spec(key).has_threshold for key in keys):
        return
    able = " or ".join(key for key, spec in MODELS.items() if spec.has_threshold)
    yield (
        f"--threshold decides nothing here: {' and '.join(keys)} takes the most probable class. Leave it "
        f"out, or add --model {able} or both."
    )


def copies_for_nobody(*, keep_input: bool, no_history: bool) -> Iterator[str]:
    """Why a copy of the input has no place, where there is none."""
    if keep_input and no_history:
        yield "--keep-input keeps a copy in the history, and --no-history has none. Leave out one of them."
