"""Running a kept input again, with other weights or parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.networks.versions import asked_of
from core.types import OnProgress, ignore_progress
from db.history import History
from db.recording import analyse_and_save

if TYPE_CHECKING:
    from core.networks.stored import Model
    from core.runs import Options
    from db.records import StoredRun

NOTE = "Run again with one model, to split a change."


def repeat_run(
    history: History,
    stored: StoredRun,
    model: Model,
    options: Options,
    on_progress: OnProgress = ignore_progress,
) -> str:
    """The id of a run of the same input with this model and these options, made unless there is one.

    A new run keeps the site and the date that the user gave the first one.

    Raises:
        HistoryError: the input was not kept or was altered.
        FirnlineError: the tile cannot be analysed, or the history cannot take the run.
    """
    run = stored.run
    known = history.find_run(asked_of(model.card, run.key, options))
    if known is not None:
        return known
    with history.open_input(run.id) as tile:
        (made,) = analyse_and_save(
            history,
            tile,
            [model],
            options,
            site=stored.site,
            note=NOTE,
            keep_input=False,
            on_progress=on_progress,
        )
    if stored.acquired_on != run.tile.acquired_on:
        history.edit_run(made, acquired_on=stored.acquired_on)
    return made
