"""One whole run of a scene, from its files to its artifacts; imports what a run imports and no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.figures import median_seconds
from benchmarks.sampling import Sampler
from core.inference.engines import NamedEngine, default_engine, engine_name, rest
from core.pipeline import analyse
from core.runs import Options
from core.tiles.grouping import group_files
from core.tiles.reading import open_tile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.sampling import Part
    from core.inference.engines import Engine
    from core.networks.stored import Model

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SceneOrder:
    """What to run: the scene's files, the model, a folder for the artifacts, the cache of compiled networks.

    `repeats`: calls by which each shape of window is timed afterwards; 0 times none.
    """

    paths: tuple[Path, ...]
    model: Model
    out: Path
    cache: Path
    repeats: int = 0

    def __call__(self) -> SceneRun:
        """Run it, in this process."""
        return run_scene(self)


@dataclass(frozen=True, slots=True)
class SceneRun:
    """What one run took.

    `wall_s`: from opening the files to the last artifact. `processor_s`: user and system time of all
    threads in the same span. `windows`: how many the network saw;
    `windows_s`: the time of as many alone, each shape by its median. `within_s`: what they took in the run.
    `parts`: where the wall time went.
    """

    wall_s: float
    windows: int
    windows_s: float
    within_s: float
    parts: tuple[Part, ...]
    engine: str
    processor_s: float


def run_scene(order: SceneOrder) -> SceneRun:
    """Analyse a scene with everything that is written, and time its windows by themselves."""
    network = default_engine(order.model, order.cache)
    engine = CountingEngine(network)
    counted = NamedEngine(engine.name, engine, partial(rest, network))
    (files,) = group_files(order.paths).tiles
    with Sampler() as sampler:
        start, busy = perf_counter(), process_time()
        with open_tile(files) as tile:
            analyse(tile, order.model, Options(), order.out, engine=counted)
        wall_s, processor_s = perf_counter() - start, process_time() - busy
    return SceneRun(
        wall_s=wall_s,
        windows=engine.shapes.total(),
        windows_s=engine.alone_s(order.repeats) if order.repeats else 0.0,
        within_s=sum(engine.seconds),
        parts=sampler.parts,
        engine=engine.name,
        processor_s=processor_s,
    )


class CountingEngine:
    """An engine that remembers the shapes it was called with, and how long each call took."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.name = engine_name(engine)
        self.shapes: Counter[Shape] = Counter()
        self.seconds: list[float] = []

    def __call__(self, x: NDArray[np.float32], /) -> NDArray[np.float32]:
        """Probabilities (n, K, h, w) of normalised bands (n, 5, h, w)."""
        start = perf_counter()
        probabilities = self.engine(x)
        self.seconds.append(perf_counter() - start)
        self.shapes[x.shape] += 1
        return probabilities

    def alone_s(self, repeats: int) -> float:
        """Seconds that as many calls of the same shapes take while nothing else runs."""
        random, total = np.random.default_rng(1), 0.0
        for shape, count in self.shapes.items():
            x = random.standard_normal(shape, np.float32)
            total += count * median_seconds(partial(self.engine, x), repeats)
        return total
