"""One tile of 512 px: the engine that a run gets against eager PyTorch, in time and in labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.figures import Figure, median_seconds, report
from benchmarks.options import Out, Repeats, Seed
from core.inference.decision import classify, deciding_threshold
from core.inference.engines import default_engine, engine_name
from core.models import MODELS
from core.networks.stored import find_model
from core.networks.weights import load_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.inference.engines import Engine
    from core.networks.weights import LoadedModel

SIDE_PX = 512
FASTER, EQUAL = 4.0, 0.999  # the bars


def measure(repeats: Repeats = 5, seed: Seed = 1, out: Out = None) -> None:
    """Time one 512 px tile with each model against eager float32 PyTorch, and compare the labels."""
    x = np.random.default_rng(seed).standard_normal((1, 5, SIDE_PX, SIDE_PX)).astype(np.float32)
    report("Tile of 512 px", [f for key in MODELS for f in _figures(load_model(key), x, repeats)], out)


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


def _figures(model: LoadedModel, x: NDArray[np.float32], repeats: int) -> Iterator[Figure]:
    reference, engine = eager_engine(model), default_engine(find_model(model.spec.key))
    slow, fast = median_seconds(lambda: reference(x), repeats), median_seconds(lambda: engine(x), repeats)
    yield Figure(
        f"{model.spec.key}: times faster than eager PyTorch",
        slow / fast,
        bar=FASTER,
        how=f"{slow:.3f} s / {fast:.3f} s, {engine_name(engine)}",
    )
    threshold = deciding_threshold(model.spec, model.card, None)
    equal = classify(reference(x)[0], model.spec, threshold) == classify(engine(x)[0], model.spec, threshold)
    yield Figure(f"{model.spec.key}: share of equal labels", float(equal.mean()), bar=EQUAL)
