"""The same network and scene through MONAI's sliding windows: time and peak memory."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.figures import Figure, report
from benchmarks.fresh_process import run_apart
from benchmarks.landscape import FIRST_SEED, SCENE_TILES, simulated_tiles, write_scene
from benchmarks.options import Model, Out, Runs, times
from benchmarks.peer_run import PeerOrder
from core.inference.engines import default_engine
from core.models import MODELS
from core.networks.stored import find_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.peer_run import Way

    Taken = Mapping[Way, tuple[float, float]]

FASTER, SHARE = 4.0, 0.25  # the bars
INSTALL = "uv pip install --no-deps --target PEER monai==1.6.1"  # as requirements-peer.txt pins it
WAYS: tuple[Way, ...] = ("ours", "peer", "peer in bfloat16")
Side = Annotated[int, typer.Option("--side", min=64, help="Side of the scene in pixels.")]


def measure(side: Side = 4096, model: Model = None, runs: Runs = 1, out: Out = None) -> None:
    """Map a scene by MONAI's sliding_window_inference and by ours, each in a process of its own, by turns.

    The peer holds the scene in memory, as its users do. It is no requirement of Firnline: install
    it into a folder beside it, in the version that requirements-peer.txt pins (docs/benchmarks.md).
    """
    require_peer()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_scene(folder / "scene", side, simulated_tiles(SCENE_TILES, FIRST_SEED))
        for key in [model] if model else MODELS:
            found, cache = find_model(key), folder / "engines"
            default_engine(found, cache)
            turns = [
                {way: run_apart(PeerOrder(paths, found, way, folder, cache)) for way in WAYS}
                for _ in range(runs)
            ]
            figures += figures_of(
                key, {way: middle([turn[way] for turn in turns]) for way in WAYS}, runs=runs
            )
    report(f"Scene of {side} px against MONAI", figures, out)


def require_peer() -> None:
    """Say what is missing where MONAI is.

    Raises:
        typer.BadParameter: MONAI is not installed.
    """
    if find_spec("monai") is None:
        raise typer.BadParameter(
            f"MONAI is not installed. Put it into a folder, '{INSTALL}', and name that folder in PYTHONPATH."
        )


def middle(taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The median time and the highest peak of several runs."""
    return median(seconds for seconds, _ in taken), max(peak_gb for _, peak_gb in taken)


def figures_of(key: str, taken: Taken, *, runs: int = 1) -> Iterator[Figure]:
    """The two ratios against the peer as it comes and, for information, in bfloat16; `taken`: seconds, GB."""
    ours_s, ours_gb = taken["ours"]
    for way in WAYS[1:]:
        seconds, peak_gb = taken[way]
        bars = (FASTER, SHARE) if way == "peer" else (None, None)
        how = f"{times(runs)}; {seconds:.1f} s / {ours_s:.1f} s"
        yield Figure(f"{key}: times faster than the {way}", seconds / ours_s, bar=bars[0], how=how)
        how = f"{ours_gb:.2f} GB / {peak_gb:.2f} GB"
        yield Figure(f"{key}: memory, share of the {way}'s", ours_gb / peak_gb, "", bars[1], "at most", how)
