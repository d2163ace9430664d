"""Peak memory is that of the process that is asked about."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.fresh_process import run_apart


def filled(size: int) -> int:
    return int(np.ones(size, np.uint8).sum())


def test_the_peak_holds_what_the_work_took_and_nothing_of_its_parent() -> None:
    filled(800_000_000)
    total, peak_gb = run_apart(partial(filled, 200_000_000))
    assert total == 200_000_000
    assert 0.2 < peak_gb < 0.7
