"""A whole scene: the wall time of a run against that of its windows alone, and where the rest goes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.figures import Figure, report
from benchmarks.fresh_process import run_apart
from benchmarks.landscape import FIRST_SEED, SCENE_TILES, simulated_tiles, write_scene
from benchmarks.options import Model, Out, Repeats, Runs, times
from benchmarks.sampling import NETWORK
from benchmarks.scene_run import SceneOrder
from core.inference.engines import default_engine
from core.models import MODELS
from core.networks.stored import find_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.scene_run import SceneRun

MOST, MOST_OUTSIDE = 1.3, 30.0  # the bars; the second in percent
Side = Annotated[int, typer.Option("--side", min=64, help="Side of the scene in pixels.")]


def measure(
    side: Side = 7700, model: Model = None, repeats: Repeats = 5, runs: Runs = 1, out: Out = None
) -> None:
    """Run a scene in a process of its own, with everything that is written, and profile it."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_scene(folder / "scene", side, simulated_tiles(SCENE_TILES, FIRST_SEED))
        for key in [model] if model else MODELS:
            found = find_model(key)
            default_engine(found, folder / "engines")  # compiled before, as in every run but the first
            taken = []
            for number in range(runs):
                order = SceneOrder(paths, found, folder / f"{key}{number}", folder / "engines", repeats)
                taken.append(run_apart(order))
            taken.sort(key=lambda one: one[0].wall_s / one[0].windows_s)
            run, peak_gb = taken[len(taken) // 2][0], max(memory_gb for _, memory_gb in taken)
            figures += figures_of(key, run, peak_gb, runs=runs)
    report(f"Scene of {side} px", figures, out)


def figures_of(key: str, run: SceneRun, memory_gb: float, *, runs: int = 1) -> Iterator[Figure]:
    """The ratio with its bar, and every part of the wall time; `run` is the one in the middle of `runs`."""
    how = (
        f"{times(runs)}; {run.wall_s:.1f} s / {run.windows} windows in {run.windows_s:.1f} s (medians), "
        f"{run.engine}"
    )
    yield Figure(f"{key}: wall time / windows alone", run.wall_s / run.windows_s, "", MOST, "at most", how)
    idle_s = sum(part.alone_s for part in run.parts if part.name != NETWORK)
    share = 100 * idle_s / (idle_s + sum(part.alone_s for part in run.parts if part.name == NETWORK))
    yield Figure(f"{key}: time without the network", share, "%", MOST_OUTSIDE, "at most", "of the wall time")
    how = "what reading and writing beside it cost the network"
    yield Figure(f"{key}: windows in the run / alone", run.within_s / run.windows_s, how=how)
    for part in run.parts:
        beside = f"and {part.beside_s:.1f} s beside the network" if part.beside_s >= 0.05 else ""
        yield Figure(f"{key}:   {part.name}", part.alone_s, "s", how=beside)
    yield Figure(f"{key}: processor time", run.processor_s, "s", how="user and system, all threads")
    yield Figure(f"{key}: peak memory", memory_gb, "GB")
