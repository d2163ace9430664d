"""Simulated tiles on disk: the reference layout, or one five-band GeoTIFF."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ExportError
from core.export.bands import write_bands
from core.models import MULTICLASS
from core.runs import RadiometryKind
from core.types import BANDS, NO_DATA

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from trainer.simulate.conditions import Sensor
    from trainer.simulate.scene import SimulatedTile

SENSORS: dict[Sensor, tuple[str, RadiometryKind]] = {
    "landsat8": ("Landsat 8", RadiometryKind.LANDSAT_L2),
    "sentinel2": ("Sentinel-2", RadiometryKind.SENTINEL2_OFFSET),
}
SIMULATED_BY = "simulated by Firnline, seed "  # the seed follows
SURFACE_VALUES = np.array([info.mask_value for info in MULTICLASS.classes], dtype=np.uint8)


def write_reference_layout(folder: Path, name: str, tile: SimulatedTile) -> None:
    """Write a Landsat tile as `BandN/<name>.tif` (float32 numbers) and `labels/<name>.tif` (0/85/170/255).

    Labels are 0 where there is no data, as in the reference data set.

    Raises:
        ExportError: a file cannot be written, or the tile is not Landsat's.
    """
    if tile.sensor != "landsat8":
        raise ExportError(
            f"The reference layout holds Landsat tiles, and this one is of {SENSORS[tile.sensor][0]}. "
            "Write it as one file."
        )
    for plane in range(len(BANDS)):
        band_folder = folder / f"Band{plane + 1}"
        band_folder.mkdir(parents=True, exist_ok=True)
        values = tile.numbers[plane].astype(np.float32)
        write_bands(band_folder / f"{name}.tif", values, tile.grid, tags=tile_tags(tile))
    label_folder = folder / "labels"
    label_folder.mkdir(parents=True, exist_ok=True)
    write_bands(label_folder / f"{name}.tif", surface_values(tile.labels), tile.grid, tags=tile_tags(tile))


def write_five_bands(path: Path, tile: SimulatedTile) -> None:
    """Write a tile as one uint16 GeoTIFF, its bands described and its origin in the tags.

    Raises:
        ExportError: the file cannot be written.
    """
    planes = len(BANDS) if tile.sensor == "landsat8" else 4
    write_bands(
        path, tile.numbers[:planes], tile.grid, descriptions=BANDS[:planes], nodata=0, tags=tile_tags(tile)
    )


def write_labels(path: Path, tile: SimulatedTile) -> None:
    """Write the truth as label values 0/85/170/255, 0 where there is no data.

    Raises:
        ExportError: the file cannot be written.
    """
    write_bands(path, surface_values(tile.labels), tile.grid, descriptions=("label",), tags=tile_tags(tile))


def tile_tags(tile: SimulatedTile) -> dict[str, str]:
    """What a file says of itself: that it is simulated, from which seed, and its day, sun and sensor."""
    sensor, radiometry = SENSORS[tile.sensor]
    day = tile.conditions
    return {
        "DESCRIPTION": f"{SIMULATED_BY}{tile.seed}",
        "ACQUIRED_ON": day.acquired_on.isoformat(),
        "SENSOR": sensor,
        "RADIOMETRY": radiometry.value,
        "SEASON": day.season,
        "SUN_ELEVATION": f"{day.sun_elevation:.2f}",
        "SUN_AZIMUTH": f"{day.sun_azimuth:.2f}",
    }


def seed_told(description: str) -> int | None:
    """The seed in what the tags of a simulated tile say; None where they tell none."""
    found = re.match(re.escape(SIMULATED_BY) + r"(\d+)", description)
    return int(found[1]) if found else None


def surface_values(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Label values on disk of class indices; 255, no data, becomes background."""
    return SURFACE_VALUES[np.where(labels == NO_DATA, 0, labels)]
