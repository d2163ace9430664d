"""Compiling in a process of its own: the gigabyte that PyTorch and the converter take ends with it.

`python -m core.inference.compiling WEIGHTS FOLDER PRECISION` is what `compile_apart` starts. The folder holds
the card that is meant, and takes what came of it: the compiled network, or why it was refused.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from core.errors import WeightsError
from core.models import model_spec
from core.networks.cards import read_card, write_card
from core.networks.stored import StoredModel

if TYPE_CHECKING:
    from core.inference.openvino_engine import Precision
    from core.networks.stored import Model

ROOT = Path(__file__).parents[2]
LONGEST_S = 600  # it takes seconds; what hangs is given up
MEANT, REFUSED = "meant.json", "refused.txt"


def compile_apart(model: Model, precision: Precision) -> bytes | None:
    """A stored model as another process compiled it: the file as the cache keeps it.

    None where this process has PyTorch in memory already, the model is in no file, or the other process
    failed: then who asks compiles here, and tells what is wrong.

    Raises:
        WeightsError: the other process found weights or a card that were altered or replaced.
    """
    if "torch" in sys.modules or not isinstance(model, StoredModel) or not sys.executable:
        return None
    try:
        with TemporaryDirectory() as folder:
            write_card(model.card, Path(folder) / MEANT)
            words = (str(model.path.absolute()), folder, precision)
            command = [sys.executable, "-m", "core.inference.compiling", *words]
            subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=LONGEST_S)  # noqa: S603 - our own module
            refused = Path(folder) / REFUSED
            if refused.exists():
                raise WeightsError(refused.read_text("utf-8"))
            (file,) = Path(folder).glob("*.blob")
            return file.read_bytes()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _compile(weights: str, folder: str, precision: Precision) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a crew's workers ignore it, and so would this
    import torch  # noqa: F401 - so that the compilation stays in this process

    from core.inference.openvino_engine import openvino_network
    from core.inference.openvino_runtime import find_openvino

    card = read_card(Path(folder) / MEANT)
    model = StoredModel(model_spec(card.model), card, Path(weights))  # it refuses to build another one
    try:
        openvino_network(find_openvino(), model, Path(folder), precision)
    except WeightsError as error:
        (Path(folder) / REFUSED).write_text(str(error), "utf-8")


if __name__ == "__main__":
    _compile(*sys.argv[1:])  # type: ignore[arg-type]
