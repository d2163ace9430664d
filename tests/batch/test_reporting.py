"""What a batch says at its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from batch.planning import Failure
from batch.reporting import report
from batch.running import Outcome
from batch.work import Product
from tests.db.runs import make_run

REPORT = """
import sys
from pathlib import Path
from rich.console import Console
from batch.planning import Failure
from batch.reporting import report
from batch.running import Outcome
from batch.work import Product
from tests.db.runs import make_run
products = [Product("glacier", make_run(), Path("out"))] * 9
report(Outcome(products, [Failure("bad", "no TIFF")]), Console(stderr=True))
sys.exit(7)
"""


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


@pytest.mark.parametrize("output", ["pipe", "/dev/full"])
def test_an_output_that_takes_no_more_costs_neither_the_exit_status_nor_the_rest(output: str) -> None:
    if output == "pipe":
        reading, writing = os.pipe()
        os.close(reading)
    elif Path(output).exists():
        writing = os.open(output, os.O_WRONLY)
    else:
        pytest.skip("only some systems have a device that is always full")
    try:
        ended = subprocess.run(
            [sys.executable, "-c", REPORT], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writing)
    assert ended.returncode == 7, ended.stderr
    assert "The list of results is cut short" in ended.stderr
    assert "FAILED bad: no TIFF" in ended.stderr
    assert "Failed: 1." in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
