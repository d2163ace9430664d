"""Recording: analyse a tile with each model and save every run as soon as it is finished."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from core.errors import OutlineError
from core.export.records import name_site
from core.inference.engines import default_engine, spare_networks
from core.pipeline import analyse
from core.runs import Options
from core.types import OnProgress, ignore_progress, part_of
from db.history import History
from db.sites import tidy_name

if TYPE_CHECKING:
    from core.networks.stored import Model
    from core.tiles.tile import Tile


def analyse_and_save(  # noqa: PLR0913 - the one call that app and batch share; all but four are optional
    history: History,
    tile: Tile,
    models: Sequence[Model],
    options: Options,
    *,
    site: str | None = None,
    note: str = "",
    keep_input: bool = True,
    on_progress: OnProgress = ignore_progress,
) -> tuple[str, ...]:
    """Run every model on a tile and save the results; the ids of the runs, in the order of the models.

    A model's run is saved before the next one starts, so that a cancelled job keeps what is finished. Where
    the site has outlines, what lies inside them is measured at once.

    Raises:
        FirnlineError: the tile cannot be analysed, or the history cannot take the run.
    """
    tidy_name(site)  # a name that cannot be saved is refused before anything is computed for it
    ids = []
    for number, model in enumerate(models):
        with history.staging() as folder:
            part = part_of(on_progress, number, len(models))
            run = analyse(
                tile, model, options, folder / "run", part, default_engine(model, history.location.engines)
            )
            spare_networks(tile.grid)
            run = name_site(run, folder / "run", site)
            kept = tile if keep_input else None
            history.save_run(run, folder / "run", site=site, note=note, keep=kept)
        with suppress(OutlineError):  # its reason is told where the areas inside the outlines are looked at
            history.ledger(run.id)
        ids.append(run.id)
    return tuple(ids)
