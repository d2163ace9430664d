"""How a batch ends that is told to stop."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from batch.planning import Plan
from batch.running import EXIT_INTERRUPTED, Crew, run_batch
from batch.work import Settings
from core.runs import Options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class InterruptedCrew(Crew):
    """A crew during whose work the process is told to terminate."""

    def work(self, *_: object) -> Iterator[None]:  # type: ignore[override]
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("The batch went on.")
        yield None


def test_a_batch_that_is_told_to_terminate_ends_as_by_ctrl_c(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        outcome = run_batch(Plan((), ()), settings(tmp_path), InterruptedCrew(), Console(quiet=True))
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)
    assert outcome.exit_status == EXIT_INTERRUPTED
    assert "Run the same command again" in outcome.stopped


def settings(out: Path) -> Settings:
    """Those of a batch without a history."""
    return Settings(
        out=out,
        models=(),
        options=Options(),
        radiometry=None,
        undated=None,
        site=None,
        location=None,
        keep_input=False,
        overwrite=False,
        started_at=datetime.now(UTC),
    )
