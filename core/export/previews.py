"""Previews of a run: what the pages and the map show instead of the full rasters.

Rasters are read decimated first and warped to Web Mercator afterwards, as the pictures of the tile are.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import numpy as np
import rasterio
from PIL import Image

from core.errors import ExportError
from core.export.figure import FigurePanels, draw_figure
from core.export.mercator import map_bounds, warp
from core.export.rasters import PROBABILITY_SCALE
from core.export.tile_pictures import told_errors
from core.present.composites import COMPOSITES
from core.present.facts import CONFIDENCE_BINS, PreviewFacts, facts_to_json
from core.present.ramps import DOUBT_TO_TRUST, ramp_table, rgb
from core.tiles.bands import LABELS
from core.types import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from core.export.tile_pictures import TilePictures
    from core.models import ModelSpec
    from core.runs import ClassArea, MapBounds
    from core.tiles.tile import Tile
    from core.types import Grid

OUTSIDE = 254  # ground beyond the tile, seen at the corners of a warped picture
NO_DATA_RGBA = (128, 138, 148, 120)  # a veil: neither a class nor the transparent background
PNG_LEVEL = 2  # of the figure: 6 takes three times as long for a tenth fewer bytes
CONFIDENCE_RANGE = (0.5, 1.0)  # the ramp's ends; what is less sure than even shows the lowest colour

Named = tuple[str, str]  # the artifact's kind and its file name


def write_previews(
    folder: Path,
    pictures: TilePictures,
    spec: ModelSpec,
    areas: Sequence[ClassArea],
    *,
    classes_path: Path,
    probabilities_path: Path,
) -> tuple[list[Named], MapBounds | None]:
    """Write the previews that show a run's results, beside the pictures of its tile.

    Returns kind and file name of all of them (`composite-*` WebP, `classes-map` and `confidence-map` PNG with
    a palette, `figure` PNG for print, `previews` JSON) and where they lie on a map; without a CRS they keep
    the tile's own rows and columns and there are no bounds.

    Raises:
        ExportError: a raster of the run or a preview cannot be read or written.
    """
    view, target = pictures.view, pictures.target
    classes = read_decimated(classes_path, view.shape)[0]
    confidence = decided_levels(classes, read_decimated(probabilities_path, view.shape))
    drawn_classes = warp(classes, view, target, outside=OUTSIDE)
    with told_errors(), ThreadPoolExecutor(1, "firnline-figure") as beside:
        panels = _figure_panels(pictures.composites, class_palette(spec)[drawn_classes], target)
        drawing = beside.submit(_write_figure, folder / "figure.png", panels, pictures.tile, spec, areas)
        save_palette(folder / "classes-map.png", drawn_classes, class_palette(spec))
        warped = warp(confidence, view, target, outside=NO_DATA)
        save_palette(folder / "confidence-map.png", warped, confidence_palette())
        drawing.result()
        counted = confidence_counts(classes, confidence, spec)
        facts = PreviewFacts(view.width, view.height, pictures.limits, counted)
        (folder / "previews.json").write_text(facts_to_json(facts), encoding="utf-8")
    named = [(kind, f"{kind}.webp") for kind in pictures.composites]
    named += [("classes-map", "classes-map.png"), ("confidence-map", "confidence-map.png")]
    named += [("figure", "figure.png"), ("previews", "previews.json")]
    return named, map_bounds(target) if target else None


def decided_levels(classes: NDArray[np.uint8], foreground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The probability of the class each pixel was given, in levels 0..250; 255 without data.

    `classes`: (h, w). `foreground`: (K - 1, h, w), the levels of classes 1..K-1; the background has what
    is left of 250.
    """
    background = PROBABILITY_SCALE - foreground.sum(axis=0, dtype=np.int32)
    levels = np.concatenate([np.clip(background, 0, PROBABILITY_SCALE).astype(np.uint8)[None], foreground])
    index = np.where(classes == NO_DATA, 0, classes)[None].astype(np.intp)
    chosen = np.take_along_axis(levels, index, axis=0)[0]
    empty = (classes == NO_DATA) | (foreground == NO_DATA).any(axis=0)
    return np.where(empty, NO_DATA, chosen).astype(np.uint8)


def confidence_counts(
    classes: NDArray[np.uint8], levels: NDArray[np.uint8], spec: ModelSpec
) -> dict[str, tuple[int, ...]]:
    """Pixels of each class in `CONFIDENCE_BINS` equal bins of its probability."""
    bins = np.minimum(levels.astype(int) * CONFIDENCE_BINS // PROBABILITY_SCALE, CONFIDENCE_BINS - 1)
    counts = {}
    for info in spec.classes:
        chosen = bins[(classes == info.index) & (levels != NO_DATA)]
        counts[info.key] = tuple(int(n) for n in np.bincount(chosen, minlength=CONFIDENCE_BINS))
    return counts


def class_palette(spec: ModelSpec) -> NDArray[np.uint8]:
    """RGBA (256, 4): classes in their colours, background and outside clear, no data under a veil."""
    palette = np.zeros((256, 4), np.uint8)
    for info in spec.foreground:
        palette[info.index] = (*rgb(info.colour or "#000000"), 255)
    palette[NO_DATA] = NO_DATA_RGBA
    return palette


def confidence_palette() -> NDArray[np.uint8]:
    """RGBA (256, 4) for levels 0..250, clear without data."""
    low, high = CONFIDENCE_RANGE
    shares = (np.arange(PROBABILITY_SCALE + 1) / PROBABILITY_SCALE - low) / (high - low)
    palette = np.zeros((256, 4), np.uint8)
    palette[: PROBABILITY_SCALE + 1, :3] = ramp_table(DOUBT_TO_TRUST)[
        np.clip(np.rint(shares * 255), 0, 255).astype(int)
    ]
    palette[: PROBABILITY_SCALE + 1, 3] = 255
    return palette


def _write_figure(
    path: Path, panels: FigurePanels, tile: Tile, spec: ModelSpec, areas: Sequence[ClassArea]
) -> None:
    figure = draw_figure(panels, tile, spec, areas)
    figure.save(path, dpi=(300, 300), compress_level=PNG_LEVEL)


def _figure_panels(
    layers: dict[str, NDArray[np.uint8]], classes: NDArray[np.uint8], target: Grid | None
) -> FigurePanels:
    """The first composite there is, and the classes."""
    first = next((c for c in COMPOSITES if c.kind in layers), None)
    if first is None:
        return FigurePanels(None, "No composite: bands are missing", classes, target)
    caption = f"{first.title} ({', '.join(LABELS[band].lower() for band in first.bands)})"
    return FigurePanels(layers[first.kind], caption, classes, target)


def read_decimated(path: Path, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """A result raster as uint8 (n, h, w) in the size of the view.

    Raises:
        ExportError: it cannot be read back.
    """
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            values: NDArray[np.uint8] = raster.read(out_shape=(raster.count, *shape))
    except rasterio.errors.RasterioError as error:
        raise ExportError(f"{path.name} of this run cannot be read back. Run the tile again.") from error
    return values


def save_palette(path: Path, levels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> None:
    """A PNG of one byte a pixel with 256 colours and their opacity."""
    picture = Image.fromarray(levels)
    mode: Literal["RGB"] = "RGB"
    picture.putpalette(palette[:, :3].tobytes(), mode)
    picture.save(path, transparency=palette[:, 3].tobytes())
