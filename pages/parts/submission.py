"""From the choices on the page to jobs in the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.tiles.reading import open_tile
from pages.parts.cached import history, job_queue, loaded_model, networks_import

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.types import OnProgress
    from pages.parts.run_options import RunChoices
    from pages.parts.tile_choice import Candidate


def submit(tiles: Sequence[Candidate], choices: RunChoices) -> list[str]:
    """Queue a job for each tile; their ids. Quick: all that takes time is the worker's.

    Raises:
        HistoryError: the history cannot be opened.
    """
    return [job_queue().submit(tile.name, _work(tile, choices)) for tile in tiles]


def _work(tile: Candidate, choices: RunChoices) -> Callable[[OnProgress], tuple[str, ...]]:
    """What the worker does: it needs nothing of the page any more."""
    store = history()

    def work(on_progress: OnProgress) -> tuple[str, ...]:
        networks_import().join()
        from db.recording import analyse_and_save  # late: it imports torch, which no page shall wait for

        models = [loaded_model(key) for key in choices.models]
        stated = tile.stated
        opened = open_tile(
            tile.files, radiometry=stated.radiometry, sensor=stated.sensor, acquired_on=stated.acquired_on
        )
        with opened:
            return analyse_and_save(
                store,
                opened,
                models,
                choices.options,
                site=choices.site,
                note=choices.note,
                keep_input=choices.keep_input,
                on_progress=on_progress,
            )

    return work
