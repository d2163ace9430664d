"""Tiny GeoTIFFs for tests."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import ArrayLike, NDArray
from rasterio.errors import NotGeoreferencedWarning

from core.types import BANDS, BandName

UTM_43N = "EPSG:32643"
TRANSFORM = Affine(30.0, 0.0, 567945.0, 0.0, -30.0, 3771855.0)
REFERENCE_NAMES: dict[BandName, str] = {
    "blue": "Band1/B2_B2_masked_{0}.tif",
    "green": "Band2/B3_B3_masked_{0}.tif",
    "red": "Band3/B4_B4_masked_{0}.tif",
    "swir1": "Band4/B6_B6_masked_{0}.tif",
    "thermal": "Band5/B10_B10_masked_{0}.tif",
}


def write_tile(
    path: Path,
    values: ArrayLike,
    *,
    crs: str | None = UTM_43N,
    transform: Affine | None = TRANSFORM,
    dtype: str | None = None,
    descriptions: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    nodata: float | None = None,
    scales: Sequence[float] | None = None,
    offsets: Sequence[float] | None = None,
    **profile: Any,
) -> Path:
    """Write an array (row, col) or (band, row, col) as a GeoTIFF; folders are made."""
    array = np.asarray(values)
    array = array[None] if array.ndim == 2 else array
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = array.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=height,
            width=width,
            count=count,
            dtype=dtype or array.dtype.name,
            crs=crs,
            transform=transform,
            nodata=nodata,
            **profile,
        ) as file:
            file.write(array.astype(dtype) if dtype else array)
            for index, description in enumerate(descriptions, start=1):
                file.set_band_description(index, description)
            if tags:
                file.update_tags(**tags)
            if scales is not None:
                file.scales = tuple(scales)
            if offsets is not None:
                file.offsets = tuple(offsets)
    return path


def level2_numbers(height: int = 32, width: int = 32, seed: int = 0) -> NDArray[np.uint16]:
    """Plausible Landsat Level-2 digital numbers (5, height, width) without any zero."""
    rng = np.random.default_rng(seed)
    low = np.array([9000, 9000, 9000, 7500, 28000])[:, None, None]
    high = np.array([50000, 50000, 50000, 15000, 36000])[:, None, None]
    return (low + (high - low) * rng.random((5, height, width))).astype(np.uint16)


def write_reference_tile(
    folder: Path,
    numbers: ArrayLike,
    tile_id: str = "02_07",
    bands: Sequence[BandName] = BANDS,
    **options: Any,
) -> dict[str, Path]:
    """Write digital numbers (5, row, col) in the reference layout, float32; relative name -> path."""
    array = np.asarray(numbers, np.float32)
    names = {band: REFERENCE_NAMES[band].format(tile_id) for band in bands}
    options.setdefault("nodata", 0.0)
    return {
        name: write_tile(folder / name, array[BANDS.index(band)], **options) for band, name in names.items()
    }
