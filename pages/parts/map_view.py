"""The folium map on a page, with every script and style sheet from Firnline's own folder.

By default folium fetches Leaflet from the web and shows an empty frame without it. Streamlit serves the
folder of a declared component, so the vendored copies are declared as one; the map's frame lies beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import streamlit as st
import streamlit.components.v1 as components
from folium.plugins import Draw, Fullscreen
from streamlit_folium import st_folium

from core.present.maps import run_map
from core.present.outline_layers import undrawn_words

if TYPE_CHECKING:
    from core.models import ModelSpec
    from core.outlines.outline import OutlineSet
    from core.present.maps import RunLayers

VENDOR = Path(__file__).with_name("vendor")
COMPONENT = "firnline_vendor"
MAP_HEIGHT_PX = 600
_SCRIPTS: dict[Any, tuple[dict[str, str], dict[str, str]]] = {
    folium.Map: (
        {
            "leaflet": "leaflet/leaflet.js",
            "icons": "leaflet/icon-path.js",
            "jquery": "jquery/jquery.slim.min.js",
        },
        {"leaflet_css": "leaflet/leaflet.css"},
    ),
    Draw: ({"draw": "draw/leaflet.draw.js"}, {"draw_css": "draw/leaflet.draw.css"}),
    Fullscreen: (
        {"fullscreen": "fullscreen/Control.FullScreen.js"},
        {"fullscreen_css": "fullscreen/Control.FullScreen.css"},
    ),
}


def draw_map(layers: RunLayers, spec: ModelSpec, *, key: str, outlines: OutlineSet | None = None) -> None:
    """The map of a run, as wide as there is room, with the outlines of its site."""
    shown = run_map(layers, spec, dark=st.context.theme.type == "dark", outlines=outlines)
    st_folium(shown, key=key, height=MAP_HEIGHT_PX, returned_objects=[], use_container_width=True)
    undrawn = undrawn_words(outlines)
    if undrawn:
        st.caption(undrawn)


def draw_folium(shown: folium.Map, *, key: str, height_px: int = MAP_HEIGHT_PX) -> None:
    """Any map whose parts are vendored, as wide as there is room; nothing of it comes back to the page."""
    st_folium(shown, key=key, height=height_px, returned_objects=[], use_container_width=True)


def draw_drawing_map(shown: folium.Map, *, key: str, height_px: int) -> list[dict[str, Any]]:
    """A map that can be drawn on; all polygons that are drawn on it now, as GeoJSON features."""
    told = st_folium(
        shown, key=key, height=height_px, returned_objects=["all_drawings"], use_container_width=True
    )
    return list((told or {}).get("all_drawings") or [])


def use_own_scripts() -> None:
    """Point folium at the vendored scripts; a page must do so before it draws a map."""
    components.declare_component(COMPONENT, path=str(VENDOR))
    served = f"../{__name__}.{COMPONENT}"  # Streamlit puts the declaring module's name in front
    for element, (scripts, styles) in _SCRIPTS.items():
        element.default_js = [(name, f"{served}/{path}") for name, path in scripts.items()]
        element.default_css = [(name, f"{served}/{path}") for name, path in styles.items()]


use_own_scripts()  # at import, because folium keeps its links on the classes, and every page shares those
