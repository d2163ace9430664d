"""The OpenVINO engine: the fastest on CPUs, compiled once and kept on disk."""

from __future__ import annotations

import warnings
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from threading import Event
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

import numpy as np

from core.inference.compiling import compile_apart
from core.threads import stated_threads
from core.types import BANDS

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from core.networks.stored import Model

Precision = Literal["f32", "bf16"]

# To be raised when what is folded into the compiled graph, or how the file is written, changes. Files of 2
# and 3 may hold other weights, or another temperature, than their names say: those that were replaced while
# a process ran.
GRAPH = 4
SEAL_BYTES = 32  # SHA-256 of a file's network, in front of it: OpenVINO takes altered weights without a word
KEPT_FILES = 4  # compiled networks a model in the cache: tens of megabytes each, made again in seconds
WRITING_S = 600  # an unfinished file this much older than a new one belongs to nobody
KEPT_PX = 1024 * 1024  # what larger windows took is given back: hundreds of megabytes beside the network
TRACED_PX = 32  # any multiple of every stride: heights and widths stay free
DEVICE = "CPU"


@dataclass(frozen=True, slots=True, eq=False)
class OpenVINONetwork:
    """A compiled network. Any number of engines may share it, each of one thread."""

    name: str
    compiled: Any
    _owes_memory: Event = field(default_factory=Event, init=False, repr=False)

    def engine(self) -> OpenVINOEngine:
        """An engine of its own for one thread."""
        return OpenVINOEngine(self)

    def give_back(self, *, large: bool) -> None:
        """Give back what windows took, where some were `large` or memory is still owed.

        While another engine is at work it cannot be given back; then the next call sees to it.
        """
        if large:
            self._owes_memory.set()
        if not self._owes_memory.is_set():
            return
        self._owes_memory.clear()  # first: who comes to owe meanwhile is not forgotten
        try:
            self.compiled.release_memory()
        except RuntimeError:  # another engine is at work with the same network
            self._owes_memory.set()


class OpenVINOEngine:
    """A function that takes (n, 5, h, w) to probabilities (n, K, h, w).

    Where it saw windows of more than `KEPT_PX`, their memory is given back when it rests or is let go.
    """

    def __init__(self, network: OpenVINONetwork) -> None:
        self._request = network.compiled.create_infer_request()
        self._large = Event()
        self._give_back = partial(_give_back, network, self._large)
        weakref.finalize(self, self._give_back).atexit = False

    def __call__(self, x: NDArray[np.float32], /) -> NDArray[np.float32]:
        """Probabilities (n, K, h, w) of normalised bands (n, 5, h, w)."""
        if x.size // len(BANDS) > KEPT_PX:
            self._large.set()
        # The output is a copy: the next call writes over the request's own.
        outputs = self._request.infer(
            [np.ascontiguousarray(x, np.float32)], share_inputs=True, share_outputs=False
        )
        probabilities: NDArray[np.float32] = outputs[0]
        return probabilities

    def rest(self) -> None:
        """Give back what large windows took; the next call takes it again."""
        self._give_back()


def _give_back(network: OpenVINONetwork, large: Event) -> None:
    """What an engine does when it rests or ends; no part of it, so that it can outlive it."""
    network.give_back(large=large.is_set())
    large.clear()


def openvino_network(
    runtime: Any,  # noqa: ANN401 - the `openvino` module
    model: Model,
    cache: Path | None = None,
    precision: Precision | None = None,
) -> OpenVINONetwork:
    """The compiled network; temperature and activation are part of its graph.

    `precision` None takes bfloat16 where the CPU multiplies it natively and float32 elsewhere; results are
    float32 always. `cache`: folder of compiled networks, by the hash of the weights, the version of
    OpenVINO, the CPU and the precision; a file that is not as it was written, or that OpenVINO refuses, is
    made again.

    Raises:
        WeightsError: the weights were altered since the model was found.
    """
    core = runtime.Core()
    chosen = precision or native_precision(core)
    compiled = _compiled(runtime, core, model, cache, chosen)
    return OpenVINONetwork(f"OpenVINO {_version(runtime)}, {chosen}", compiled)


def _threads() -> dict[str, str]:
    """The setting that keeps to the threads which a crew gives its workers, where one does.

    OpenVINO asks for the cores of the machine and not for OMP_NUM_THREADS, as PyTorch does.
    """
    given = stated_threads()
    return {} if given is None else {"INFERENCE_NUM_THREADS": str(given)}


def native_precision(core: Any) -> Precision:  # noqa: ANN401
    """Bfloat16 where the processor multiplies it natively, as an OpenVINO core says, else float32."""
    return "bf16" if "BF16" in core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES") else "f32"


def compile_settings(precision: Precision) -> dict[str, str]:
    """What the compiled network depends on, in OpenVINO's words."""
    return {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}


def _compiled(runtime: Any, core: Any, model: Model, cache: Path | None, precision: Precision) -> Any:  # noqa: ANN401
    """The compiled network, from the cache where it is there."""
    settings = compile_settings(precision)
    path = cache / _file_name(runtime, core, model, settings) if cache else None
    here = settings | _threads()  # chosen anew at every start: the file serves any number of threads
    kept = _kept(path) if path else None
    if path and kept is None and (made := compile_apart(model, precision)):
        kept = _unsealed(made)
        with suppress(OSError):  # a full or read-only disk costs the next start a few seconds, no more
            _keep(made, path, model.spec.key)
    if kept is not None:
        with suppress(RuntimeError):  # of another build of the same version
            return core.import_model(kept, DEVICE, here)
    compiled = core.compile_model(openvino_graph(runtime, model), DEVICE, here)
    if path is not None:
        with suppress(OSError):  # as above
            _keep(_sealed(compiled.export_model().getvalue()), path, model.spec.key)
    return compiled


def openvino_graph(runtime: Any, model: Model) -> Any:  # noqa: ANN401
    """The network with temperature and activation as an OpenVINO graph of free height and width."""
    import torch

    from core.inference.torch_engine import with_probabilities

    example = torch.zeros(1, len(BANDS), TRACED_PX, TRACED_PX)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # torch calls tracing deprecated; the converter wants it
        # The check traces and runs it thrice more; a test compares the engine's results with torch's instead.
        traced = torch.jit.trace(  # type: ignore[no-untyped-call]
            with_probabilities(model).eval(), example, check_trace=False
        )
        converted = runtime.convert_model(traced)
    converted.reshape([-1, len(BANDS), -1, -1])
    return converted


def _file_name(runtime: Any, core: Any, model: Model, settings: dict[str, str]) -> str:  # noqa: ANN401
    """A name that changes with whatever the compiled network depends on."""
    parts = (
        model.weights_sha256,
        model.card.temperature,
        model.spec.activation,
        _version(runtime),
        core.get_property(DEVICE, "FULL_DEVICE_NAME"),
        sorted(core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES")),
        sorted(settings.items()),
        GRAPH,
    )
    return f"{model.spec.key}-{sha256(repr(parts).encode()).hexdigest()[:24]}.blob"


def _kept(path: Path) -> bytes | None:
    """The network in a file; None where there is none, or another one than was written."""
    try:
        return _unsealed(path.read_bytes())
    except OSError:
        return None


def _sealed(content: bytes) -> bytes:
    return sha256(content).digest() + content


def _unsealed(file: bytes) -> bytes | None:
    seal, content = file[:SEAL_BYTES], file[SEAL_BYTES:]
    return content if sha256(content).digest() == seal else None


def _keep(file: bytes, path: Path, key: str) -> None:
    """Write a file whole or not at all; drop the model's oldest ones, and what a killed process left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.{uuid4().hex}.partial")
    try:
        partial.write_bytes(file)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    files = sorted(path.parent.glob(f"{key}-*.blob"), key=lambda file: file.stat().st_mtime, reverse=True)
    written = path.stat().st_mtime
    partials = path.parent.glob(f"{key}-*.partial")
    left = [partial for partial in partials if partial.stat().st_mtime < written - WRITING_S]
    for old in (*files[KEPT_FILES:], *left):
        old.unlink(missing_ok=True)


def _version(runtime: Any) -> str:  # noqa: ANN401
    return str(runtime.__version__).split("-")[0]
