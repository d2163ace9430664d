"""Provenance: what a result was made from and with."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import rasterio
import scipy

import core

if TYPE_CHECKING:
    from core.networks.stored import Model
    from core.runs import Options
    from core.tiles.tile import Tile


def software_versions() -> dict[str, str]:
    """The versions of the software that results depend on."""
    return {
        "firnline": core.__version__,
        "python": platform.python_version(),
        **_installed("torch", "openvino", "pillow"),
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pyproj": pyproj.__version__,
        "proj": pyproj.proj_version_str,
    }


def _installed(*packages: str) -> dict[str, str]:
    """Versions from the packages' own records: importing them takes seconds, and a run may need neither."""
    found = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def result_tags(tile: Tile, model: Model, options: Options, threshold: float | None) -> dict[str, str]:
    """What result rasters say about themselves; `threshold` is the one that decided."""
    return {
        "TIFFTAG_SOFTWARE": f"Firnline {core.__version__}",
        "INPUT_SHA256": tile.sha256,
        "MODEL": model.spec.key,
        "WEIGHTS_SHA256": model.weights_sha256,
        "THRESHOLD": "none" if threshold is None else repr(threshold),
        "MIN_AREA_KM2": repr(options.min_area_km2),
        "PIXEL_M": "none" if options.pixel_m is None else repr(options.pixel_m),
        "VIEWS": "8" if options.symmetries else "1",
    }
