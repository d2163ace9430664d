"""Compiling in a process of its own: the gigabyte that PyTorch and the converter take ends with it.

`python -m core.inference.compiling WEIGHTS CACHE PRECISION` is what `compile_apart` starts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.networks.stored import StoredModel, model_at

if TYPE_CHECKING:
    from core.inference.openvino_engine import Precision
    from core.networks.stored import Model

ROOT = Path(__file__).parents[2]


def compile_apart(model: Model, cache: Path, precision: Precision) -> None:
    """Have a stored model compiled into the cache by another process, and wait for it.

    Nothing is done where this process has PyTorch in memory already, the model is in no file, or the cache
    cannot be written. When the other process fails, the cache is as before: who asked compiles here, and
    tells what is wrong.
    """
    if "torch" in sys.modules or not isinstance(model, StoredModel) or not sys.executable:
        return
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if not os.access(cache, os.W_OK):
        return
    words = (str(model.path.absolute()), str(cache.absolute()), precision)
    command = [sys.executable, "-m", "core.inference.compiling", *words]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - our own module


def _compile(weights: str, cache: str, precision: Precision) -> None:
    import torch  # noqa: F401 - so that the compilation stays in this process

    from core.inference.openvino_engine import openvino_network
    from core.inference.openvino_runtime import find_openvino

    openvino_network(find_openvino(), model_at(Path(weights)), Path(cache), precision)


if __name__ == "__main__":
    _compile(*sys.argv[1:])  # type: ignore[arg-type]
