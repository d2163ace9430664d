"""The sampler accounts for every second of the wall time, once."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from benchmarks import sampling
from benchmarks.sampling import NETWORK, OTHER, Sampler

PLACES = (
    ("tests/benchmarks/test_sampling.py", "multiply", NETWORK),
    ("test_sampling.py", "write", "writing"),
)


def spin(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        time.sleep(0.001)


def multiply(seconds: float) -> None:
    spin(seconds)


def write(seconds: float) -> None:
    spin(seconds)


def test_what_runs_beside_the_network_costs_no_wall_time() -> None:
    start = time.perf_counter()
    with Sampler((PLACES[0], ("tests/benchmarks/test_sampling.py", "write", "writing"))) as sampler:
        writer = threading.Thread(target=write, args=(0.3,))
        writer.start()
        multiply(0.4)
        writer.join()
        write(0.2)
    elapsed_s = time.perf_counter() - start
    parts = {part.name: part for part in sampler.parts}
    assert parts[NETWORK].alone_s == pytest.approx(0.4, abs=0.15)
    assert parts["writing"].beside_s == pytest.approx(0.3, abs=0.15)
    assert parts["writing"].alone_s == pytest.approx(0.2, abs=0.15)
    assert sum(part.alone_s for part in sampler.parts) == pytest.approx(elapsed_s, abs=0.1)
    assert parts[NETWORK].beside_s == 0


def test_a_thread_that_waits_for_another_is_at_nothing() -> None:
    with Sampler(()) as sampler:
        waiting = threading.Thread(target=threading.Event().wait, args=(0.2,))
        waiting.start()
        waiting.join()
    assert sum(part.alone_s for part in sampler.parts if part.name != OTHER) == 0


@pytest.mark.parametrize(("file", "function"), [place[:2] for place in sampling.PLACES])
def test_every_place_that_is_looked_for_is_in_the_code(file: str, function: str) -> None:
    path = Path(sampling.__file__).parents[1] / file
    if file.endswith("/"):
        assert path.is_dir()
    else:
        assert f"def {function}" in path.read_text("utf-8")
