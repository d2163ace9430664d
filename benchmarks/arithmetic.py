"""The network's arithmetic rate against the machine's own peak, and what the machine's limits are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import torch
import typer
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.figures import Figure, best_seconds, report
from benchmarks.options import Out, Repeats, whole_strides
from core.inference.engines import default_engine, engine_name
from core.inference.windows import plan_steps
from core.models import MODELS
from core.networks.weights import load_model
from core.types import BANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.networks.weights import LoadedModel

LEAST = 60.0  # the bar, percent
PRODUCT_PX = (1024, 2048, 4096)  # sides of the square matrices; the fastest counts
COPIED_BYTES = 512_000_000  # far more than any cache holds
WRITTEN_BYTES = 256_000_000
Side = Annotated[
    int,
    typer.Option("--side", min=64, callback=whole_strides, help="Side of the input, px; a multiple of 32."),
]
SceneSide = Annotated[
    int, typer.Option("--scene", min=64, help="Side of the scene whose least time is told.")
]


def measure(side: Side = 512, scene: SceneSide = 7700, repeats: Repeats = 5, out: Out = None) -> None:
    """Compare each network's arithmetic rate with matrix products at the same precision; tell the limits."""
    figures = [f for key in MODELS for f in figures_of(load_model(key), side, scene, repeats)]
    report(f"Arithmetic at {side} px, and the machine's limits", [*figures, *limits(repeats)], out)


def figures_of(
    model: LoadedModel, side: int, scene: int, repeats: int, product_px: tuple[int, ...] = PRODUCT_PX
) -> Iterator[Figure]:
    """Rates of the default engine and of matrix products, the best of `repeats` each, by turns."""
    engine = default_engine(model)
    half = engine_name(engine).endswith("bf16")
    x = np.random.default_rng(1).standard_normal((1, len(BANDS), side, side)).astype(np.float32)
    operations = operations_of(model, side, side)
    rate = operations / best_seconds(lambda: engine(x), repeats)
    peak = max(product_rate(px, repeats, half=half) for px in product_px)
    rate = max(rate, operations / best_seconds(lambda: engine(x), repeats))  # the machine may have been busy
    key = model.spec.key
    how = f"best of {repeats}; {rate / 1e9:,.0f} of {peak / 1e9:,.0f} Gflop/s, {engine_name(engine)}"
    yield Figure(f"{key}: share of the matrix-product peak", 100 * rate / peak, "%", LEAST, "at least", how)
    whole = sum(operations_of(model, *step.padded) for step in plan_steps((scene, scene), model.spec))
    bare = operations_of(model, 1024, 1024) * (scene / 1024) ** 2
    how = f"{whole / 1e12:,.1f} Tflop at that peak; halos add {100 * (whole / bare - 1):.0f} %"
    yield Figure(f"{key}: least time of a scene of {scene} px", whole / peak, "s", how=how)


def operations_of(model: LoadedModel, height: int, width: int) -> int:
    """Floating-point operations of one pass, a multiplication and an addition counting as two.

    They are counted on meta tensors, so nothing is computed and no memory taken.
    """
    counter = FlopCounterMode(display=False)
    shapes = {
        name: torch.empty_like(tensor, device="meta") for name, tensor in model.network.state_dict().items()
    }
    with counter, torch.no_grad():
        torch.func.functional_call(
            model.network, shapes, (torch.empty(1, len(BANDS), height, width, device="meta"),)
        )
    return int(counter.get_total_flops())


def product_rate(side: int, repeats: int, *, half: bool) -> float:
    """Operations a second of a product of square matrices, in bfloat16 where `half`, else in float32."""
    kind = torch.bfloat16 if half else torch.float32
    one, other = (torch.randn(side, side).to(kind) for _ in range(2))
    return 2 * side**3 / best_seconds(lambda: one @ other, repeats)


def limits(repeats: int, copied: int = COPIED_BYTES, written: int = WRITTEN_BYTES) -> Iterator[Figure]:
    """What memory and disk give."""
    source = np.ones(copied, np.uint8)
    target = np.empty_like(source)
    seconds = best_seconds(lambda: np.copyto(target, source), repeats)
    yield Figure("memory", 2 * copied / seconds / 1e9, "GB/s", how="a copy by one thread, read and written")
    with tempfile.TemporaryDirectory() as folder:
        seconds = best_seconds(lambda: _write(Path(folder) / "file", source.data[:written]), repeats)
    yield Figure("disk", written / seconds / 1e9, "GB/s", how="written and forced to the disk")


def _write(path: Path, content: memoryview) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
