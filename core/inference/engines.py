"""Engines: what turns normalised pixels into class probabilities, and which one a machine gets."""

from __future__ import annotations

import ctypes.util
import sys
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from core.inference.openvino_engine import openvino_network
from core.inference.openvino_runtime import find_openvino
from core.threads import stated_threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from core.inference.openvino_engine import OpenVINONetwork
    from core.networks.stored import Model
    from core.types import Grid

    Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]

UNNAMED = "given by the caller"
SCENE_PX = 2048 * 2048  # of larger tiles a run takes seconds, and its windows hundreds of megabytes
KEPT_NETWORKS = 2  # compiled ones in a process: the next run of either model finds its own ready
_COMPILING = Lock()  # so that two who ask first do not both compile


class Engine(Protocol):
    """A network that is ready to run.

    Takes normalised bands float32 (n, 5, h, w), h and w multiples of the model's stride, to probabilities
    float32 (n, K, h, w): one plane a class for every model, summing to 1.
    """

    def __call__(self, x: NDArray[np.float32], /) -> NDArray[np.float32]:
        """Probabilities (n, K, h, w) of normalised bands (n, 5, h, w)."""


def _keep() -> None:
    """How an engine rests that has nothing to give back."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedEngine:
    """An engine that says what it is; runs record the name.

    `rest` gives back the memory of its windows; the next call takes it again.
    """

    name: str
    run: Run
    rest: Callable[[], None] = _keep

    def __call__(self, x: NDArray[np.float32], /) -> NDArray[np.float32]:
        """Probabilities (n, K, h, w) of normalised bands (n, 5, h, w)."""
        return self.run(x)


def default_engine(model: Model, cache: Path | None = None) -> Engine:
    """The fastest engine of this machine: CUDA through PyTorch, else OpenVINO, else PyTorch on the CPU.

    `cache` is a folder that keeps compiled networks; with one at hand torch is not even imported. One
    engine serves one thread.

    Raises:
        WeightsError: the weights were altered since the model was found.
    """
    if not _has_cuda() and find_openvino() is not None:
        with _COMPILING:
            network = _kept_network(model, cache, stated_threads())
        return _named(network)
    from core.inference.torch_engine import torch_engine

    return torch_engine(model)


def spare_networks(grid: Grid) -> None:
    """After a scene, let go of the compiled networks: the next of another model needs their memory.

    The cache on disk gives them back in a fraction of a second. After a chip they stay.
    """
    if grid.height * grid.width > SCENE_PX:
        _kept_network.cache_clear()


def recorded_engine(name: str, model: Model, cache: Path | None = None) -> Engine:
    """The engine that a run's record names, as far as this machine has it; else the default one.

    A run is repeated in the precision in which it was made wherever the machine can: float32 runs
    everywhere, bfloat16 where the CPU multiplies it natively.

    Raises:
        WeightsError: the weights were altered since the model was found.
    """
    if name.startswith("PyTorch") and " on " not in name:
        from core.inference.torch_engine import torch_engine

        return torch_engine(model, "cpu")
    runtime = find_openvino() if name.startswith("OpenVINO") else None
    if runtime is None:
        return default_engine(model, cache)
    return _named(openvino_network(runtime, model, cache, "f32" if name.endswith("f32") else None))


def _named(network: OpenVINONetwork) -> NamedEngine:
    """A new engine of a network."""
    engine = network.engine()
    return NamedEngine(network.name, engine, engine.rest)


@lru_cache(maxsize=KEPT_NETWORKS)
def _kept_network(model: Model, cache: Path | None, threads: int | None) -> OpenVINONetwork:
    """The compiled network of this very model, read once a process. `threads`: what it was compiled for."""
    del threads  # part of the key
    return openvino_network(find_openvino(), model, cache)


def same_precision(one: str, other: str) -> bool:
    """Whether two engines of these names compute in the same precision."""
    return _precision(one) == _precision(other)


def _precision(name: str) -> str:
    if " on " in name:
        return "mixed"
    return name.rpartition(", ")[2].replace("float32", "f32")


def rest(engine: Engine) -> None:
    """Let an engine give back what its windows took: of large ones hundreds of megabytes."""
    if isinstance(engine, NamedEngine):
        engine.rest()


def engine_name(engine: Engine) -> str:
    """What an engine is, in a few words for the record."""
    return str(getattr(engine, "name", UNNAMED))


def _has_cuda() -> bool:
    """Whether PyTorch can use a GPU; without a driver, torch need not be asked."""
    driver = "nvcuda" if sys.platform == "win32" else "cuda"
    if ctypes.util.find_library(driver) is None:
        return False
    import torch

    return torch.cuda.is_available()
