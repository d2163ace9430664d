"""Peak memory of whole scenes: below a limit, and the same for scenes of every size."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.figures import Figure, report
from benchmarks.fresh_process import run_apart
from benchmarks.landscape import FIRST_SEED, SCENE_TILES, simulated_tiles, write_scene
from benchmarks.options import Model, Out
from benchmarks.scene_run import SceneOrder
from core.inference.engines import default_engine
from core.models import MODELS
from core.networks.stored import find_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_GB, ALIKE = 2.0, 1.1  # the bars
SIDES = (7700, 15400)
Sides = Annotated[list[int] | None, typer.Option("--sides", min=64, help="Side of a scene, px; repeat it.")]


def measure(sides: Sides = None, model: Model = None, out: Out = None) -> None:
    """Run scenes of two sizes, each in a process of its own, and compare their peak memory."""
    peaks: dict[str, dict[int, float]] = {key: {} for key in ([model] if model else MODELS)}
    tiles = simulated_tiles(SCENE_TILES, FIRST_SEED)
    for side in sides or SIDES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            paths = write_scene(folder / "scene", side, tiles)
            for key, of_model in peaks.items():
                found = find_model(key)
                default_engine(found, folder / "engines")
                _, of_model[side] = run_apart(SceneOrder(paths, found, folder / key, folder / "engines"))
    report("Peak memory of scenes", [f for key, p in peaks.items() for f in figures_of(key, p)], out)


def figures_of(key: str, peaks: Mapping[int, float]) -> Iterator[Figure]:
    """Each size against the limit, and the largest peak against the least."""
    for side, peak in peaks.items():
        yield Figure(f"{key}: {side} px", peak, "GB", MOST_GB, "at most", "once; peak of the process")
    if len(peaks) > 1:
        ratio = max(peaks.values()) / min(peaks.values())
        how = f"{max(peaks) ** 2 / min(peaks) ** 2:.2g} times the pixels"
        yield Figure(f"{key}: largest / least", ratio, "", ALIKE, "at most", how)
