"""Opening a tile: from files to a checked reference that can be read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from core.errors import TileError
from core.runs import RadiometryKind
from core.tiles.checks import Inspected, check_tile, overruled, simulated
from core.tiles.detection import Clues, detect, statistics_of
from core.tiles.files import BandFile, TileFiles
from core.tiles.grids import require_ground, usable_grid
from core.tiles.grouping import group_files
from core.tiles.opening import Header, read_header
from core.tiles.radiometry import convert
from core.tiles.searching import find_files
from core.tiles.stack import BandStack
from core.tiles.tags import tagged_simulation, tagged_sun_elevation
from core.tiles.tile import Tile, overview_shape
from core.types import BandName, Finding, Severity

OVERVIEW_PX = 1024  # units and findings are judged by an overview: a chip is seen whole, a scene 1 in 7


def open_tile(
    files: TileFiles | Path,
    *,
    radiometry: RadiometryKind | None = None,
    sensor: str | None = None,
    acquired_on: date | None = None,
) -> Tile:
    """A checked tile; what forbids or flags a run is in its findings.

    A path is a GeoTIFF or a folder with the files of one tile. `radiometry`, `sensor` and `acquired_on` are
    what the user states: they overrule names, tags and values.

    Raises:
        TileError: the files cannot be a tile at all: damaged, too large, of different ground.
    """
    files = _only_tile(files) if isinstance(files, Path) else files
    headers = _headers(files)
    stack = BandStack(files.bands, headers)
    grid, grid_findings = usable_grid(stack.reference)
    try:
        raw = stack.decimated(*overview_shape(grid, OVERVIEW_PX))
    except TileError:
        stack.close()
        raise
    clues = Clues(
        told=files.radiometry,
        sensor=sensor or files.sensor,
        tagged={band: headers[band].scale_of(file.index) for band, file in files.bands.items()},
        statistics=statistics_of(raw),
        acquired_on=acquired_on or files.acquired_on,
        sun_elevation=next((s for h in headers.values() if (s := tagged_sun_elevation(h))), None),
    )
    detected = detect(clues, radiometry)
    tile = Tile(
        name=files.name,
        grid=grid,
        bands=files.bands,
        radiometry=detected.radiometry,
        sensor=clues.sensor,
        acquired_on=clues.acquired_on,
        findings=(),
        scales=detected.scales,
        stack=stack,
    )
    seen = Inspected(tile, convert(raw, detected.scales), clues.statistics, acquired_on is not None)
    checked = check_tile(seen)
    made = [simulated(told) for told in _simulations(headers)]
    stated = overruled(files, sensor, acquired_on)
    found = (*files.findings, *grid_findings, *detected.findings, *checked, *made, *stated)
    return replace(tile, findings=_by_severity(*found))


def _simulations(headers: dict[BandName, Header]) -> list[str]:
    """What the tags of the files say about a simulation, each word once."""
    return sorted({told for header in headers.values() if (told := tagged_simulation(header))})


def _by_severity(*findings: Finding) -> tuple[Finding, ...]:
    severities = list(Severity)
    return tuple(sorted(findings, key=lambda finding: severities.index(finding.severity)))


def _only_tile(path: Path) -> TileFiles:
    grouping = group_files(find_files(path))
    if len(grouping.tiles) == 1:
        return grouping.tiles[0]
    if grouping.tiles:
        names = ", ".join(tile.name for tile in grouping.tiles[:5])
        raise TileError(f"{path.name} holds {len(grouping.tiles)} tiles ({names}). Open them one at a time.")
    if grouping.unplaced:
        raise TileError(grouping.unplaced[0].reason)
    raise TileError(f"{path.name} holds no GeoTIFF. Give a GeoTIFF or a folder with the bands of a tile.")


def _headers(files: TileFiles) -> dict[BandName, Header]:
    if not files.bands:
        raise TileError(f"{files.name} has no bands. Choose at least blue, green and red.")
    read: dict[Path, Header] = {}
    headers: dict[BandName, Header] = {}
    for band, file in files.bands.items():
        if file.path not in read:
            read[file.path] = read_header(file.path, file.label)
            require_ground(read[file.path])
        headers[band] = read[file.path]
        _require_layer(headers[band], file)
    return headers


def _require_layer(header: Header, file: BandFile) -> None:
    if not 1 <= file.index <= header.count:
        raise TileError(
            f"{file.label} has {header.count} band(s), so there is no band {file.index} to choose."
        )
