"""Labelled tiles on disk: the reference layouts, read as the app reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from core.measure.areas import pixel_areas_m2
from core.tiles.grouping import group_files
from core.tiles.labels import read_labels
from core.tiles.reading import open_tile
from core.types import Grid, Pixels, Window
from trainer.labels import Encoding, decode, encoding_of, training_labels

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from core.models import ModelSpec

RASTER_SUFFIXES = (".tif", ".tiff")
LABEL_FOLDERS = ("label", "mask")  # how the name of a folder that holds labels begins


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTile:
    """A tile in memory with what is known of its ground.

    `pixels` are physical units (5, h, w). `labels` is uint8 (h, w): class indices, `labels.GLACIER` or
    `labels.UNKNOWN`. `place` is the tile's centre in CRS units, `source` the data folder it came from.
    `simulated`: its files say that Firnline made it up. `pixel_km2`: mean area of a pixel, where it is known.
    """

    name: str
    source: str
    place: tuple[float, float]
    pixels: Pixels
    labels: NDArray[np.uint8]
    simulated: bool = False
    pixel_km2: float | None = None


@dataclass(frozen=True, slots=True)
class _LabelFile:
    path: Path
    values: NDArray[np.uint8]
    grid: Grid


def read_labelled_tiles(
    folder: Path, spec: ModelSpec, only: Collection[str] = ()
) -> tuple[LabelledTile, ...]:
    """The labelled tiles of a folder, by name; those named in `only` alone, where it names any.

    Labels lie in folders whose names begin with `label` or `mask`; a label file belongs to the tile whose
    name ends its own. A tile may have an outline and surface classes; what is known best counts.

    Raises:
        TrainingError: no tile, a tile without labels, label values or sizes that do not fit.
        TileError: a file cannot be read.
    """
    rasters = sorted(path for path in folder.rglob("*") if path.suffix.lower() in RASTER_SUFFIXES)
    label_paths = [path for path in rasters if _holds_labels(path.parent.name)]
    tiles = group_files([path for path in rasters if path not in set(label_paths)]).tiles
    if not tiles:
        raise TrainingError(
            f"There are no tiles in {folder}. Needed are five-band GeoTIFFs, or folders Band1 to Band5, "
            "and a folder 'label' or 'labels' beside them."
        )
    outlines, surfaces = _read_label_folders(label_paths)
    labelled = []
    for files in tiles:
        if only and files.name not in only:
            continue
        tile = open_tile(files)
        found = [_labels_of(tile.name, tile.grid, known) for known in (outlines, surfaces)]
        labels = training_labels(spec, *found)
        if labels is None:
            raise TrainingError(
                f"The tile {tile.name} in {folder} has no labels. Put a label raster whose name ends in "
                f"'{tile.name}' into a folder 'labels', or take the tile out."
            )
        place = tile.grid.affine * (tile.grid.width / 2, tile.grid.height / 2)
        pixels = tile.read(tile.grid.full_window)
        simulated = any(finding.code == "simulated" for finding in tile.findings)
        area = _pixel_km2(tile.grid)
        labelled.append(LabelledTile(tile.name, folder.name, place, pixels, labels, simulated, area))
    return tuple(sorted(labelled, key=lambda tile: tile.name))


def measured_labels(tile: LabelledTile) -> LabelledTile:
    """The tile with unknown labels wherever it has no data: what may be learned and scored as valid."""
    return replace(tile, labels=np.where(tile.pixels.valid, tile.labels, np.uint8(255)))


def _pixel_km2(grid: Grid) -> float | None:
    areas = pixel_areas_m2(grid, Window(0, 0, 1, grid.width))
    return None if areas is None else float(areas.mean()) / 1e6


def _holds_labels(folder_name: str) -> bool:
    return folder_name.lower().startswith(LABEL_FOLDERS)


def _read_label_folders(paths: list[Path]) -> tuple[dict[str, _LabelFile], dict[str, _LabelFile]]:
    """Outline labels and surface labels, by file stem, decoded with the encoding of their folder."""
    outlines: dict[str, _LabelFile] = {}
    surfaces: dict[str, _LabelFile] = {}
    for folder in sorted({path.parent for path in paths}):
        files = [_LabelFile(path, *read_labels(path)) for path in paths if path.parent == folder]
        values = {int(value) for file in files for value in np.unique(file.values)}
        encoding = encoding_of(values, folder.name)
        known = outlines if encoding is Encoding.OUTLINE else surfaces
        for file in files:
            known[file.path.stem] = replace(file, values=decode(file.values, encoding))
    return outlines, surfaces


def _labels_of(name: str, grid: Grid, known: dict[str, _LabelFile]) -> NDArray[np.uint8] | None:
    stem = min((stem for stem in known if stem.endswith(name)), key=len, default=None)
    if stem is None:
        return None
    file = known[stem]
    if file.grid.shape != grid.shape:
        raise TrainingError(
            f"The labels {file.path.name} are {file.grid.height} x {file.grid.width} pixels, the tile "
            f"{name} is {grid.height} x {grid.width}. Cut both to the same ground."
        )
    return file.values
