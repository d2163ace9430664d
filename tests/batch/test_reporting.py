"""What a batch says at its end."""

from __future__ import annotations

from rich.console import Console

from batch.planning import Failure
from batch.reporting import report
from batch.running import Outcome


def test_a_batch_that_was_stopped_tells_how_many_tiles_are_left() -> None:
    console = Console(record=True)
    report(Outcome([], [Failure("bad", "no TIFF")], "Interrupted.", 130, left=3), console)
    assert console.export_text().splitlines() == [
        "FAILED bad: no TIFF",
        "Tiles mapped: 0. Failed: 1. Left: 3.",
        "STOPPED: Interrupted.",
    ]
