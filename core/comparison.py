"""The comparison of two runs: the one place that orders its steps."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ComparisonError
from core.export.comparisons import RASTER_FILE, draw_gain_loss, gain_loss_raster, write_comparison
from core.export.provenance import software_versions
from core.measure.area_errors import Trust
from core.measure.change import Comparison
from core.measure.overlap import overlap_of
from core.measure.scene import ScenePart, scene_change
from core.measure.shared_classes import shared_legends
from core.measure.transitions import Surface, measure_change
from core.models import model_spec
from core.present.change_kinds import kind_table
from core.runs import utc_now
from core.tiles.results import ResultPlanes
from core.types import ignore_progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.outlines.outline import OutlineSet
    from core.runs import Run
    from core.types import OnProgress, Window

MEASURED, WRITTEN = 0.8, 0.95  # progress after each step, by their share of the time


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run and the folder of its files. `trust`: what the card of its weights says, where that is known."""

    run: Run
    folder: Path
    trust: Trust = Trust()  # noqa: RUF009 - frozen


def compare_runs(
    before: ComparedRun, after: ComparedRun, folder: Path, on_progress: OnProgress = ignore_progress
) -> Comparison:
    """Compare two runs and write everything into an existing folder; `comparison.json` comes last.

    Raises:
        ComparisonError: the two cannot be compared, or a run's rasters are gone.
        ModelError: a run's model is not known any more.
        TileError: a result of a run cannot be read.
        ExportError: a file cannot be written.
    """
    if before.run.id == after.run.id:
        raise ComparisonError("This is the same run twice; nothing can have changed. Choose another run.")
    grid = overlap_of(before.run.tile.grid, after.run.tile.grid).grid
    legend, _, _ = shared_legends(model_spec(before.run.model), model_spec(after.run.model))
    table = kind_table(legend.classes)
    tags = {"BEFORE_RUN": before.run.id, "AFTER_RUN": after.run.id}
    with ExitStack() as opened:
        one, other = (_surface(part, opened) for part in (before, after))
        with gain_loss_raster(folder / RASTER_FILE, grid, tags) as raster:

            def write(window: Window, codes: NDArray[np.uint8]) -> None:
                raster.write(table[codes], window)

            change = measure_change(one, other, lambda share: on_progress(MEASURED * share), write)
    on_progress(WRITTEN)
    comparison = Comparison(
        before=before.run.id,
        after=after.run.id,
        change=change,
        map_bounds=draw_gain_loss(folder, grid),
        made_at=utc_now(),
        versions=software_versions(),
    )
    write_comparison(comparison, folder)
    on_progress(1.0)
    return comparison


def scene_part(before: ComparedRun, after: ComparedRun, outlines: OutlineSet) -> ScenePart | None:
    """The scene's part of the change between two runs of one model; None where no outline lies on both.

    Raises:
        ComparisonError: the two cannot be compared, or a run's rasters are gone.
        OutlineError: too many outlines lie over one another.
        TileError: a result of a run cannot be read.
    """
    with ExitStack() as opened:
        one, other = (_surface(part, opened) for part in (before, after))
        return scene_change(one, other, outlines)


def _surface(part: ComparedRun, opened: ExitStack) -> Surface:
    run = part.run
    classes = run.artifact("classes")
    if classes is None:
        raise ComparisonError(
            f"The run of {run.tile.name} kept no class map, so there is nothing to compare. Run it again."
        )
    files = [part.folder / artifact.name for artifact in (classes, run.artifact("probabilities")) if artifact]
    _require_files(run, files)
    planes = opened.enter_context(ResultPlanes(*files))
    return Surface(
        spec=model_spec(run.model),
        grid=run.tile.grid,
        valid_km2=run.valid_area_km2 or 0.0,
        read=planes.read,
        weights_sha256=run.weights_sha256,
        trust=part.trust,
    )


def _require_files(run: Run, files: Sequence[Path]) -> None:
    """Refuse a run whose rasters are gone, and say which run it is."""
    gone = [path.name for path in files if not path.is_file()]
    if gone:
        day = f" of {run.tile.acquired_on.isoformat()}" if run.tile.acquired_on else ""
        raise ComparisonError(
            f"{' and '.join(gone)} of the run of {run.tile.name}{day} {'is' if len(gone) == 1 else 'are'} no "
            f"longer in the data folder. Put the folder {files[0].parent.name} back from a backup, or run "
            "the tile again."
        )
