"""Folium maps of a run: its own pictures as base, classes and confidence over it, nothing from afar.

No text of the user goes into a map: folium does not escape names, and a file name could run as script.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
from folium.plugins import Fullscreen

from core.present.controls import (
    Legend,
    MapLook,
    OpacitySlider,
    Position,
    TileErrorGuard,
)
from core.present.legend import Ramp, Swatch
from core.present.outline_layers import OUTLINE_COLOUR, OUTLINES, add_outlines
from core.present.ramps import DOUBT_TO_TRUST

if TYPE_CHECKING:
    from core.models import ModelSpec
    from core.outlines.outline import OutlineSet
    from core.runs import MapBounds

CLASSES_OPACITY = 0.65
MAX_ZOOM = 18  # a 30 m pixel is then 50 screen pixels wide
NO_DATA_COLOUR = "rgba(128, 138, 148, 0.55)"
CONFIDENCE_ROW = Ramp("\N{LESS-THAN OR EQUAL TO} 50 %", "100 %", DOUBT_TO_TRUST)
ONLINE_LAYERS = (
    (
        "OpenStreetMap (online)",
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "&copy; OpenStreetMap contributors",
    ),
    (
        "Satellite image, Esri (online)",
        "https://server.arcgisonline.com/ArcGIS/rest/services/World_Imagery/MapServer/tile/{z}/{y}/{x}",
        "Imagery &copy; Esri, Maxar, Earthstar Geographics",
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class MapPicture:
    """One picture on the map: the layer's name as Firnline words it, the file's bytes, its media type."""

    title: str
    data: bytes
    media_type: str

    @property
    def data_url(self) -> str:
        """The picture as a `data:` URL."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode()}"


@dataclass(frozen=True, slots=True, eq=False)
class ExtraLayer:
    """A picture that is not shown at first, with the legend that comes with it."""

    picture: MapPicture
    rows: tuple[Swatch | Ramp, ...]


@dataclass(frozen=True, slots=True, eq=False)
class RunLayers:
    """What a run's map shows. `composites` are bases of which one is seen at a time, the first at first."""

    bounds: MapBounds
    composites: tuple[MapPicture, ...]
    classes: MapPicture
    confidence: MapPicture | None = None
    extras: tuple[ExtraLayer, ...] = ()


def run_map(
    layers: RunLayers, spec: ModelSpec, *, dark: bool = False, outlines: OutlineSet | None = None
) -> folium.Map:
    """The map of one run, with its site's outlines, legend, opacity slider, layer switch and scale.

    Online background maps are offered but not shown, and leave by themselves when they cannot be reached.
    """
    shown = folium.Map(tiles=None, zoom_snap=0.25, max_zoom=MAX_ZOOM, prefer_canvas=True)
    MapLook(dark=dark).add_to(shown)
    bases = [
        overlay(picture, layers.bounds, overlay=False, show=position == 0)
        for position, picture in enumerate(layers.composites)
    ]
    for base in bases:
        base.add_to(shown)
    _offer_online_layers(shown, instead=bases[0] if bases else None)
    classes = overlay(
        layers.classes, layers.bounds, opacity=CLASSES_OPACITY, class_name="firnline-classes", z_index=20
    )
    classes.add_to(shown)
    OpacitySlider([classes], classes.layer_name, CLASSES_OPACITY).add_to(shown)
    swatches = [Swatch(info.label, info.colour or "") for info in spec.foreground]
    rows = (*swatches, Swatch("No data", NO_DATA_COLOUR), Swatch(background_words(spec), "none"))
    Legend("Classes", rows).add_to(shown)
    if layers.confidence:
        confidence = overlay(layers.confidence, layers.bounds, show=False, opacity=0.9, z_index=30)
        confidence.add_to(shown)
        Legend("Confidence", (CONFIDENCE_ROW,), of=confidence).add_to(shown)
    for extra in layers.extras:
        layer = overlay(extra.picture, layers.bounds, show=False, opacity=0.9, z_index=40)
        layer.add_to(shown)
        Legend(extra.picture.title, extra.rows, of=layer).add_to(shown)
    if outlines is not None and len(outlines):
        add_outlines(shown, outlines)
        Legend("Site", (Swatch(OUTLINES, OUTLINE_COLOUR),)).add_to(shown)
    add_frame(shown)
    folium.LayerControl(collapsed=True, position="topright").add_to(shown)
    shown.fit_bounds(corners(layers.bounds))
    return shown


def add_frame(shown: folium.Map) -> None:
    """Full screen and the position under the pointer, which every map has."""
    full = Fullscreen(title="Full screen", title_cancel="Leave full screen", force_separate_button=True)
    full.add_to(shown)
    Position().add_to(shown)


def background_words(spec: ModelSpec) -> str:
    """What the legend says of ground that the map leaves transparent."""
    labels = [info.label.lower() for info in spec.classes if info.colour is None]
    return f"No colour: {', '.join(labels)}"


def _offer_online_layers(shown: folium.Map, instead: Any) -> None:  # noqa: ANN401 - folium is untyped
    """Add background maps that are fetched only when chosen; `instead` comes back when one fails."""
    for name, url, attribution in ONLINE_LAYERS:
        online = folium.TileLayer(url, attr=attribution, name=name, show=False, max_zoom=MAX_ZOOM)
        online.add_to(shown)
        TileErrorGuard(online, name, instead).add_to(shown)


def remote_links(element: Any) -> list[str]:  # noqa: ANN401 - folium is untyped
    """Every script or style sheet that a map and its parts would fetch from another host."""
    links: list[str] = []
    for attribute in ("default_js", "default_css"):
        found = (link for _, link in getattr(element, attribute, ()))
        links += [link for link in found if link.startswith(("http:", "https:", "//"))]
    for child in getattr(element, "_children", {}).values():
        links += remote_links(child)
    return links


def overlay(picture: MapPicture, bounds: MapBounds, **options: Any) -> folium.raster_layers.ImageOverlay:  # noqa: ANN401
    """A picture as an image layer."""
    return folium.raster_layers.ImageOverlay(
        picture.data_url, corners(bounds), name=picture.title, alt=picture.title, pixelated=False, **options
    )


def corners(bounds: MapBounds) -> list[list[float]]:
    """South-west and north-east corner as folium wants them."""
    return [[bounds.south, bounds.west], [bounds.north, bounds.east]]
