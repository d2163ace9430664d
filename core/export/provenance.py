"""Provenance: what a result was made from and with."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import rasterio
import scipy
import torch

import core

if TYPE_CHECKING:
    from core.networks.weights import LoadedModel
    from core.runs import Options
    from core.tiles.tile import Tile


def software_versions() -> dict[str, str]:
    """The versions of the software that results depend on."""
    return {
        "firnline": core.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "pyproj": pyproj.__version__,
        "proj": pyproj.proj_version_str,
    }


def result_tags(tile: Tile, model: LoadedModel, options: Options, threshold: float | None) -> dict[str, str]:
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
