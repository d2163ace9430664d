"""The outlines of a run as downloads: how they are to be drawn, and files that are made when asked for."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.cached import history
from pages.parts.run_files import stored_file
from pages.parts.wording import download_name

if TYPE_CHECKING:
    from db.records import StoredRun

SMOOTH_PX = 1.5  # takes the stairs off a slanting edge and moves it by about a pixel at most
FORMATS = (
    (
        "gpkg", "Outlines (GeoPackage)", "outlines.gpkg", "application/geopackage+sqlite3",
        "Glaciers, debris cover and lakes as layers for GIS, in the tile's projection, with the fields of "
        "RGI 7 and GLIMS and the uncertainty of every area.",
    ),
    (
        "geojson", "Outlines (GeoJSON)", "outlines.geojson", "application/geo+json",
        "The same in one collection in degrees (RFC 7946).",
    ),
    (
        "oggm", "Glaciers for OGGM", "oggm.gpkg", "application/geopackage+sqlite3",
        "One outline a glacier in degrees, with the columns of RGI 6, for oggm.utils.cook_rgidf. It "
        "carries the RGI ids of the site's outlines. Glaciers without one stay so; cook_rgidf gives them "
        "ids of the region that you name.",
    ),
)  # fmt: skip


def draw_outline_downloads(stored: StoredRun) -> None:
    """A button for each format, and how the outlines are drawn."""
    if stored.run.tile.grid.crs_wkt is None:
        st.caption(
            "There are no outlines for GIS: the tile has no coordinate reference system. Georeference it and "
            "run it again."
        )
        return
    run, day = stored.run, stored.acquired_on.isoformat() if stored.acquired_on else ""
    row = st.container(horizontal=True, gap="small", vertical_alignment="center")
    with row.popover("Outline settings", icon=":material/tune:", key=f"outline-settings-{run.id}"):
        settings = _ask_settings(stored)
    for kind, label, suffix, media_type, explanation in FORMATS:
        row.download_button(
            label,
            data=partial(_make, kind, stored, settings),
            file_name=download_name(run.tile.name, day, run.model, suffix),
            mime=media_type,
            key=f"download-{kind}-{run.id}",
            icon=":material/polyline:",
            help=f"{explanation} Made when you press, with the outline settings beside it.",
            on_click="ignore",
        )


def _ask_settings(stored: StoredRun) -> tuple[float, float, str]:
    """Smallest area in km2, smoothing in pixels, analyst."""
    run = stored.run
    smallest = st.number_input(
        "Smallest outline (km²)",
        min_value=0.0,
        value=run.options.min_area_km2,
        step=0.01,
        format="%.3f",
        key=f"outline-smallest-{run.id}",
        help="Smaller glaciers and lakes are left out; the files say how many that are, and their area.",
    )
    smooth = st.toggle(
        "Smooth the stairs of pixels",
        key=f"outline-smooth-{run.id}",
        help="Off: outlines follow the edges of the pixels, and areas are exactly those of the run. On: "
        f"simplified with a tolerance of {SMOOTH_PX:g} pixels; neighbours keep their common border.",
    )
    analyst = st.text_input(
        "Analyst",
        key=f"outline-analyst-{run.id}",
        max_chars=200,
        placeholder="Firnline, automatic",
        help="Your name, as inventories keep it with each outline.",
    )
    return smallest, SMOOTH_PX if smooth else 0.0, analyst


def _make(kind: str, stored: StoredRun, settings: tuple[float, float, str]) -> bytes:
    """The file of a format."""
    # Vector libraries take a second to import; no page waits for them before a file is wanted.
    from core.export.gis_files import write_geojson, write_geopackage, write_oggm
    from core.export.inventory import Credits
    from core.export.outlines import OutlineOptions, outline_run

    smallest_km2, simplify_px, analyst = settings
    known = history().outlines(stored.site) if stored.site else None
    found = outline_run(
        stored.run, stored_file(stored, "classes"), OutlineOptions(smallest_km2, simplify_px), known
    )
    said = Credits(stored.acquired_on, stored.site, analyst.strip() or None)
    write = {"gpkg": write_geopackage, "geojson": write_geojson, "oggm": write_oggm}[kind]
    with tempfile.TemporaryDirectory(prefix="firnline-") as folder:
        path = Path(folder) / f"outlines.{'geojson' if kind == 'geojson' else 'gpkg'}"
        write(found, said, path)
        return path.read_bytes()
