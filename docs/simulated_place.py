"""A simulated place on nine dates, in a history of its own: what the pictures of the pages show.

The ground, its retreat and the weather are `trainer.simulate`'s; the weights are those that ship.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer
from rasterio.features import shapes
from shapely import transform
from shapely.geometry import mapping, shape

from core.models import BINARY, MULTICLASS
from core.networks.stored import find_model
from core.outlines.reading import read_outlines
from core.runs import Options
from core.tiles.reading import open_tile
from db.history import open_history
from db.recording import analyse_and_save
from trainer.simulate.sample import DAY, SEED
from trainer.simulate.series import retreating
from trainer.simulate.writing import write_five_bands

if TYPE_CHECKING:
    from pathlib import Path

    from db.history import History
    from trainer.simulate.scene import SimulatedTile

SITE = "Simulated valley"
NOTE = "A made-up landscape whose glaciers lose 3 % of their first area a year. It is no real place."
SIZE_PX = 320
FIRST_YEAR, LOST_A_YEAR = 2015, 0.03
ICE = (1, 2)  # clean and debris-covered, in the truth
LEAST_KM2 = 0.3  # of an outline
CLEAR = replace(DAY, beyond_swath=0.0, cloud_share=0.0)
DAYS = (  # clear ends of summer, and two dates that guards leave out: spring snow, and clouds
    replace(CLEAR, acquired_on=date(2015, 9, 4), snow_above_line_m=40.0),
    replace(CLEAR, acquired_on=date(2016, 8, 29), snow_above_line_m=20.0),
    replace(CLEAR, acquired_on=date(2017, 9, 11), snow_above_line_m=60.0),
    replace(CLEAR, acquired_on=date(2018, 4, 16), snow_above_line_m=-900.0, fresh=0.8, sun_elevation=48.0),
    replace(CLEAR, acquired_on=date(2018, 9, 2), snow_above_line_m=0.0),
    replace(CLEAR, acquired_on=date(2019, 8, 24), snow_above_line_m=20.0, cloud_share=0.16),
    replace(CLEAR, acquired_on=date(2020, 9, 9), snow_above_line_m=50.0, haze=0.1),
    replace(CLEAR, acquired_on=date(2021, 9, 17), snow_above_line_m=10.0),
    replace(CLEAR, acquired_on=date(2022, 9, 6), snow_above_line_m=30.0, haze=0.2),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Ids of runs with the four-class model: of the first and the last date."""

    first: str
    last: str


def make_place(data: Path, work: Path) -> Place:
    """Map every date with the four-class model, and the last with the other too, into the history at `data`.

    The site's outlines are the first date's true ice. `work` is a folder for the tiles and the outlines.
    """
    store = open_history(data)
    try:
        tiles = list(retreating(SEED, SIZE_PX, DAYS, LOST_A_YEAR))
        outlines = work / f"valley_{FIRST_YEAR}.geojson"
        outlines.write_text(json.dumps(_true_outlines(tiles[0])), "utf-8")
        store.create_site(SITE, NOTE)
        store.set_outlines(SITE, read_outlines(outlines, outlines.name))
        other = _map(store, tiles[-1], work, BINARY.key)
        ids = [_map(store, tile, work, MULTICLASS.key) for tile in tiles]
        for run_id in (*ids, other):
            store.ledger(run_id)
    finally:
        store.close()
    return Place(ids[0], ids[-1])


def _map(store: History, tile: SimulatedTile, work: Path, model: str) -> str:
    """Write a tile and run a model on it; the id of the run."""
    path = work / f"simulated_{tile.conditions.acquired_on:%Y%m%d}.tif"
    write_five_bands(path, tile)
    with open_tile(path) as opened:
        return analyse_and_save(store, opened, [find_model(model)], Options(), site=SITE)[0]


def _true_outlines(tile: SimulatedTile) -> dict[str, Any]:
    """The pieces of true ice as GeoJSON in degrees, the largest first."""
    ice = np.isin(tile.truth, ICE)
    drawn = (shape(found) for found, _ in shapes(ice.astype(np.uint8), mask=ice, transform=tile.grid.affine))
    pieces = sorted((piece for piece in drawn if piece.area > LEAST_KM2 * 1e6), key=lambda p: -p.area)
    to_degrees = Transformer.from_crs(tile.grid.crs_wkt, "EPSG:4326", always_xy=True).transform
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"SIM-{number:02d}", "name": f"Glacier {number}"},
            "geometry": mapping(transform(piece, to_degrees, interleaved=False)),
        }
        for number, piece in enumerate(pieces, start=1)
    ]
    return {"type": "FeatureCollection", "features": features}
