"""Opening a tile: from files to a checked reference that can be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from core.errors import TileError
from core.runs import RadiometryKind
from core.tiles.checks import Facts, check_tile, check_width, usable_grid
from core.tiles.detection import Clues, detect, statistics_of
from core.tiles.files import TileFiles
from core.tiles.grouping import find_files, group_files
from core.tiles.opening import Header, read_header
from core.tiles.radiometry import convert
from core.tiles.stack import BandStack
from core.tiles.tags import tagged_sun_elevation
from core.tiles.tile import Tile, overview_shape
from core.types import BandName

OVERVIEW_PX = 1024  # the overview that units and findings are judged by: a chip is seen whole, a scene at 1 in 7


def open_tile(
    files: TileFiles | Path,
    *,
    radiometry: RadiometryKind | None = None,
    sensor: str | None = None,
    acquired_on: date | None = None,
) -> Tile:
    """A checked tile. `radiometry`, `sensor` and `acquired_on` are what the user states: they overrule the files.

    A path is a five-band GeoTIFF or a folder with the files of one tile. What forbids or flags a run is in
    the tile's findings.

    Raises:
        TileError: the files cannot be a tile at all: damaged, too large, of different ground.
    """
    files = _only_tile(files) if isinstance(files, Path) else files
    headers = _headers(files)
    sensor = sensor or files.sensor
    stack = BandStack(files.bands, headers)
    try:
        grid, grid_findings = usable_grid(stack.reference)
        raw = stack.decimated(*overview_shape(grid, OVERVIEW_PX))
        clues = Clues(
            told=files.radiometry,
            sensor=sensor,
            tagged={band: headers[band].scale_of(files.bands[band].index) for band in files.bands},
            statistics=statistics_of(raw),
            sun_elevation=next((s for h in headers.values() if (s := tagged_sun_elevation(h))), None),
        )
        detected = detect(clues, radiometry)
        tile = Tile(
            name=files.name,
            grid=grid,
            bands=files.bands,
            radiometry=detected.radiometry,
            sensor=sensor,
            acquired_on=acquired_on or files.acquired_on,
            findings=(),
            scales=detected.scales,
            stack=stack,
        )
        facts = Facts(tile, convert(raw, detected.scales), clues.statistics, stack.resampled)
        return replace(tile, findings=(*files.findings, *grid_findings, *detected.findings, *check_tile(facts)))
    except BaseException:
        stack.close()
        raise


def _only_tile(path: Path) -> TileFiles:
    grouping = group_files(find_files(path))
    if len(grouping.tiles) == 1:
        return grouping.tiles[0]
    if grouping.tiles:
        names = ", ".join(tile.name for tile in grouping.tiles[:5])
        raise TileError(f"{path.name} holds {len(grouping.tiles)} tiles ({names}). Open them one at a time.")
    if grouping.unplaced:
        raise TileError(grouping.unplaced[0].reason)
    raise TileError(f"{path.name} holds no GeoTIFF. Give a GeoTIFF or a folder that holds the bands of a tile.")


def _headers(files: TileFiles) -> dict[BandName, Header]:
    if not files.bands:
        raise TileError(f"{files.name} has no bands. Choose at least blue, green and red.")
    read: dict[Path, Header] = {}
    headers: dict[BandName, Header] = {}
    for band, file in files.bands.items():
        if file.path not in read:
            read[file.path] = read_header(file.path, file.label)
        headers[band] = read[file.path]
        check_width(headers[band], file)
    return headers
