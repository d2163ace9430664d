"""The one door to raster files: GeoTIFFs alone, within limits, sealed off from network and other files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError

from core.errors import TileError
from core.quiet import may_lie_nowhere

MAX_SIDE_PX = 40_000  # twice the longest side of a Landsat scene at 15 m; windows are streamed, time is not
MAX_BYTES = 16 * 2**30  # MAX_SIDE_PX squared, five bands of 16 bits
MAX_BLOCK_BYTES = 512 * 2**20  # a block is decoded whole, so this much memory may be needed for one pixel
TYPES = frozenset({"uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"})

# GDAL reads these once, when the first dataset of the process is opened. The skipped drivers follow
# references to other files or hosts; driver="GTiff" holds even where another dataset came first.
_PROCESS_WIDE = {
    "GDAL_SKIP": "VRT WMS WMTS WCS HTTP",
    "GDAL_CACHEMAX": "256",  # MiB; the default, 5 % of the memory, would make a scene cost more than a chip
}
SEALED = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no sidecar files: .aux.xml, .ovr, .msk
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",  # no network
}
_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")  # TIFF and BigTIFF


@dataclass(frozen=True, slots=True)
class Header:
    """What a raster file declares before any pixel is read.

    Per-band tuples are in file order. `tags` are the file's, with keys in capitals; `max_value` is the
    type's largest number (1.0 for floats).
    """

    path: Path
    name: str
    height: int
    width: int
    dtype: str
    crs: CRS | None
    affine: Affine
    descriptions: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    nodatas: tuple[float | None, ...]
    tags: dict[str, str]
    masked: bool
    has_control_points: bool

    @property
    def count(self) -> int:
        """Number of bands in the file."""
        return len(self.descriptions)

    def scale_of(self, index: int) -> tuple[float, float] | None:
        """Scale and offset of a band, from 1; None where the file sets neither."""
        pair = (self.scales[index - 1], self.offsets[index - 1])
        return None if pair == (1.0, 0.0) else pair


def open_raster(path: Path, name: str) -> Any:  # noqa: ANN401 - rasterio has no types
    """An open dataset of a GeoTIFF; the caller closes it. `name` is what messages call the file.

    Raises:
        TileError: the file is missing, empty or no readable GeoTIFF.
    """
    _require_tiff(path, name)
    for key, value in _PROCESS_WIDE.items():
        os.environ.setdefault(key, value)
    try:
        with may_lie_nowhere(), rasterio.Env(**SEALED):
            return rasterio.open(path.resolve(), driver="GTiff", sharing=False)
    except (RasterioError, OSError, ValueError) as error:
        raise TileError(
            f"{name} cannot be opened as a GeoTIFF: it is damaged or incomplete. Copy or download it again."
        ) from error


def read_header(path: Path, name: str | None = None) -> Header:
    """What a GeoTIFF declares, checked against the limits.

    Raises:
        TileError: the file is no GeoTIFF, is too large, or holds a type that is no measurement.
    """
    shown = name or path.name
    with open_raster(path, shown) as dataset:
        _require_limits(dataset, shown)
        _require_measurements(dataset, shown)
        control_points, _ = dataset.gcps
        flags = dataset.mask_flag_enums[0]
        return Header(
            path=path,
            name=shown,
            height=dataset.height,
            width=dataset.width,
            dtype=dataset.dtypes[0],
            crs=dataset.crs,
            affine=dataset.transform,
            descriptions=tuple(d or "" for d in dataset.descriptions),
            scales=tuple(dataset.scales),
            offsets=tuple(dataset.offsets),
            nodatas=tuple(dataset.nodatavals),
            tags={key.upper(): value for key, value in dataset.tags().items()},
            masked=MaskFlags.per_dataset in flags,
            has_control_points=bool(control_points),
        )


def _require_tiff(path: Path, name: str) -> None:
    try:
        if not path.is_file():
            raise TileError(f"{name} was not found. Check the path, or upload the file again.")
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise TileError(f"{name} cannot be read from disk ({error.strerror}).") from error
    if not start:
        raise TileError(f"{name} is empty. Copy or download it again.")
    if start not in _SIGNATURES:
        raise TileError(f"{name} is not a TIFF file. Firnline reads GeoTIFFs: convert the file to one first.")


def _require_limits(dataset: Any, name: str) -> None:  # noqa: ANN401
    height, width, count = dataset.height, dataset.width, dataset.count
    if max(height, width) > MAX_SIDE_PX:
        raise TileError(
            f"{name} declares {width:,} x {height:,} pixels; the limit is {MAX_SIDE_PX:,} a side. "
            "Cut it into parts."
        )
    itemsize = max((np.dtype(t).itemsize for t in dataset.dtypes if t in TYPES), default=1)
    size = height * width * count * itemsize
    if size > MAX_BYTES:
        raise TileError(
            f"{name} declares {size / 2**30:,.0f} GiB of pixels; the limit is {MAX_BYTES / 2**30:.0f} GiB. "
            "Cut it into parts or leave out the bands that are not needed."
        )
    rows, cols = dataset.block_shapes[0]
    bands = count if dataset.interleaving is not None and dataset.interleaving.name == "pixel" else 1
    block = rows * cols * itemsize * bands
    if block > MAX_BLOCK_BYTES:
        raise TileError(
            f"{name} is stored in blocks of {cols:,} x {rows:,} pixels ({block / 2**20:,.0f} MiB), which "
            "cannot "
            f"be read in parts; the limit is {MAX_BLOCK_BYTES / 2**20:.0f} MiB. Save it as a tiled GeoTIFF."
        )


def _require_measurements(dataset: Any, name: str) -> None:  # noqa: ANN401
    found = sorted({str(t) for t in dataset.dtypes} - TYPES)
    if found:
        raise TileError(
            f"{name} holds {found[0]} values; a tile needs real numbers of 8 to 32 bits or floating point "
            f"({', '.join(sorted(TYPES))}). Save it as one of these types."
        )
    bits = dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS")
    if bits is not None and int(bits) < 8:
        raise TileError(
            f"{name} holds {bits}-bit values: a mask or a class map and not a measured band. Use the "
            "original bands."
        )
    if dataset.colorinterp[0] is ColorInterp.palette:
        raise TileError(
            f"{name} holds colour indices (a palette image) and not measured values. Use the original bands."
        )
