"""The benchmark of a series draws what the page draws."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import series


def test_a_small_series_is_timed_step_by_step(tmp_path: Path) -> None:
    out = tmp_path / "series.json"
    series.measure(runs=8, seed=1, out=out)
    figures = {each["name"].strip(): each for each in json.loads(out.read_text("utf-8"))["figures"]}
    assert figures["rows to chart"]["verdict"] == "met"
    assert {"trend", "chart", "report"} <= figures.keys()
