"""Label files of a data folder: what they hold, and which tile each of them serves."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from rasterio._err import CPLE_BaseError  # what a CRS without a place on the Earth raises
from rasterio.warp import transform

from core.errors import TrainingError
from core.tiles.labels import read_labels
from core.types import Grid
from trainer.labels import (
    OUTLINES,
    WATER_VALUE,
    Encoding,
    declared_class,
    decode,
    encoding_of,
    is_water_alone,
    may_be_outline,
    stated_encoding,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from core.tiles.labels import StoredLabels

_log = logging.getLogger(__name__)

SEPARATORS = (
    "_",
    "-",
    ".",
    " ",
)  # between what the name of a label file says besides and the name of its tile
ELSEWHERE_PX = 0.5  # labels whose corners are farther off would name the neighbouring pixel


@dataclass(frozen=True, slots=True, eq=False)
class LabelFile:
    """A label raster as class indices, 255 unknown: `values` (h, w), uint8, on `grid`."""

    path: Path
    values: NDArray[np.uint8]
    grid: Grid


def read_label_folders(
    paths: Iterable[Path], *, kinds_matter: bool = False
) -> tuple[tuple[LabelFile, ...], tuple[LabelFile, ...]]:
    """Outline labels and surface labels as class indices, each folder decoded with its own encoding.

    `kinds_matter`: what is ice has to be told by kind, so that a folder of 0 and 1 must state what 1 is.
    Pixels without data are unknown; 0 that is declared to be none stays background, which a warning says.

    Raises:
        TrainingError: values that fit no encoding, a class that is declared to be no data, an outline among
            surface classes, or ones that may be either's where `kinds_matter`.
        TileError: a file cannot be read.
    """
    outlines: list[LabelFile] = []
    surfaces: list[LabelFile] = []
    paths = sorted(paths)
    for folder in sorted({path.parent for path in paths}):
        stored = {path: read_labels(path) for path in paths if path.parent == folder}
        stored = _without_no_data(folder, stored)
        encoding = _encoding(folder, stored, kinds_matter=kinds_matter)
        decoded = outlines if encoding in OUTLINES else surfaces
        decoded += [
            LabelFile(path, decode(labels.values, labels.known, encoding), labels.grid)
            for path, labels in stored.items()
        ]
    return tuple(outlines), tuple(surfaces)


def by_tile(names: Collection[str], files: Iterable[LabelFile]) -> dict[str, LabelFile]:
    """The label file of each tile that has one, by the tile's name; `names` are those of all tiles.

    `files` are of one kind. A file serves one tile: the longest name that its own is or, after a separator,
    ends in. Of several files in one folder the one that says least besides counts.

    Raises:
        TrainingError: two folders have labels for one tile, or two files say as little besides.
    """
    served: dict[str, LabelFile] = {}
    for file in sorted(files, key=lambda file: len(file.path.stem), reverse=True):
        owner = max((name for name in names if _ends_in(file.path.stem, name)), key=len, default=None)
        if owner is None:
            continue
        other = served.get(owner)
        if other and (other.path.parent != file.path.parent or len(other.path.stem) == len(file.path.stem)):
            first, second = sorted((other.path, file.path))
            raise TrainingError(
                f"The tile {owner} has two label files of one kind, {first} and {second}, and one "
                "alone would count. Take the one out that should not."
            )
        served[owner] = file
    return served


def labels_on(tile: str, grid: Grid, file: LabelFile) -> NDArray[np.uint8]:
    """The values of a label file, which must lie on the tile's own pixels.

    Raises:
        TrainingError: another size, or a georeference that tells of other ground.
    """
    if file.grid.shape != grid.shape:
        raise TrainingError(
            f"The labels {file.path} are {file.grid.height} x {file.grid.width} pixels, the tile {tile} is "
            f"{grid.height} x {grid.width}. Cut both to the same ground."
        )
    if _lies_elsewhere(file.grid, grid):
        raise TrainingError(
            f"The labels {file.path} lie on other ground than the tile {tile}, as their georeference says. "
            f"Give the labels of {tile}, or correct the georeference."
        )
    return file.values


def _without_no_data(folder: Path, stored: Mapping[Path, StoredLabels]) -> dict[Path, StoredLabels]:
    """The labels of a folder, unknown where they hold what their file declares to be no data.

    0 stays what it is: it is background in every encoding, and many programs declare it by habit.
    """
    declared = {
        path: labels.no_data
        for path, labels in stored.items()
        if labels.no_data is not None and (labels.known & (labels.values == labels.no_data)).any()
    }
    background = [path for path, value in declared.items() if value == 0]
    if background:
        _log.warning(
            "%d of %d label files in %s declare 0 to be no data: it counts as background, which it is in "
            "every encoding. If nothing is known there, declare another value, such as 254, and write that "
            "or NaN there.",
            len(background),
            len(stored),
            folder,
        )
    meant = {path: value for path, value in declared.items() if value != 0}
    cleared = dict(stored)
    for path, value in meant.items():
        cleared[path] = replace(stored[path], known=stored[path].known & (stored[path].values != value))
    _check_no_class(folder, _values(cleared), {path.name: value for path, value in meant.items()})
    return cleared


def _check_no_class(folder: Path, values: dict[str, list[int]], declared: dict[str, int]) -> None:
    """See that no declared no-data value is a class beside the `values` that the files hold otherwise."""
    found = declared_class(values, declared, stated_encoding(folder.name))
    if found:
        name, encoding = found
        raise TrainingError(
            f"{name} in {folder} declares {declared[name]} to be no data, and {declared[name]} is a class in "
            f"labels of {encoding}. If it is that class, run 'gdal_edit.py -unsetnodata {name}'; if nothing "
            "is known there, declare another value, such as 254, and write that or NaN there."
        )


def _values(stored: Mapping[Path, StoredLabels]) -> dict[str, list[int]]:
    """What each file holds where it is known, by name."""
    return {path.name: np.unique(labels.values[labels.known]).tolist() for path, labels in stored.items()}


def _encoding(folder: Path, stored: Mapping[Path, StoredLabels], *, kinds_matter: bool) -> Encoding:
    stated = stated_encoding(folder.name)
    values = _values(stored)
    encoding = encoding_of(values, str(folder), stated)
    if kinds_matter and stated is None and encoding is Encoding.SURFACE_INDEX and may_be_outline(values):
        raise TrainingError(
            f"The labels in {folder} hold no other classes than 0 and 1, and 1 may be any glacier or clean "
            "ice alone. Call the folder 'labels_outline' if 1 is glacier of any kind, 'labels_indices' if it "
            "is clean ice."
        )
    if encoding is Encoding.SURFACE_MASK and stated is None:
        for path, labels in stored.items():
            known = labels.values[labels.known]
            if is_water_alone(known):
                share = 100 * float((known == WATER_VALUE).mean())
                raise TrainingError(
                    f"{path.name} in {folder} holds 0 and 255 alone ({share:.1f} % is 255) beside "
                    "files in which 255 is water. If it is an outline of glaciers, move it to a folder "
                    "'labels_outline'; if it is water, call this folder 'labels_classes'."
                )
    return encoding


def _ends_in(stem: str, name: str) -> bool:
    return stem == name or (stem.endswith(name) and stem[: -len(name)].endswith(SEPARATORS))


def _lies_elsewhere(labels: Grid, tile: Grid) -> bool:
    """Whether a corner of the labels is off that of the tile by more than half a pixel."""
    if labels.crs is None or tile.crs is None:
        return False
    corners = [(0, 0), (tile.width, 0), (tile.width, tile.height), (0, tile.height)]
    points = [labels.affine * corner for corner in corners]
    if labels.crs != tile.crs:
        try:
            points = list(zip(*transform(labels.crs, tile.crs, *zip(*points, strict=True)), strict=True))
        except CPLE_BaseError:
            return True
    seen = np.array([~tile.affine * point for point in points])
    return not bool((np.hypot(*(seen - corners).T) <= ELSEWHERE_PX).all())
