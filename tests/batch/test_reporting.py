"""What a batch says at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from batch.planning import Failure
from batch.reporting import report
from batch.running import Outcome
from batch.work import Product
from tests.db.runs import make_run

if TYPE_CHECKING:
    import pytest


def test_a_batch_that_was_stopped_tells_how_many_tiles_are_left() -> None:
    console = Console(record=True)
    report(Outcome([], [Failure("bad", "no TIFF")], "Interrupted.", 130, left=3), console)
    assert console.export_text().splitlines() == [
        "FAILED bad: no TIFF",
        "Tiles mapped: 0. Failed: 1. Left: 3.",
        "STOPPED: Interrupted.",
    ]


def test_a_line_of_output_is_a_result_whatever_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    product = Product("a\tb\nc\udcff", make_run(), Path("out/a_b_c_"))
    report(Outcome([product], [Failure("d\ne", "no TIFF")]), Console(record=True, stderr=True))
    said = capsys.readouterr()
    (line,) = said.out.splitlines()
    assert line.split("\t")[0] == "a\\tb\\nc\\udcff"
    assert len(line.split("\t")) == len(product.row)
    assert "FAILED d\\ne: no TIFF" in said.err
