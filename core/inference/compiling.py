"""Compiling in a process of its own: the gigabyte that PyTorch and the converter take ends with it.

`python -m core.inference.compiling WEIGHTS FOLDER PRECISION` is what `compile_apart` starts. The folder holds
the card that is meant, and takes what came of it: the compiled network, or why it was refused. It goes, and
the process with it, when standard input ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from core.errors import Cancelled, WeightsError
from core.models import model_spec
from core.networks.cards import read_card, write_card
from core.networks.stored import StoredModel

if TYPE_CHECKING:
    from core.inference.openvino_engine import Precision
    from core.networks.stored import Model

ROOT = Path(__file__).parents[2]
LONGEST_S = 600  # it takes seconds; what hangs is given up
MEANT, REFUSED = "meant.json", "refused.txt"
STOPPING = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C, and what schedulers and `timeout` send


def compile_apart(model: Model, precision: Precision) -> bytes | None:
    """A stored model as another process compiled it: the file as the cache keeps it.

    None where this process has PyTorch in memory already, the model is in no file, or the other process
    failed: then who asks compiles here, and tells what is wrong.

    Raises:
        WeightsError: the other process found weights or a card that were altered or replaced.
        Cancelled: the other process was told to stop, as all of a group are by Ctrl-C.
    """
    if "torch" in sys.modules or not isinstance(model, StoredModel) or not sys.executable:
        return None
    try:
        with TemporaryDirectory() as folder:
            write_card(model.card, Path(folder) / MEANT)
            _run("-m", "core.inference.compiling", str(model.path.absolute()), folder, precision)
            refused = Path(folder) / REFUSED
            if refused.exists():
                raise WeightsError(refused.read_text("utf-8"))
            (file,) = Path(folder).glob("*.blob")
            return file.read_bytes()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _run(*words: str) -> None:
    """Run Python with these words, to its end.

    Its standard input stays open while this process lives, and says nothing: so it notices when it is alone.
    """
    command = [sys.executable, *words]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - our own module
        try:
            ended = process.wait(LONGEST_S)
        finally:
            process.kill()  # where the wait was broken off; else it has ended
    if -ended in STOPPING:
        raise Cancelled("Compiling the network was stopped. Start again to go on.")
    if ended:
        raise subprocess.CalledProcessError(ended, command)


def _compile(weights: str, folder: str, precision: Precision) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own waits until OpenVINO returns
    Thread(target=_end_when_alone, args=(folder,), daemon=True).start()
    import torch  # noqa: F401 - so that the compilation stays in this process

    from core.inference.openvino_engine import openvino_network
    from core.inference.openvino_runtime import find_openvino

    card = read_card(Path(folder) / MEANT)
    model = StoredModel(model_spec(card.model), card, Path(weights))  # it refuses to build another one
    try:
        openvino_network(find_openvino(), model, Path(folder), precision)
    except WeightsError as error:
        (Path(folder) / REFUSED).write_text(str(error), "utf-8")


def _end_when_alone(folder: str) -> None:
    """End, and take the folder along, once the process that wants the network is gone."""
    os.read(0, 1)  # nothing ever comes: it ends when the other end closes
    rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    _compile(*sys.argv[1:])  # type: ignore[arg-type]
