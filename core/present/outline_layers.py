"""Outlines on folium maps, and the map that they are drawn on; nothing that a user typed goes into them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import folium
import numpy as np
import shapely
from folium.plugins import Draw

from core.present.controls import Legend, MapLook, Swatch
from core.present.maps import MAX_ZOOM, MapPicture, add_frame, corners, overlay

if TYPE_CHECKING:
    from core.outlines.outline import OutlineSet
    from core.runs import MapBounds

OUTLINE_COLOUR = "#F0E442"  # Okabe & Ito's yellow, which no class has
CASING_COLOUR = "#14263A"  # under the line, so that it shows on snow as well
MOST_DRAWN = 3000  # outlines on a map; of more the largest
FINEST_SHARE = 1 / 4000  # of the map's width: finer bends cannot be seen


def add_outlines(shown: folium.Map, outlines: OutlineSet | None, title: str = "Outlines") -> None:
    """Lay outlines over a map as lines; none where there are none."""
    if outlines is None or not len(outlines):
        return
    shapes = outlines.geometries
    if len(shapes) > MOST_DRAWN:
        shapes = shapes[np.argsort(shapely.area(shapes))[-MOST_DRAWN:]]
    west, south, east, north = shapely.total_bounds(shapes)
    lines = shapely.simplify(shapely.boundary(shapes), max(east - west, north - south) * FINEST_SHARE)
    together = json.loads(shapely.to_geojson(shapely.multilinestrings(shapely.get_parts(lines))))
    group = folium.FeatureGroup(name=title)
    for colour, weight in ((CASING_COLOUR, 4), (OUTLINE_COLOUR, 2)):
        style = {"color": colour, "weight": weight, "opacity": 0.95, "fill": False, "interactive": False}
        folium.GeoJson(
            {"type": "Feature", "properties": {}, "geometry": together},
            style_function=lambda _feature, style=style: style,
            control=False,
        ).add_to(group)
    group.add_to(shown)


def site_map(
    picture: MapPicture | None,
    bounds: MapBounds,
    outlines: OutlineSet | None,
    *,
    drawing: bool,
    dark: bool = False,
) -> folium.Map:
    """The map of a site: a picture of its newest run, its outlines, and tools to draw new ones."""
    shown = folium.Map(tiles=None, zoom_snap=0.25, max_zoom=MAX_ZOOM, prefer_canvas=True)
    MapLook(dark=dark).add_to(shown)
    if picture is not None:
        overlay(picture, bounds).add_to(shown)
    add_outlines(shown, outlines)
    if outlines is not None and len(outlines):
        Legend("Site", (Swatch("Outlines", OUTLINE_COLOUR),)).add_to(shown)
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
