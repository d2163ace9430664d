"""The map of a site, on which outlines are drawn; nothing that a user typed goes into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium
from folium.plugins import Draw

from core.present.controls import Legend, MapLook
from core.present.legend import Swatch
from core.present.maps import MAX_ZOOM, MapPicture, add_frame, corners, overlay
from core.present.outline_layers import OUTLINE_COLOUR, OUTLINES, add_outlines

if TYPE_CHECKING:
    from core.outlines.outline import OutlineSet
    from core.runs import MapBounds


def site_map(
    picture: MapPicture | None,
    bounds: MapBounds,
    outlines: OutlineSet | None,
    *,
    drawing: bool,
    dark: bool = False,
) -> folium.Map:
    """The map of a site: a picture of its newest run, its outlines, and tools to draw new ones.

    Lines are SVG: Leaflet's canvas passes on a movement of the mouse every 32 ms only, and a corner that is
    clicked at once after the last one would be lost.
    """
    shown = folium.Map(tiles=None, zoom_snap=0.25, max_zoom=MAX_ZOOM)
    MapLook(dark=dark).add_to(shown)
    if picture is not None:
        overlay(picture, bounds).add_to(shown)
    add_outlines(shown, outlines)
    if outlines is not None and len(outlines):
        Legend("Site", (Swatch(OUTLINES, OUTLINE_COLOUR),)).add_to(shown)
    if drawing:
        line = {"color": OUTLINE_COLOUR, "weight": 3, "fillOpacity": 0.12}
        off = dict.fromkeys(("polyline", "circle", "circlemarker", "marker"), False)
        Draw(
            show_geometry_on_click=False,
            draw_options={
                **off,
                "polygon": {"allowIntersection": False, "shapeOptions": line},
                "rectangle": {"shapeOptions": line, "showArea": False},
            },
            edit_options={"poly": {"allowIntersection": False}},
        ).add_to(shown)
    add_frame(shown)
    shown.fit_bounds(corners(bounds))
    return shown
