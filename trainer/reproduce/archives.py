"""Archives of bands and labels (`.npz`), cut into labelled tiles that `trainer.datasets` reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from zipfile import BadZipFile

import numpy as np
from rasterio.crs import CRS
from rasterio.transform import Affine

from core.errors import TrainingError
from core.export.bands import write_bands
from core.types import BANDS, Grid
from trainer.simulate.sensor import REFLECTANCE_OFFSET, REFLECTANCE_SCALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[np.generic]]

Kind = Literal["landsat7", "reflectance"]

# Landsat 7 ETM+, numbers of eight bits: radiance = (LMAX - LMIN) / 254 * (DN - 1) + LMIN,
# reflectance = pi * radiance * d^2 / (ESUN * sin(sun's height)) (Landsat 7 Data Users Handbook, 11.3).
LMIN = {"blue": -6.2, "green": -6.4, "red": -5.0}  # W m-2 sr-1 um-1
LMAX = {"blue": 191.6, "green": 196.5, "red": 152.9}
ESUN = {"blue": 1969.0, "green": 1840.0, "red": 1551.0}  # W m-2 um-1
SUN_DEGREES, SUN_DISTANCE_AU = 46.0, 0.9932  # 30 October 2000 at 28 N, mid-morning
NOWHERE, NORTHING_M, PIXEL_M = "EPSG:32632", 5_000_000, 30  # the grid of chips without a place


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive: its file, what its numbers are, and into how many tiles it is cut.

    `easting_m` is where it is put if it does not say where it lies.
    """

    file: str
    kind: Kind
    rows: int
    columns: int
    easting_m: float = 500_000.0


def cut_archive(sources: Path, archive: Archive, folder: Path, names: Iterator[str]) -> None:
    """Write the tiles of an archive into `folder`/tiles and `folder`/labels, named by `names` row by row.

    Bands become Level-2 numbers (uint16, 0: no data), labels class indices (uint8, 255: unknown). Rows and
    columns that do not fill a tile are left out.

    Raises:
        TrainingError: the archive is missing, or lacks an array.
        ExportError: a tile cannot be written.
    """
    path = sources / archive.file
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as found:
            arrays = dict(found.items())
        bands = _toa_reflectance(arrays) if archive.kind == "landsat7" else _reflectance(arrays)
        labels = arrays["label"].astype(np.uint8)
    except FileNotFoundError:
        raise TrainingError(f"There is no {path}. Give the folder that holds it as --sources.") from None
    except KeyError as error:
        raise TrainingError(f"{path} has no array {error}. Take the archive that belongs there.") from None
    except (ValueError, OSError, EOFError, BadZipFile):
        raise TrainingError(f"{path} is damaged, or no archive of numpy. Fetch it again.") from None
    if any(values.shape != labels.shape for values, _ in bands.values()):
        raise TrainingError(
            f"The arrays of {path} differ in size; bands and labels must agree. Take the right archive."
        )
    numbers = np.stack([_level2_numbers(band, empty) for band, empty in bands.values()])
    for kind in ("tiles", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for window, grid in _windows(labels.shape, archive, *_placed(arrays, archive)):
        file = f"{next(names)}.tif"
        write_bands(folder / "tiles" / file, numbers[:, *window], grid, descriptions=tuple(bands), nodata=0)
        write_bands(folder / "labels" / file, labels[window], grid)


def _toa_reflectance(arrays: Arrays) -> dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Top-of-atmosphere reflectance of Landsat 7's visible bands, and where there is none."""
    factor = np.pi * SUN_DISTANCE_AU**2 / np.sin(np.radians(SUN_DEGREES))
    found = {}
    for band in LMIN:
        numbers = arrays[band].astype(np.float64)
        radiance = (LMAX[band] - LMIN[band]) / 254 * (numbers - 1) + LMIN[band]
        found[band] = factor * radiance / ESUN[band], numbers == 0
    return found


def _reflectance(arrays: Arrays) -> dict[str, tuple[NDArray[np.float64], NDArray[np.bool_]]]:
    """Reflectance as the archive has it; all of it is data."""
    values = {band: arrays[band].astype(np.float64) for band in BANDS if band in arrays}
    if not values:
        raise KeyError(BANDS[0])
    return {band: (value, np.zeros(value.shape, np.bool_)) for band, value in values.items()}


def _level2_numbers(reflectance: NDArray[np.float64], empty: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Landsat Collection 2 Level 2 numbers, 1 to 65535, and 0 where there is no data."""
    numbers = np.clip(np.round((reflectance - REFLECTANCE_OFFSET) / REFLECTANCE_SCALE), 1, 65535)
    return np.where(empty, 0, numbers).astype(np.uint16)


def _placed(arrays: Arrays, archive: Archive) -> tuple[Affine, CRS]:
    """Where the archive lies: as it says, else on the grid of chips without a place."""
    if "transform" in arrays and "crs" in arrays:
        return Affine(*(float(value) for value in arrays["transform"].tolist())), CRS.from_user_input(
            str(arrays["crs"])
        )
    return Affine(PIXEL_M, 0, archive.easting_m, 0, -PIXEL_M, NORTHING_M), CRS.from_user_input(NOWHERE)


def _windows(
    shape: tuple[int, ...], archive: Archive, transform: Affine, crs: CRS
) -> Iterator[tuple[tuple[slice, slice], Grid]]:
    """Rows and columns of each tile, and its grid."""
    height, width = shape[0] // archive.rows, shape[1] // archive.columns
    for row in range(0, height * archive.rows, height):
        for column in range(0, width * archive.columns, width):
            a, b, c, d, e, f = tuple(transform * Affine.translation(column, row))[:6]
            grid = Grid(crs.to_wkt(), (a, b, c, d, e, f), height, width)
            yield (slice(row, row + height), slice(column, column + width)), grid
