"""Training: seconds a step of each network, precision and number of threads."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import torch
import typer

from benchmarks.figures import Figure, best_seconds, report
from benchmarks.options import Model, Out, Repeats, whole_strides
from core.models import MODELS
from core.networks.catalogue import build_network
from core.types import BANDS
from trainer.losses import cross_entropy
from trainer.precision import training_precision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import nn

    from core.models import ModelSpec

Batch = Annotated[int, typer.Option("--batch", min=1, help="Patches a step.")]
Patch = Annotated[
    int,
    typer.Option(
        "--patch", min=32, callback=whole_strides, help="Side of a patch, pixels; a multiple of 32."
    ),
]


def measure(
    batch: Batch = 8, patch: Patch = 256, repeats: Repeats = 3, model: Model = None, out: Out = None
) -> None:
    """Time forward, backward and AdamW on random patches, channels last; the best of `repeats` counts."""
    figures: list[Figure] = []
    for key in [model] if model else MODELS:
        network = build_network(MODELS[key]).to(memory_format=torch.channels_last)
        figures += figures_of(MODELS[key], network, (batch, patch), repeats)
    report(f"A step of {batch} patches of {patch} px", figures, out)


def figures_of(
    spec: ModelSpec, network: nn.Module, size: tuple[int, int], repeats: int, threads: tuple[int, ...] = ()
) -> Iterator[Figure]:
    """Seconds a step in single precision and, where the processor has it, bfloat16. `size`: patches, px."""
    able = training_precision(half=True) == "bf16-mixed"
    for count in threads or sorted({1, os.cpu_count() or 1}):
        for half in (False, True) if able else (False,):
            with _threads(count):
                seconds = best_seconds(training_step(spec, network, size, half=half), repeats)
            cores = f"{count} thread{'s' if count > 1 else ''}"
            words = "bfloat16" if half else "single precision"
            yield Figure(f"{spec.key}: {cores}, {words}", seconds, "s", how=f"best of {repeats}")


def training_step(
    spec: ModelSpec, network: nn.Module, size: tuple[int, int], *, half: bool
) -> Callable[[], None]:
    """One step of a training on random patches, as `trainer.module` makes it, with cross-entropy."""
    patches, px = size
    x = torch.randn(patches, len(BANDS), px, px).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(len(spec.classes), (patches, px, px))
    optimiser = torch.optim.AdamW(network.parameters(), 1e-4)
    network.train()

    def step() -> None:
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = network(x)
        cross_entropy(logits.float(), labels).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return step


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
