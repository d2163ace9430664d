"""Scenes of noise for the batch, and what is needed to look at its results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from batch.command import app
from core.export.records import run_from_json
from core.types import BANDS
from tests.rasters import level2_numbers, write_tile

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from core.runs import Run


def write_scenes(folder: Path, count: int, size: int = 64) -> Path:
    """A folder of tiles, each of other content."""
    for seed in range(count):
        write_tile(folder / f"scene{seed}.tif", level2_numbers(size, size, seed), descriptions=BANDS)
    return folder


def batch(*arguments: object) -> Result:
    """The command as a user types it."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def runs_below(out: Path) -> dict[str, Run]:
    """The runs that a batch wrote, by tile and model."""
    records = sorted(out.rglob("run.json"))
    return {
        record.parent.relative_to(out).as_posix(): run_from_json(record.read_bytes()) for record in records
    }
