"""A series as CSV: every run of it, counted or left out, with the reason."""

from __future__ import annotations

import csv
import io
from datetime import UTC
from typing import TYPE_CHECKING

from core.export.tables import harmless

if TYPE_CHECKING:
    from core.measure.series import Series

SERIES_COLUMNS = (
    "site",
    "acquired_on",  # ISO 8601 date
    "class",  # the class's key, or ice for all of them
    "extent",  # what the area is of: tile, or outlines (inside all of them); empty: not measured
    "area_km2",
    "error_kind",  # buffer, probability or spread; empty where the run has none
    "sigma_km2",  # one standard error; empty where the run has none
    "low_km2",  # 95 % interval
    "high_km2",
    "counts",  # yes or no
    "left_out",  # the guard's key
    "reason",
    "valid_share",  # 0..1; empty for a run that was not measured inside the outlines
    "cloud_share",  # 0..1, of the tile or inside the outlines, unmasked; empty where it is not known
    "run_id",
    "tile",
    "pixel_m",  # side of a square with the mean ground of a pixel; empty where areas are unknown
    "sensor",
    "bands",  # that the tile has, parted by blanks
    "model",
    "weights_sha256",
    "threshold",
    "min_area_km2",
    "input_sha256",
    "outlines_sha256",  # of the outlines that were measured inside; empty for areas of the tile
    "finished_at",  # ISO 8601, UTC
)


def series_csv(series: Series, site: str) -> str:
    """The points of a site's series by date as CSV (RFC 4180), with a header line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(SERIES_COLUMNS)
    for point in series.points:
        each = point.observation
        low, high = point.interval_km2 or (None, None)
        writer.writerow(
            harmless(cell)
            for cell in (
                site,
                each.acquired_on.isoformat() if each.acquired_on else None,
                series.class_key,
                None if each.unmeasured else "outlines" if each.inside_outline else "tile",
                point.area_km2,
                series.error_kind.value if series.error_kind and point.sigma_km2 is not None else None,
                point.sigma_km2,
                low,
                high,
                "yes" if point.counts else "no",
                point.left_out.value if point.left_out else None,
                point.reason,
                each.seen_share,
                each.clouds.share if each.clouds else None,
                each.run_id,
                each.tile_name,
                each.pixel_m,
                each.sensor,
                " ".join(each.bands),
                each.method.model,
                each.method.weights_sha256,
                each.method.threshold,
                each.method.options.min_area_km2,
                each.input_sha256,
                each.outlines_sha256,
                each.finished_at.astimezone(UTC).isoformat(timespec="seconds"),
            )
        )
    return text.getvalue()
