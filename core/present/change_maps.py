"""Folium maps of a comparison: two runs under a swipe, and what was gained and lost between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium

from core.present.change_kinds import ChangeKind
from core.present.controls import Legend, MapLook, OpacitySlider
from core.present.legend import Swatch
from core.present.maps import (
    CLASSES_OPACITY,
    MAX_ZOOM,
    NO_DATA_COLOUR,
    MapPicture,
    RunLayers,
    add_frame,
    corners,
    overlay,
)
from core.present.swipe import LEFT, RIGHT, Swipe, SwipePanes
from core.runs import MapBounds

if TYPE_CHECKING:
    from core.models import ModelSpec

CHANGE_OPACITY = 0.8


def swipe_map(
    sides: tuple[RunLayers, RunLayers],
    specs: tuple[ModelSpec, ModelSpec],
    labels: tuple[str, str],
    *,
    dark: bool = False,
) -> folium.Map:
    """Two runs on one map, one on either side of a bar that can be dragged.

    `labels` are Firnline's words or dates, never text of the user. The map opens on the ground of both.
    """
    shown = folium.Map(tiles=None, zoom_snap=0.25, max_zoom=MAX_ZOOM, prefer_canvas=True)
    MapLook(dark=dark).add_to(shown)
    SwipePanes().add_to(shown)
    classes = []
    for side, pane in zip(sides, (LEFT, RIGHT), strict=True):
        for base in side.composites[:1]:
            overlay(base, side.bounds, pane=pane, control=False).add_to(shown)
        drawn = overlay(
            side.classes,
            side.bounds,
            pane=pane,
            opacity=CLASSES_OPACITY,
            class_name="firnline-classes",
            z_index=20,
            control=False,
        )
        drawn.add_to(shown)
        classes.append(drawn)
    OpacitySlider(classes, "Class maps", CLASSES_OPACITY).add_to(shown)
    Legend("Classes", _class_rows(specs)).add_to(shown)
    Swipe(*labels).add_to(shown)
    add_frame(shown)
    shown.fit_bounds(corners(_common(*(side.bounds for side in sides))))
    return shown


def change_map(
    base: RunLayers,
    picture: MapPicture,
    bounds: MapBounds,
    kinds: tuple[ChangeKind, ...],
    *,
    dark: bool = False,
) -> folium.Map:
    """Gain and loss over the picture of one run without its colours, with a legend of the kinds there are."""
    shown = folium.Map(tiles=None, zoom_snap=0.25, max_zoom=MAX_ZOOM, prefer_canvas=True)
    MapLook(dark=dark).add_to(shown)
    for composite in base.composites[:1]:
        overlay(composite, base.bounds, class_name="firnline-grey", control=False).add_to(shown)
    drawn = overlay(
        picture,
        bounds,
        opacity=CHANGE_OPACITY,
        class_name="firnline-classes",
        z_index=20,
        control=False,
    )
    drawn.add_to(shown)
    OpacitySlider([drawn], "Change", CHANGE_OPACITY).add_to(shown)
    rows = [Swatch(kind.label, kind.colour) for kind in kinds if kind.colour]
    clear = [kind.label.lower() for kind in kinds if not kind.colour]
    rows += [Swatch("Not seen by both", NO_DATA_COLOUR), Swatch(f"No colour: {', '.join(clear)}", "none")]
    Legend("Change", tuple(rows)).add_to(shown)
    add_frame(shown)
    shown.fit_bounds(corners(bounds))
    return shown


def _class_rows(specs: tuple[ModelSpec, ModelSpec]) -> tuple[Swatch, ...]:
    """A row for each class of either model, once each."""
    rows = {info.label: info.colour or "" for spec in specs for info in spec.foreground}
    swatches = [Swatch(label, colour) for label, colour in rows.items()]
    clear = dict.fromkeys(info.label.lower() for spec in specs for info in spec.classes if not info.colour)
    words = f"No colour: {', '.join(clear)}"
    return (*swatches, Swatch("No data", NO_DATA_COLOUR), Swatch(words, "none"))


def _common(one: MapBounds, other: MapBounds) -> MapBounds:
    """The bounds that both share; the first's where they only touch."""
    south, north = max(one.south, other.south), min(one.north, other.north)
    west, east = max(one.west, other.west), min(one.east, other.east)
    return MapBounds(south, west, north, east) if south < north and west < east else one
