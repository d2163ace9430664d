"""Networks that another process compiles: none of what was replaced, and nothing left when stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest
from safetensors.numpy import load, save

from core.networks.cards import read_card, write_card
from core.networks.stored import WEIGHTS_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
GIVE_UP_S = 120  # on a machine with much else to do

REPLACED = """
import sys
from pathlib import Path
from core.errors import WeightsError
from core.inference.engines import default_engine
from core.networks.stored import find_model
folder, cache = Path(sys.argv[1]), Path(sys.argv[1]) / "engines"
model = find_model("binary", folder)
for new in (folder / "new").iterdir():
    new.replace(folder / new.name)
try:
    default_engine(model, cache)
except WeightsError as error:
    print(error)
print("torch" in sys.modules, len(list(cache.iterdir())) if cache.is_dir() else 0)
"""


def put(folder: Path, *, other_weights: bool, temperature: float = 1.0) -> None:
    """The weights that ship with their card, as another training could have made them."""
    folder.mkdir(exist_ok=True)
    card = read_card(WEIGHTS_DIR / "binary.json")
    content = (WEIGHTS_DIR / "binary.safetensors").read_bytes()
    if other_weights:
        content = save({name: np.zeros_like(tensor) for name, tensor in load(content).items()})
    (folder / "binary.safetensors").write_bytes(content)
    factor = card.temperature * temperature
    card = replace(card, sha256=sha256(content).hexdigest(), temperature=factor)
    write_card(card, folder / "binary.json")


@pytest.mark.parametrize(
    ("other_weights", "temperature", "told"),
    [(True, 1.0, "The weights binary.safetensors were replaced"), (False, 50.0, "it says temperature")],
    ids=["weights and card", "card alone"],
)
def test_what_was_replaced_meanwhile_is_refused_and_not_kept(
    other_weights: bool, temperature: float, told: str, tmp_path: Path
) -> None:
    put(tmp_path, other_weights=False)
    put(tmp_path / "new", other_weights=other_weights, temperature=temperature)
    command = [sys.executable, "-c", REPLACED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    *sentences, state = done.stdout.strip().splitlines()
    assert state == "False 0"  # the other process refused it: PyTorch is not here, nothing in the cache
    assert [told in sentence and "Start again" in sentence for sentence in sentences] == [True]


WORKING = """
import signal, sys
from core.errors import Cancelled
from core.inference.compiling import compile_apart
from core.networks.stored import find_model
for told in (signal.SIGINT, signal.SIGTERM):
    signal.signal(told, lambda *_: None)  # as a crew's worker does
try:
    print(compile_apart(find_model("binary"), "f32") is not None, "torch" in sys.modules)
except Cancelled as error:
    print(error)
"""


@contextmanager
def compiling(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A process of a group of its own that has a network compiled, and the compiling one."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", WORKING]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as working:
        try:
            yield working, _its_child(working.pid)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(working.pid, signal.SIGKILL)


def _its_child(parent: int) -> psutil.Process:
    """The process that compiles, once it runs."""
    for _ in range(GIVE_UP_S * 20):
        for child in psutil.Process(parent).children():
            if "core.inference.compiling" in child.cmdline() and child.num_threads() > 1:
                return child  # past Python's own start, which tells a signal as an error
        time.sleep(0.05)
    raise AssertionError("nothing was compiled")


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_ends_the_compiling_too(told: signal.Signals, tmp_path: Path) -> None:
    with compiling(tmp_path) as (working, _):
        os.killpg(working.pid, told)
        words, _ = working.communicate(timeout=GIVE_UP_S)
    assert words.strip() == "Compiling the network was stopped. Start again to go on."
    assert list(tmp_path.iterdir()) == []


def test_who_compiles_for_a_killed_process_ends_and_leaves_nothing(tmp_path: Path) -> None:
    with compiling(tmp_path) as (working, child):
        working.kill()
        psutil.wait_procs([child], GIVE_UP_S)
    assert not child.is_running()
    assert list(tmp_path.iterdir()) == []
