"""Files for GIS and for OGGM: the inventory of a run as GeoPackage and GeoJSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from core.errors import ExportError
from core.export.inventory import make_inventory

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from core.export.inventory import Credits
    from core.export.outlines import RunOutlines

GLACIER_LAYER, DEBRIS_LAYER, LAKE_LAYER, RUN_LAYER = "glacier_outlines", "debris_cover", "lakes", "run"
UNKNOWN_DAY = "-9999999"  # as RGI 6 has it
DEGREE_DIGITS = 7  # about a centimetre (RFC 7946, section 11.2)


def write_geopackage(found: RunOutlines, said: Credits, path: Path) -> None:
    """Glaciers, debris cover and lakes as layers in the CRS of the tile, and a table that tells of the run.

    Raises:
        ExportError: the file cannot be written.
    """
    tables = make_inventory(found, said, projected=True)
    for layer, table in (
        (GLACIER_LAYER, tables.glaciers),
        (DEBRIS_LAYER, tables.debris),
        (LAKE_LAYER, tables.lakes),
    ):
        _write(table, path, driver="GPKG", layer=layer, append=path.exists(), geometry_type="Polygon")
    _write(_about(found), path, driver="GPKG", layer=RUN_LAYER, append=True)


def write_geojson(found: RunOutlines, said: Credits, path: Path) -> None:
    """Every outline in one collection (RFC 7946): WGS 84, right-hand rule, cut at 180 degrees.

    `line_type` tells glaciers, debris cover and lakes apart.

    Raises:
        ExportError: the file cannot be written.
    """
    tables = make_inventory(found, said)
    filled = [table for table in (tables.glaciers, tables.debris, tables.lakes) if len(table)]
    every = pd.concat(filled, ignore_index=True) if filled else tables.glaciers
    _write(every, path, driver="GeoJSON", RFC7946=True, COORDINATE_PRECISION=DEGREE_DIGITS)


def write_oggm(found: RunOutlines, said: Credits, path: Path) -> None:
    """The glaciers for OGGM, as a GeoPackage in WGS 84 with the columns of RGI 6.

    `oggm.utils.cook_rgidf` takes it and gives ids by the region that the user names; an RGIId stands here
    only where the run's site has one.

    Raises:
        ExportError: the file cannot be written.
    """
    glaciers = make_inventory(found, said).glaciers
    day = said.acquired_on
    largest = ~glaciers["rgi_id"].duplicated()  # a glacier that fell apart: OGGM wants each id once
    columns = {
        "firn_id": glaciers["firn_id"],
        "RGIId": glaciers["rgi_id"].where(largest, None),
        "GLIMSId": glaciers["glims_id"],
        "BgnDate": day.strftime("%Y%m%d") if day else UNKNOWN_DAY,
        "EndDate": UNKNOWN_DAY,
        "CenLon": glaciers["cenlon"],
        "CenLat": glaciers["cenlat"],
        "Area": glaciers["area_km2"],
        "Name": glaciers["glac_name"],
        "O1Region": glaciers["o1region"],
        "O2Region": glaciers["o2region"],
    }
    table = glaciers[["geometry"]].assign(**columns)
    _write(table, path, driver="GPKG", layer="glaciers", geometry_type="Polygon")


def _about(found: RunOutlines) -> pd.DataFrame:
    """The run as keys and values."""
    run, options = found.run, found.options
    facts = {
        "run_id": run.id,
        "tile": run.tile.name,
        "input_sha256": run.tile.sha256,
        "model": run.model,
        "weights_sha256": run.weights_sha256,
        "threshold": run.threshold,
        "min_area_km2": run.options.min_area_km2,
        "smallest_outline_km2": options.smallest_km2,
        "simplify_px": options.simplify_px,
        "left_out": found.left_out,
        "left_out_km2": found.left_out_km2,
        "finished_at": run.finished_at.isoformat(timespec="seconds"),
        **{f"version_{name}": version for name, version in run.versions.items()},
    }
    for error in run.errors:
        name = f"error_{error.class_key}_{error.kind.value}"
        facts[f"{name}_sigma_km2"] = error.sigma_km2
        facts[f"{name}_low_km2"], facts[f"{name}_high_km2"] = error.low_km2, error.high_km2
    values = ["" if value is None else str(value) for value in facts.values()]
    return pd.DataFrame({"name": list(facts), "value": values})


def _write(table: gpd.GeoDataFrame | pd.DataFrame, path: Path, **options: object) -> None:
    try:
        pyogrio.write_dataframe(table, path, **options)
    except (DataSourceError, OSError) as error:
        raise ExportError(
            f"{path.name} could not be written: the disk is full, or the folder cannot be written to. "
            "Free some space, check the rights of the folder, and try again."
        ) from error
