"""One tile of 512 px: the engine that a run gets against eager PyTorch, in time and in labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
import typer

from benchmarks.figures import Figure, median_seconds, report
from benchmarks.landscape import FIRST_SEED, TILE_PX, pixels_of, simulated_tiles
from benchmarks.options import Out, Repeats, whole_strides
from core.inference.decision import classify, deciding_threshold
from core.inference.engines import NamedEngine, default_engine, engine_name
from core.inference.openvino_engine import openvino_network
from core.inference.openvino_runtime import find_openvino
from core.models import MODELS
from core.networks.normalisation import normalise
from core.networks.weights import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from core.inference.engines import Engine
    from core.models import ModelSpec
    from core.networks.weights import LoadedModel
    from core.types import Pixels

FASTER, EQUAL = 4.0, 0.999  # the bars
Tiles = Annotated[int, typer.Option("--tiles", min=1, help="Tiles whose labels are compared.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of the first tile; no training may have seen it.")]
Size = Annotated[
    int,
    typer.Option("--size", min=64, callback=whole_strides, help="Side of a tile, pixels; a multiple of 32."),
]


def measure(
    tiles: Tiles = 8, repeats: Repeats = 5, seed: Seed = FIRST_SEED, size: Size = TILE_PX, out: Out = None
) -> None:
    """Time one simulated tile against eager float32 PyTorch, and compare the labels of several."""
    seen = [pixels_of(tile) for tile in simulated_tiles(tiles, seed, size)]
    report(
        f"Tile of {size} px", [f for key in MODELS for f in figures_of(load_model(key), seen, repeats)], out
    )


def eager_engine(model: LoadedModel) -> Engine:
    """The reference: eager float32 PyTorch in its default memory layout, as dashboards commonly run it."""

    def run(x: NDArray[np.float32], /) -> NDArray[np.float32]:
        with torch.no_grad():
            logits = model.network(torch.from_numpy(x)) / model.card.temperature
            if model.spec.activation == "softmax":
                return torch.softmax(logits, dim=1).numpy()
            positive = torch.sigmoid(logits)
            return torch.cat([1 - positive, positive], dim=1).numpy()

    return run


def figures_of(model: LoadedModel, tiles: Sequence[Pixels], repeats: int) -> Iterator[Figure]:
    """Speed on the first tile; labels and ice on the valid pixels of all."""
    key, reference, engine = model.spec.key, eager_engine(model), default_engine(model)
    x = normalise(tiles[0], model.card)[None]
    slow, fast = median_seconds(lambda: reference(x), repeats), median_seconds(lambda: engine(x), repeats)
    how = f"medians of {repeats}; {slow:.3f} s / {fast:.3f} s, {engine_name(engine)}"
    yield Figure(f"{key}: times faster than eager PyTorch", slow / fast, bar=FASTER, how=how)
    expected = np.concatenate([labels_of(tile, model, reference) for tile in tiles])
    found = np.concatenate([labels_of(tile, model, engine) for tile in tiles])
    how = f"{len(tiles)} tiles, {expected.size:,} valid pixels"
    yield Figure(
        f"{key}: equal labels", 100 * float((expected == found).mean()), "%", 100 * EQUAL, "at least", how
    )
    runtime = find_openvino()
    if runtime is not None and engine_name(engine).endswith("bf16"):
        network = openvino_network(runtime, model, precision="f32")
        single = NamedEngine(network.name, network.engine())
        also = np.concatenate([labels_of(tile, model, single) for tile in tiles])
        share = 100 * float((expected == also).mean())
        yield Figure(f"{key}: equal labels in float32", share, "%", how=single.name)
    before, after = ice_px(expected, model.spec), ice_px(found, model.spec)
    shift = 100 * (after - before) / before if before else 0.0
    yield Figure(f"{key}: shift of the ice's area", shift, "%", how="of the reference's")


def labels_of(tile: Pixels, model: LoadedModel, engine: Engine) -> NDArray[np.uint8]:
    """The classes of a tile's valid pixels, in a row."""
    threshold = deciding_threshold(model.spec, model.card, None)
    return classify(engine(normalise(tile, model.card)[None])[0], model.spec, threshold)[tile.valid]


def ice_px(labels: NDArray[np.uint8], spec: ModelSpec) -> int:
    """How many pixels are ice."""
    return int(np.isin(labels, [info.index for info in spec.classes if info.is_ice]).sum())
