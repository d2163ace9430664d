"""A comparison on disk: gain and loss as a raster and as a picture, transitions as a table, the record."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

from affine import Affine
from pydantic import TypeAdapter, ValidationError

from core.errors import ExportError, HistoryError
from core.export.mercator import map_bounds, mercator_grid, warp
from core.export.previews import NO_DATA_RGBA, OUTSIDE, read_decimated, save_palette
from core.export.rasters import palette_raster
from core.export.tile_pictures import MAX_PX
from core.measure.change import Comparison
from core.present.change_kinds import KINDS, kind_palette
from core.tiles.tile import overview_shape
from core.types import NO_DATA, Grid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from core.export.byte_rasters import ByteRaster
    from core.measure.change import Change, Estimate
    from core.runs import MapBounds

RASTER_FILE, MAP_FILE = "gain_loss.tif", "gain-loss-map.png"
TABLE_FILE, RECORD_FILE = "transitions.csv", "comparison.json"
COLUMNS = (
    "before_run",
    "after_run",
    "quantity",  # transition, ice_before, ice_after, gain, loss, net_change, seen, unseen
    "from",  # the class before, or what an unseen area lacks
    "to",  # the class after
    "pixels",
    "area_km2",
    "buffer_sigma_km2",  # half a pixel along the outline, one standard deviation
    "expected_km2",  # under the probabilities, with the least change that both allow
    "expected_sigma_km2",
    "unrelated_km2",  # expected when the errors of both dates have nothing to do with each other
    "low_km2",  # 95 % interval
    "high_km2",
)
_COMPARISON = TypeAdapter(Comparison)


def gain_loss_raster(path: Path, grid: Grid, tags: dict[str, str]) -> AbstractContextManager[ByteRaster]:
    """The raster of kinds of change, with their colours and words; 255 where a run saw nothing.

    Raises:
        ExportError: the file cannot be written.
    """
    colours = {kind.index: kind.colour for kind in KINDS}
    words = {f"KIND_{kind.index}": kind.label for kind in KINDS}
    return palette_raster(path, grid, colours, {**tags, **words})


def draw_gain_loss(folder: Path, grid: Grid) -> MapBounds | None:
    """Draw the raster in the folder for a web map; where it lies, or None where no web map can show it.

    Raises:
        ExportError: the raster cannot be read, or the picture not be written.
    """
    height, width = overview_shape(grid, MAX_PX)
    scaled = grid.affine * Affine.scale(grid.width / width, grid.height / height)
    view = Grid(grid.crs_wkt, tuple(scaled)[:6], height, width)
    kinds = read_decimated(folder / RASTER_FILE, view.shape)[0]
    target = mercator_grid(view, MAX_PX)
    palette = kind_palette()
    palette[NO_DATA] = NO_DATA_RGBA
    with _told_errors(MAP_FILE):
        save_palette(folder / MAP_FILE, warp(kinds, view, target, outside=OUTSIDE), palette)
    return map_bounds(target) if target else None


def transition_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    """The rows of the table: every transition, then what they add up to, then what was left out."""
    ids = {"before_run": comparison.before, "after_run": comparison.after}
    change = comparison.change
    for transition in change.transitions:
        yield ids | {
            "quantity": "transition",
            "from": transition.before,
            "to": transition.after,
            "pixels": transition.pixels,
            "area_km2": transition.area_km2,
            "buffer_sigma_km2": transition.buffer_km2,
            "expected_km2": transition.expected_km2,
            "expected_sigma_km2": transition.sigma_km2,
            "unrelated_km2": transition.unrelated_km2,
        }
    for quantity, area_km2 in (
        ("ice_before", change.ice_before_km2),
        ("ice_after", change.ice_after_km2),
        ("gain", change.gain_km2),
        ("loss", change.loss_km2),
        ("seen", change.seen_km2),
    ):
        yield ids | {"quantity": quantity, "area_km2": area_km2}
    yield ids | _net_row(change)
    for reason, area_km2 in _unseen(change):
        yield ids | {"quantity": "unseen", "from": reason, "area_km2": area_km2}


def transitions_csv(comparison: Comparison) -> str:
    """The table as CSV (RFC 4180), with its header line."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(transition_rows(comparison))
    return text.getvalue()


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write table and record into the folder, the record as its last file.

    Raises:
        ExportError: a file cannot be written.
    """
    with _told_errors(TABLE_FILE):
        (folder / TABLE_FILE).write_text(transitions_csv(comparison), "utf-8", newline="")
        (folder / RECORD_FILE).write_bytes(_COMPARISON.dump_json(comparison, indent=2))


def read_comparison(folder: Path) -> Comparison:
    """The record of a comparison in its folder.

    Raises:
        HistoryError: there is none, or it cannot be read.
    """
    try:
        return _COMPARISON.validate_json((folder / RECORD_FILE).read_bytes())
    except (OSError, ValidationError) as error:
        raise HistoryError(
            f"The comparison in {folder.name} cannot be read. Compare the two runs again."
        ) from error


def _net_row(change: Change) -> dict[str, object]:
    interval: Estimate = change.interval
    expected = change.net_probability
    return {
        "quantity": "net_change",
        "area_km2": change.net_km2,
        "buffer_sigma_km2": change.net_buffer.sigma_km2,
        "expected_km2": expected.value_km2 if expected else None,
        "expected_sigma_km2": expected.sigma_km2 if expected else None,
        "low_km2": interval.low_km2,
        "high_km2": interval.high_km2,
    }


def _unseen(change: Change) -> tuple[tuple[str, float], ...]:
    unseen = change.unseen
    return (
        ("seen_before_only", unseen.only_before_km2),
        ("seen_after_only", unseen.only_after_km2),
        ("seen_by_neither", unseen.by_neither_km2),
        ("before_beyond_the_other_tile", unseen.beyond_before_km2),
        ("after_beyond_the_other_tile", unseen.beyond_after_km2),
    )


@contextmanager
def _told_errors(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(f"{name} cannot be written: {error.strerror or error}. Free some space.") from error
