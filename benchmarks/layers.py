"""Where a network's time goes in OpenVINO, by kind of layer: what keeps it below the matrix-product peak."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import typer

from benchmarks.arithmetic import PRODUCT_PX, Side, product_rate
from benchmarks.figures import Figure, report
from benchmarks.options import Model, Out, Repeats
from core.inference.openvino_engine import DEVICE, compile_settings, native_precision, openvino_graph
from core.inference.openvino_runtime import find_openvino
from core.models import MODELS
from core.networks.weights import load_model
from core.types import BANDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.networks.weights import LoadedModel

MANY = 64  # channels; fewer do not fill the units that multiply matrices
WIDE, NARROW = f"convolutions, {MANY} channels or more", f"convolutions from or to fewer than {MANY}"
UP, JOIN, ELSE = "transposed convolutions", "joining with skipped features", "pooling, copying and all else"
KINDS = (WIDE, NARROW, UP, JOIN, ELSE)


@dataclass(slots=True)
class Spent:
    """What the layers of each kind take in one pass: seconds, and floating-point operations."""

    seconds: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)


def measure(side: Side = 1280, repeats: Repeats = 5, model: Model = None, out: Out = None) -> None:
    """Share of time and of operations of each kind of layer, and the rate at which it computes."""
    keys = [model] if model else MODELS
    figures = [figure for key in keys for figure in figures_of(load_model(key), side, repeats)]
    report(f"Layers of a window of {side} px", figures, out)


def figures_of(
    model: LoadedModel, side: int, repeats: int, product_px: tuple[int, ...] = PRODUCT_PX
) -> Iterator[Figure]:
    """The part of each kind of layer, in the fastest of `repeats` passes, and the whole against the peak."""
    spent, precision = time_layers(model, side, repeats)
    peak = max(product_rate(px, repeats, half=precision == "bf16") for px in product_px)
    seconds, operations = spent.seconds.total(), spent.operations.total()
    for kind in KINDS:
        rate = spent.operations[kind] / spent.seconds[kind] if spent.seconds[kind] else 0.0
        how = (
            f"{100 * spent.operations[kind] / operations:.1f} % of the operations, {rate / 1e9:,.0f} Gflop/s"
        )
        share = 100 * spent.seconds[kind] / seconds
        yield Figure(f"{model.spec.key}: {kind}", share, "% of the time", how=how)
    how = f"best of {repeats}; {operations / seconds / 1e9:,.0f} of {peak / 1e9:,.0f} Gflop/s, {precision}"
    yield Figure(
        f"{model.spec.key}: share of the matrix-product peak", 100 * operations / seconds / peak, "%", how=how
    )


def time_layers(model: LoadedModel, side: int, repeats: int) -> tuple[Spent, str]:
    """The kinds of layers in the fastest of `repeats` passes over a window of `side` px, and the precision.

    Raises:
        typer.BadParameter: OpenVINO is not installed.
    """
    runtime = find_openvino()
    if runtime is None:
        raise typer.BadParameter("Layers are timed in OpenVINO, which is missing. Install requirements.txt.")
    core = runtime.Core()
    precision = native_precision(core)
    graph = openvino_graph(runtime, model)
    graph.reshape([1, len(BANDS), side, side])
    compiled = core.compile_model(graph, DEVICE, compile_settings(precision) | {"PERF_COUNT": "YES"})
    layers = {layer.get_friendly_name(): layer for layer in compiled.get_runtime_model().get_ops()}
    request = compiled.create_infer_request()
    x = np.random.default_rng(1).standard_normal((1, len(BANDS), side, side)).astype(np.float32)
    passes = []
    for _ in range(repeats + 1):  # the first one only warms
        request.infer([x], share_inputs=True)
        passes.append(_spent(request.profiling_info, layers))
    return min(passes[1:], key=lambda spent: spent.seconds.total()), precision


def _spent(profile: list[Any], layers: dict[str, Any]) -> Spent:
    spent = Spent()
    for entry in profile:
        kind, operations = _kind_and_operations(entry.node_type, layers.get(entry.node_name))
        spent.seconds[kind] += entry.real_time.total_seconds()
        spent.operations[kind] += operations
    return spent


def _kind_and_operations(type_name: str, layer: Any) -> tuple[str, int]:  # noqa: ANN401 - OpenVINO's node
    """The kind of a layer; its operations, a multiplication and an addition counting as two."""
    if type_name == "Concat":
        return JOIN, 0
    if layer is None or type_name not in {"Convolution", "ConvolutionBackpropData"}:
        return ELSE, 0
    source, weights = (cast("list[int]", list(layer.input(n).get_shape())) for n in (0, 1))
    if type_name == "ConvolutionBackpropData":  # every pixel of the input is multiplied with all weights
        return UP, 2 * math.prod(weights) * math.prod(source[2:])
    pixels = math.prod(list(layer.output(0).get_shape())[2:])
    return WIDE if min(weights[:2]) >= MANY else NARROW, 2 * math.prod(weights) * pixels
