"""Compiling in a process of its own: the gigabyte that PyTorch and the converter take ends with it.

`python -m core.inference.compiling WEIGHTS FOLDER PRECISION` is what `compile_apart` starts.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.networks.stored import StoredModel, model_at

if TYPE_CHECKING:
    from core.inference.openvino_engine import Precision
    from core.networks.stored import Model

ROOT = Path(__file__).parents[2]
LONGEST_S = 600  # it takes seconds; what hangs is given up


def compile_apart(model: Model, precision: Precision) -> bytes | None:
    """A stored model as another process compiled it: the file as the cache keeps it.

    None where this process has PyTorch in memory already, the model is in no file, or the other process
    failed: then who asks compiles here, and tells what is wrong.
    """
    if "torch" in sys.modules or not isinstance(model, StoredModel) or not sys.executable:
        return None
    try:
        with TemporaryDirectory() as folder:
            words = (str(model.path.absolute()), folder, precision)
            command = [sys.executable, "-m", "core.inference.compiling", *words]
            subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=LONGEST_S)  # noqa: S603 - our own module
            (file,) = Path(folder).glob("*.blob")
            return file.read_bytes()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _compile(weights: str, folder: str, precision: Precision) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a crew's workers ignore it, and so would this
    import torch  # noqa: F401 - so that the compilation stays in this process

    from core.inference.openvino_engine import openvino_network
    from core.inference.openvino_runtime import find_openvino

    openvino_network(find_openvino(), model_at(Path(weights)), Path(folder), precision)


if __name__ == "__main__":
    _compile(*sys.argv[1:])  # type: ignore[arg-type]
