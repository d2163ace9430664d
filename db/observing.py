"""Reading a site's runs as observations for a series: three statements, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Row, select

from core.checks import CloudCheck
from core.measure.observations import Method, Observation, with_likely_cards
from core.measure.pixels import pixel_side_m
from core.runs import ALL_ICE, CARD, ErrorKind, MapBounds
from core.types import BANDS
from db.engine import Database
from db.rows import FINDINGS, OPTIONS, cut_of, fold
from db.tables import AreaErrorRow, ClassAreaRow, RunRow, SiteRow, TileRow

Areas = dict[str, float]
Sigmas = dict[tuple[str, ErrorKind], float]

COLUMNS = (
    RunRow.id,
    TileRow.name,
    TileRow.sha256,
    TileRow.sensor,
    TileRow.bands,
    TileRow.grid["crs_wkt"].as_string().label("crs_wkt"),
    RunRow.acquired_on,
    RunRow.finished_at,
    RunRow.model,
    RunRow.weights_sha256,
    RunRow.threshold,
    RunRow.options,
    RunRow.versions[CARD].as_string().label("card"),
    RunRow.valid_px,
    RunRow.total_px,
    RunRow.valid_area_km2,
    RunRow.findings,
    RunRow.cut_edge_share,
    RunRow.cut_no_data_share,
    RunRow.checks["clouds"]["cloud_px"].as_integer().label("cloud_px"),
    RunRow.checks["clouds"]["judged_px"].as_integer().label("judged_px"),
    RunRow.south,
    RunRow.west,
    RunRow.north,
    RunRow.east,
)


def list_observations(database: Database, site: str) -> tuple[Observation, ...]:
    """Every run of a site, by finishing time; none where there is no such site."""
    of_site = RunRow.site_id == select(SiteRow.id).where(SiteRow.name_key == fold(site)).scalar_subquery()
    runs = select(*COLUMNS).join(TileRow).where(of_site).order_by(RunRow.finished_at, RunRow.id)
    areas = (
        select(ClassAreaRow.run_id, ClassAreaRow.key, ClassAreaRow.is_ice, ClassAreaRow.area_km2)
        .join(RunRow, RunRow.id == ClassAreaRow.run_id)
        .where(of_site)
    )
    errors = (
        select(AreaErrorRow.run_id, AreaErrorRow.class_key, AreaErrorRow.kind, AreaErrorRow.sigma_km2)
        .join(RunRow, RunRow.id == AreaErrorRow.run_id)
        .where(of_site)
    )
    with database.read() as session:
        found: dict[str, Areas] = defaultdict(dict)
        for run_id, key, is_ice, area_km2 in session.execute(areas):
            if area_km2 is None:
                continue
            found[run_id][key] = area_km2
            if is_ice:
                found[run_id][ALL_ICE] = found[run_id].get(ALL_ICE, 0.0) + area_km2
        sigmas: dict[str, Sigmas] = defaultdict(dict)
        for run_id, key, kind, sigma_km2 in session.execute(errors):
            sigmas[run_id][key, ErrorKind(kind)] = sigma_km2
        observed = [_observation(row, found[row.id], sigmas[row.id]) for row in session.execute(runs)]
    return with_likely_cards(observed)


def _observation(row: Row[Any], areas_km2: Areas, sigmas_km2: Sigmas) -> Observation:
    placed = None not in (row.south, row.west, row.north, row.east)
    return Observation(
        run_id=row.id,
        tile_name=row.name,
        input_sha256=row.sha256,
        acquired_on=row.acquired_on,
        finished_at=row.finished_at,
        method=Method(
            row.model, row.weights_sha256, row.threshold, OPTIONS.validate_python(row.options), row.card
        ),
        areas_km2=areas_km2,
        valid_share=row.valid_px / row.total_px if row.total_px else 0.0,
        bounds=MapBounds(row.south, row.west, row.north, row.east) if placed else None,
        cut=cut_of(row.cut_edge_share, row.cut_no_data_share),
        clouds=CloudCheck(row.cloud_px, row.judged_px) if row.judged_px is not None else None,
        sigmas_km2=sigmas_km2,
        findings=FINDINGS.validate_python(row.findings),
        pixel_m=pixel_side_m(row.valid_area_km2, row.valid_px),
        sensor=row.sensor,
        bands=tuple(band for band in BANDS if band in row.bands),
        placeable=row.crs_wkt is not None,
    )
