"""The inventory of a run: its outlines as tables with the fields of RGI 7 and GLIMS.

Fields are those of the RGI 7.0 glacier product (doi:10.5067/F6JMOVY5NAVZ) and of the GLIMS database, by their
names. What no tile tells (the type of the terminus, surges) says "not assigned", as they do. An `rgi_id` is
never made up: `firn_id` is Firnline's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import core
from core.export.lakes import SURROUNDED
from core.export.placing import WGS84
from core.models import model_spec
from core.runs import ALL_ICE, ErrorKind

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from core.export.outlines import RunOutlines
    from core.export.placing import Placed
    from core.outlines.outline import Outline
    from core.runs import AreaError, Run

GLACIERS, DEBRIS, LAKES = "glacier_outlines", "debris_cover", "lakes"
NOT_ASSIGNED = 9  # of RGI's surge_type and term_type
ANALYST = "Firnline, automatic"

RGI = {"rgi6", "rgi7"}
TEXTS = {
    "outline_id",
    "o1region",
    "o2region",
    "firn_id",
    "rgi_id",
    "glims_id",
    "glac_name",
    "glac_id",
    "line_type",
    "src_date",
    "sensor",
    "global_by",
}

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credits:
    """What the user says about the outlines. `acquired_on` is the date as edited."""

    acquired_on: date | None
    site: str | None = None
    analyst: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """The tables of a run's outlines, in WGS 84 or in the CRS of the tile."""

    glaciers: gpd.GeoDataFrame
    debris: gpd.GeoDataFrame
    lakes: gpd.GeoDataFrame


def make_inventory(found: RunOutlines, said: Credits, *, projected: bool = False) -> Inventory:
    """The outlines as tables. `projected`: in the CRS of the tile, on the very edges of its pixels."""
    shared = _Shared(found, said, projected)
    return Inventory(_glacier_table(shared), _debris_table(shared), _lake_table(shared))


def global_error(run: Run) -> AreaError | None:
    """The error of the run's whole ice area: by the probabilities where known, else by half a pixel."""
    found = (run.error(ALL_ICE, kind) for kind in (ErrorKind.PROBABILITY, ErrorKind.BUFFER))
    return next(filter(None, found), None)


def describe_processing(found: RunOutlines) -> str:
    """How the outlines came about, in the sentences that GLIMS keeps as `proc_desc`."""
    run, options = found.run, found.options
    decided = (
        "the most probable class"
        if run.threshold is None
        else f"glacier where its probability is at least {run.threshold:g}"
    )
    least, patches = options.smallest_km2, run.options.min_area_km2
    sentences = [
        f"Mapped from multispectral pixels by Firnline {run.versions.get('firnline', core.__version__)} with "
        f"the model '{run.model}' (weights SHA-256 {run.weights_sha256}), which decides for {decided}.",
        f"Patches of a class below {patches:g} km2 took the class around them." if patches else "",
        "Outlines follow the edges of the pixels"
        + (
            f", smoothed by Visvalingam's method with a tolerance of {options.simplify_px:g} px."
            if options.simplify_px
            else " and are not simplified."
        ),
        "Pixels are joined by their sides; rock and lakes within the ice are holes.",
        f"Glaciers and lakes below {least:g} km2 are left out ({found.left_out} glaciers, "
        f"{found.left_out_km2:.4g} km2)."
        if least
        else "",
        "Areas are geodesic on the WGS 84 ellipsoid. Their uncertainties are one standard deviation each: "
        "local_km2 is half a pixel along the outline, without the edges of the tile and of no data, "
        "global_km2 the outline's share of the error of the run's whole ice area.",
    ]
    if any(info.key == "water" for info in model_spec(run.model).classes):
        sentences.append(
            f"A lake is supraglacial where ice lies along at least {100 * SURROUNDED:.0f} % of its outer "
            "shore and proglacial where ice touches it at all."
        )
    return " ".join(filter(None, sentences))


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What all tables need."""

    found: RunOutlines
    said: Credits
    projected: bool

    def table(self, ids: tuple[str, ...], placed: Placed, own: Columns) -> gpd.GeoDataFrame:
        """A table: ids, the columns of its own, then those that all have."""
        run, day = self.found.run, self.said.acquired_on
        centres = shapely.get_coordinates(shapely.point_on_surface(placed.geographic)).reshape(-1, 2)
        half_px_m = 500 * np.sqrt(placed.pixel_km2)
        columns = {
            "firn_id": ids,
            **own,
            "src_date": f"{day.isoformat()}T00:00:00" if day else None,
            "area_km2": placed.areas_km2,
            "cenlon": (centres[:, 0] + 180) % 360 - 180,
            "cenlat": centres[:, 1],
            "utm_zone": ((centres[:, 0] + 180) % 360 // 6 + 1).astype(np.int32),
            "perim_km": placed.perimeters_km,
            "local_km2": placed.errors_km2,
            "loc_unc_x": half_px_m,
            "loc_unc_y": half_px_m,
            **_global_errors(run, placed.areas_km2),
            "image_id": run.tile.name,
            "sensor": run.tile.sensor,
            "analysts": self.said.analyst or ANALYST,
            "anlys_time": run.finished_at.isoformat(timespec="seconds"),
            "run_id": run.id,
        }
        geometry, crs = placed.geographic, WGS84
        if self.projected and run.tile.grid.crs_wkt:
            geometry, crs = placed.projected, run.tile.grid.crs_wkt
        table = pd.DataFrame(columns, index=pd.RangeIndex(len(ids)))
        for name in TEXTS.intersection(table.columns):
            table[name] = table[name].astype("str" if table[name].notna().all() else object)
        return gpd.GeoDataFrame(table, geometry=geometry, crs=crs)


def _glacier_table(shared: _Shared) -> gpd.GeoDataFrame:
    glaciers = shared.found.glaciers
    debris_km2, areas_km2 = glaciers.debris_km2, glaciers.placed.areas_km2
    own = {
        **_known_columns(glaciers.known),
        "line_type": "glac_bound",
        "debris_km2": np.nan if debris_km2 is None else debris_km2,
        "debris_pct": np.nan if debris_km2 is None else 100 * debris_km2 / areas_km2,
        "lakes_km2": np.nan if glaciers.lakes_km2 is None else glaciers.lakes_km2,
        "meets_lake": pd.array(glaciers.meets_lake, "boolean"),
        "cut_off": pd.array(glaciers.cut_off, "boolean"),
        "proc_desc": describe_processing(shared.found),
        "input_sha": shared.found.run.tile.sha256,
        "model_sha": shared.found.run.weights_sha256,
    }
    return shared.table(glaciers.ids, glaciers.placed, own)


def _known_columns(known: tuple[Outline | None, ...]) -> Columns:
    """What the outlines of the site say about the glaciers that carry them on; nothing is made up."""

    def told(*names: str) -> list[Any]:
        found = ([o.attributes.get(name) for name in names] if o else [None] for o in known)
        return [next((value for value in values if value not in {None, ""}), None) for values in found]

    def texts(*names: str) -> list[str | None]:
        return [None if value is None else str(value) for value in told(*names)]

    def code(*names: str, unknown: int | None) -> Any:  # noqa: ANN401 - pandas has no types
        codes = [int(v) if isinstance(v, (int, float)) and v == v else unknown for v in told(*names)]
        return pd.array([pd.NA if v is None else v for v in codes], "Int32")

    return {
        "rgi_id": [o.id if o and o.source in RGI else None for o in known],
        "glims_id": [
            o.id if o and o.source == "glims" else other
            for o, other in zip(known, told("glims_id", "GLIMSId"), strict=True)
        ],
        "outline_id": [o.label if o else None for o in known],
        "glac_name": [o.name if o else None for o in known],
        "o1region": texts("o1region", "O1Region"),
        "o2region": texts("o2region", "O2Region"),
        "conn_lvl": code("conn_lvl", "Connect", unknown=None),
        "surge_type": code("surge_type", "Surging", unknown=NOT_ASSIGNED),
        "term_type": code("term_type", "TermType", unknown=NOT_ASSIGNED),
    }


def _debris_table(shared: _Shared) -> gpd.GeoDataFrame:
    debris = shared.found.debris
    own = {"glac_id": list(debris.glacier_ids), "line_type": "debris_cov"}
    return shared.table(debris.ids, debris.placed, own)


def _lake_table(shared: _Shared) -> gpd.GeoDataFrame:
    lakes = shared.found.lakes
    own = {
        "glac_id": list(lakes.glacier_ids),
        "line_type": [shore.lake_type.value if shore.lake_type else None for shore in lakes.shores],
        "ice_pct": np.array([100 * shore.ice_share for shore in lakes.shores]),
    }
    return shared.table(lakes.ids, lakes.placed, own)


def _global_errors(run: Run, areas_km2: NDArray[np.float64]) -> Columns:
    """The share of each area in the standard deviation of the run's whole ice area; empty where it has none.

    One standard deviation, as the half pixel of `local_km2` is.
    """
    error = global_error(run)
    ice = {info.key for info in model_spec(run.model).classes if info.is_ice}
    ice_km2 = sum(area.area_km2 or 0.0 for area in run.areas if area.key in ice)
    if error is None or not ice_km2:
        return {"global_km2": np.nan, "global_by": None}
    return {
        "global_km2": areas_km2 * error.sigma_km2 / ice_km2,
        "global_by": error.kind.value,
    }
