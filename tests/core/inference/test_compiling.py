"""Networks that another process compiles: none of weights or a card that were replaced meanwhile."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from core.networks.cards import read_card, write_card
from core.networks.stored import WEIGHTS_DIR

ROOT = Path(__file__).parents[3]

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
