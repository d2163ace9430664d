"""Tiling: how many pixels windows decide otherwise than one pass over the whole, for each halo."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from benchmarks.figures import Figure, report
from benchmarks.landscape import FIRST_SEED, simulated_tiles, write_scene
from benchmarks.options import Model, Out
from core.inference.engines import default_engine, engine_name
from core.inference.predict import predict_windows
from core.inference.torch_engine import torch_engine
from core.inference.windows import plan_steps
from core.models import BINARY, MODELS, MULTICLASS
from core.networks.weights import load_model
from core.tiles.grouping import group_files
from core.tiles.reading import open_tile
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.inference.engines import Engine
    from core.inference.predict import PixelSource
    from core.networks.weights import LoadedModel

MOST = 0.05  # the bar, percent
CASES = {  # model -> halo and core, pixels; the first is what runs use
    BINARY.key: ((BINARY.halo_px, BINARY.core_px), (64, BINARY.core_px), (BINARY.halo_px, 256)),
    MULTICLASS.key: (
        (MULTICLASS.halo_px, MULTICLASS.core_px),
        (128, MULTICLASS.core_px),
        (96, MULTICLASS.core_px),
        (MULTICLASS.halo_px, 256),
    ),
}
Cases = tuple[tuple[int, int], ...]
Side = Annotated[int, typer.Option("--side", min=64, help="Side of the mosaic in pixels.")]
Tiles = Annotated[int, typer.Option("--tiles", min=1, help="Simulated tiles that it is put together from.")]


def measure(side: Side = 2560, tiles: Tiles = 9, model: Model = None, out: Out = None) -> None:
    """Compare the classes of windows with those of one pass over a simulated mosaic."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        (files,) = group_files(write_scene(Path(folder), side, simulated_tiles(tiles, FIRST_SEED))).tiles
        with open_tile(files) as scene:
            for key in [model] if model else MODELS:
                figures += figures_of(load_model(key), scene, CASES[key])
    report(f"Windows against one pass, {side} px", figures, out)


def figures_of(model: LoadedModel, scene: PixelSource, cases: Cases) -> Iterator[Figure]:
    """Percent of the valid pixels that differ, for each halo and core; the first also in float32."""
    engines = {"": default_engine(model)}
    if not engine_name(engines[""]).startswith("PyTorch"):
        engines[", PyTorch float32"] = torch_engine(model, "cpu")
    for words, engine in engines.items():
        whole = classes_of(scene, model, engine, _covering(scene, model))
        for halo_px, core_px in cases if not words else cases[:1]:
            tried = replace(model, spec=replace(model.spec, halo_px=halo_px))
            parts = classes_of(scene, tried, engine, core_px)
            valid = whole != NO_DATA
            differing = int((parts != whole)[valid].sum())
            windows = len(list(plan_steps(whole.shape, tried.spec, core_px)))
            told = (
                f"{differing:,} of {int(valid.sum()):,} valid pixels, {windows} windows, "
                f"{engine_name(engine)}"
                if windows > 1
                else "one window: nothing to compare"
            )
            used = (halo_px, core_px) == cases[0] and windows > 1
            yield Figure(
                f"{model.spec.key}: halo {halo_px} px, core {core_px} px{words}",
                100 * differing / max(1, int(valid.sum())),
                "%",
                MOST if used else None,
                "at most",
                told,
            )


def classes_of(scene: PixelSource, model: LoadedModel, engine: Engine, core_px: int) -> NDArray[np.uint8]:
    """The class map (h, w), window by window."""
    classes = np.empty(scene.grid.shape, np.uint8)
    with closing(predict_windows(scene, model, engine, core_px=core_px)) as predictions:
        for prediction in predictions:
            classes[prediction.window.slices] = prediction.classes
    return classes


def _covering(scene: PixelSource, model: LoadedModel) -> int:
    """The core that takes the whole scene at once."""
    return -(-max(scene.grid.shape) // model.spec.stride_px) * model.spec.stride_px
