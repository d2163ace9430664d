from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.figures import Figure, report


def test_a_bar_can_be_the_least_or_the_most() -> None:
    assert Figure("speed", 4.0, bar=4.0).verdict == "met"
    assert Figure("speed", 3.9, bar=4.0).verdict == "missed"
    assert Figure("memory", 2.1, "GB", bar=2.0, sense="at most").verdict == "missed"
    assert Figure("memory", 2.0, "GB", bar=2.0, sense="at most").verdict == "met"
    assert Figure("time", 2.0).verdict == ""


def test_a_report_says_on_screen_and_in_json_what_was_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report("Scene", [Figure("wall time", 1.5, bar=1.3, sense="at most")], tmp_path / "new" / "scene.json")
    assert "missed" in capsys.readouterr().out
    written = json.loads((tmp_path / "new" / "scene.json").read_text("utf-8"))
    assert written["figures"][0]["verdict"] == "missed"
    assert {"measured_at", "machine", "versions"} <= written.keys()
