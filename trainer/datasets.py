"""Labelled tiles on disk: the reference layouts, read as the app reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import TrainingError
from core.measure.areas import pixel_areas_m2
from core.tiles.grouping import group_files
from core.tiles.opening import read_header
from core.tiles.reading import open_tile
from core.tiles.tags import tagged_simulation
from core.types import Grid, Pixels, Window
from trainer.footprints import Footprint, footprint_of
from trainer.label_files import by_tile, labels_on, read_label_folders
from trainer.labels import training_labels
from trainer.simulate.writing import seed_told

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.models import ModelSpec
    from core.tiles.files import TileFiles
    from core.tiles.tile import Tile

RASTER_SUFFIXES = (".tif", ".tiff")
LABEL_FOLDERS = ("label", "mask")  # how the name of a folder that holds labels begins


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTile:
    """A tile in memory with what is known of its ground.

    `pixels` are physical units (5, h, w). `labels` is uint8 (h, w): class indices, `labels.GLACIER` or
    `labels.UNKNOWN`. `place` is the tile's centre in CRS units, `source` the data folder it came from.
    `simulated`: its files say that Firnline made it up. `pixel_km2`: mean area of a pixel, where it is known.
    `footprint`: the ground in a frame that all tiles share, where it is known.
    """

    name: str
    source: str
    place: tuple[float, float]
    pixels: Pixels
    labels: NDArray[np.uint8]
    simulated: bool = False
    pixel_km2: float | None = None
    footprint: Footprint | None = None


def read_labelled_tiles(
    folder: Path, spec: ModelSpec, only: Collection[str] = ()
) -> tuple[LabelledTile, ...]:
    """The labelled tiles of a folder, by name; those named in `only` alone, where it names any.

    Labels lie in folders whose names begin with `label` or `mask`; a label file belongs to the one tile whose
    name it has or ends in. A tile may have an outline and surface classes; what is known best counts.

    Raises:
        TrainingError: no folder, no tile, a file that belongs to none (unless `only` names the tiles), a tile
            without labels, or labels whose values, size or ground do not fit.
        TileError: a file cannot be read.
    """
    tiles, label_paths = _files_of(folder, whole=not only)
    names = [files.name for files in tiles]
    kinds = [
        by_tile(names, files)
        for files in read_label_folders(label_paths, kinds_matter=not spec.has_threshold)
    ]
    labelled = []
    for files in tiles:
        if only and files.name not in only:
            continue
        tile = open_tile(files)
        found = [known.get(tile.name) for known in kinds]
        labels = training_labels(spec, *(labels_on(tile.name, tile.grid, f) if f else None for f in found))
        if labels is None:
            raise TrainingError(
                f"The tile {tile.name} in {folder} has no labels. Put a label raster called '{tile.name}', "
                f"or whose name ends in '_{tile.name}', into a folder 'labels', or take the tile out."
            )
        labelled.append(_labelled(tile, source_of(folder), labels))
    return tuple(sorted(labelled, key=lambda tile: tile.name))


def source_of(folder: Path) -> str:
    """What cards, scores and reports call a data folder: its own name."""
    return folder.absolute().name


def require_distinct(folders: Sequence[Path]) -> None:
    """Refuse folders that cannot be told apart by their names.

    Raises:
        TrainingError: two have one name.
    """
    seen: dict[str, Path] = {}
    for folder in folders:
        other = seen.setdefault(source_of(folder), folder)
        if other is not folder:
            raise TrainingError(
                f"{other} and {folder} are both called '{source_of(folder)}'. Scores and shares are told "
                "apart by folder: rename one, or give a link of another name to it."
            )


def measured_labels(tile: LabelledTile) -> LabelledTile:
    """The tile with unknown labels wherever it has no data: what may be learned and scored as valid."""
    return replace(tile, labels=np.where(tile.pixels.valid, tile.labels, np.uint8(255)))


def _files_of(folder: Path, *, whole: bool) -> tuple[tuple[TileFiles, ...], list[Path]]:
    """The tiles of a folder, and its label files. `whole`: refuse files that no tile takes."""
    if not folder.is_dir():
        raise TrainingError(f"There is no folder {folder}. Give one that holds tiles and their labels.")
    rasters = sorted(path for path in folder.rglob("*") if path.suffix.lower() in RASTER_SUFFIXES)
    labels = [path for path in rasters if _holds_labels(path.parent.name)]
    grouping = group_files([path for path in rasters if not _holds_labels(path.parent.name)])
    left = [one for one in grouping.unplaced if not one.unneeded]
    if left and (whole or not grouping.tiles):
        first, more = left[0], f", the first of {len(left)}" if len(left) > 1 else ""
        raise TrainingError(
            f"{first.name} in {folder} belongs to no tile{more}: {first.reason} Correct it, or take it out."
        )
    tiles = grouping.tiles
    if not tiles:
        raise TrainingError(
            f"There are no tiles in {folder}. Needed are five-band GeoTIFFs, or folders Band1 to Band5, "
            "and a folder 'label' or 'labels' beside them."
        )
    return tiles, labels


def _labelled(tile: Tile, source: str, labels: NDArray[np.uint8]) -> LabelledTile:
    grid = tile.grid
    told = tagged_simulation(read_header(next(iter(tile.bands.values())).path))
    return LabelledTile(
        tile.name,
        source,
        grid.affine * (grid.width / 2, grid.height / 2),
        tile.read(grid.full_window),
        labels,
        any(finding.code == "simulated" for finding in tile.findings),
        _pixel_km2(grid),
        footprint_of(grid, seed_told(told or "")),
    )


def _pixel_km2(grid: Grid) -> float | None:
    areas = pixel_areas_m2(grid, Window(0, 0, 1, grid.width))
    return None if areas is None else float(areas.mean()) / 1e6


def _holds_labels(folder_name: str) -> bool:
    return folder_name.lower().startswith(LABEL_FOLDERS)
