"""Runs whose files and records are changed, honestly or not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import rasterio

from core.export.archive import write_archive
from core.export.records import artifact_of, run_from_json, write_areas, write_record
from core.measure.area_errors import ErrorStrips, Trust
from core.measure.areas import Counts, class_areas
from core.measure.cuts import CutStrips
from core.measure.ground import area_field
from core.models import BINARY
from core.networks.stored import load_card
from tests.batch.scenes import batch as run_batch

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from core.runs import Run
    from db.records import StoredRun


def pack(stored: StoredRun, path: Path, inputs: Path | None = None) -> Path:
    with path.open("wb") as file:
        write_archive(stored.run, stored.folder, file, inputs)
    return path


def verify(*arguments: object) -> Result:
    return run_batch("verify", *arguments)


def change_classes(stored: StoredRun, pixels: int) -> None:
    """Give other classes to some pixels, and the record what these make, as another machine would have."""
    path = stored.folder / "classes.tif"
    with rasterio.open(path, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as raster:
        values = raster.read(1)
        values.ravel()[:pixels] = 1 - values.ravel()[:pixels]
        raster.write(values, 1)
    run = run_from_json((stored.folder / "run.json").read_bytes())
    with rasterio.open(stored.folder / "probabilities.tif") as raster:
        levels = raster.read()
    field = area_field(run.tile.grid)
    assert field is not None
    ground = field.read(run.tile.grid.full_window)
    counts, errors, cut = Counts.of(values, BINARY, ground), ErrorStrips(BINARY), CutStrips(BINARY)
    errors.add(values, levels, ground)
    cut.add(values)
    changed = replace(
        run,
        areas=class_areas(counts, BINARY, tuple(area.removed_px for area in run.areas)),
        errors=errors.finish(counts, Trust.of(load_card("binary"))),
        cut=cut.finish(),
    )
    write_record(rehashed(write_areas(changed, stored.folder), stored.folder), stored.folder)


def rehashed(run: Run, folder: Path) -> Run:
    """A run whose record has the hashes of the files as they are now, as a forger would write it."""
    return replace(run, artifacts=tuple(artifact_of(a.kind, folder / a.name) for a in run.artifacts))


def forge(stored: StoredRun, *, name: str, old: str, new: str) -> None:
    """Change a file of a run, once, and the record's hashes."""
    path = stored.folder / name
    text = path.read_bytes().decode("utf-8")
    assert old in text
    path.write_bytes(text.replace(old, new, 1).encode("utf-8"))
    run = run_from_json((stored.folder / "run.json").read_bytes())
    write_record(rehashed(run, stored.folder), stored.folder)


def forge_record(stored: StoredRun, **facts: object) -> None:
    """Change facts of a run's record, and its tables with them."""
    run = write_areas(replace(stored.run, **facts), stored.folder)  # type: ignore[arg-type]
    write_record(run, stored.folder)
