"""Outlines as lines on folium maps; nothing that a user typed goes into them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import folium
import numpy as np
import shapely

if TYPE_CHECKING:
    from core.outlines.outline import OutlineSet

OUTLINES = "Outlines"  # the layer's name
OUTLINE_COLOUR = "#F0E442"  # Okabe & Ito's yellow, which no class has
CASING_COLOUR = "#14263A"  # under the line, so that it shows on snow as well
MOST_DRAWN = 3000  # outlines on a map; of more the largest
FINEST_SHARE = 1 / 4000  # of the map's width: finer bends cannot be seen


def add_outlines(shown: folium.Map, outlines: OutlineSet | None) -> None:
    """Lay outlines over a map as lines, before its layer control is added, which needs to know them."""
    if outlines is None or not len(outlines):
        return
    shapes = outlines.geometries
    if len(shapes) > MOST_DRAWN:
        shapes = shapes[np.argsort(shapely.area(shapes))[-MOST_DRAWN:]]
    west, south, east, north = shapely.total_bounds(shapes)
    lines = shapely.simplify(shapely.boundary(shapes), max(east - west, north - south) * FINEST_SHARE)
    together = json.loads(shapely.to_geojson(shapely.multilinestrings(shapely.get_parts(lines))))
    group = folium.FeatureGroup(name=OUTLINES)
    for colour, weight in ((CASING_COLOUR, 4), (OUTLINE_COLOUR, 2)):
        style = {"color": colour, "weight": weight, "opacity": 0.95, "fill": False, "interactive": False}
        folium.GeoJson(
            {"type": "Feature", "properties": {}, "geometry": together},
            style_function=lambda _feature, style=style: style,
            control=False,
        ).add_to(group)
    group.add_to(shown)


def undrawn_words(outlines: OutlineSet | None) -> str | None:
    """A sentence for below the map, where it has more outlines than are drawn; else None."""
    if outlines is None or len(outlines) <= MOST_DRAWN:
        return None
    return (
        f"The map draws the {MOST_DRAWN:,} largest of {len(outlines):,} outlines; all of them are saved and "
        "count."
    )
