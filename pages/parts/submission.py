"""From the choices on the page to jobs in the queue."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.crews.cluster import SCHEDULER_VARIABLE, work_on_cluster
from core.crews.connecting import require_address
from core.errors import ClusterError
from core.runs import utc_now
from core.tiles.reading import open_tile
from pages.parts.cached import history, job_queue, run_imports, stored_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.types import OnProgress
    from db.location import Location
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
    scheduler = os.environ.get(SCHEDULER_VARIABLE, "").strip()
    if scheduler:
        return _sent(tile, choices, store.location, scheduler)

    def work(on_progress: OnProgress) -> tuple[str, ...]:
        run_imports().join()
        from db.recording import analyse_and_save  # late: it imports much that no page shall wait for

        models = [stored_model(key) for key in choices.models]
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


def _sent(
    tile: Candidate, choices: RunChoices, location: Location, scheduler: str
) -> Callable[[OnProgress], tuple[str, ...]]:
    """What the worker does where there is a cluster: it sends the tile there and follows it."""

    def work(on_progress: OnProgress) -> tuple[str, ...]:
        run_imports().join()
        from core.networks.versions import current_version
        from db.orders import Order, fulfil_at, require_shareable

        require_address(scheduler, SCHEDULER_VARIABLE)
        require_shareable(location, scheduler)
        order = Order(
            files=tile.files,
            models=tuple(current_version(key) for key in choices.models),
            options=choices.options,
            stated=tile.stated,
            site=choices.site,
            note=choices.note,
            keep_input=choices.keep_input,
            since=utc_now(),  # the user wants a run, even if there is one; but only one if a worker dies
        )
        sent = work_on_cluster(
            fulfil_at, [(location, order)], scheduler, lambda _number, fraction: on_progress(fraction)
        )
        (ended,) = sent
        if ended.result is None:
            raise ClusterError(ended.error or "The cluster gave no result and no reason. Run the tile again.")
        return ended.result

    return work
