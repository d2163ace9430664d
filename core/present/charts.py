"""Plotly figures of a run, transparent so that they sit on a light and on a dark page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.present.quantities import format_area, format_count, format_share
from core.present.ramps import rgb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.models import ClassInfo, ModelSpec
    from core.runs import ClassArea

BACKGROUND_COLOUR = "#8A99A8"  # what is not mapped: a grey that holds on white and on dark blue
GRID_COLOUR = "rgba(128, 144, 160, 0.28)"
CLEAR = "rgba(0, 0, 0, 0)"


def class_colour(info: ClassInfo) -> str:
    """The class's own colour; grey for the background, which maps leave transparent."""
    return info.colour or BACKGROUND_COLOUR


def area_bars(areas: Sequence[ClassArea], spec: ModelSpec) -> go.Figure:
    """Horizontal bars of each mapped class, in km\N{SUPERSCRIPT TWO}, or in pixels where no area is known."""
    shown = {info.index: info for info in spec.foreground}
    rows = [area for area in areas if area.index in shown]
    known = all(area.area_km2 is not None for area in rows)
    values = [area.area_km2 if known else area.pixels for area in rows]
    texts = [format_area(a.area_km2) if known else f"{format_count(a.pixels)} px" for a in rows]
    customdata = [
        [format_share(area.share), format_count(area.pixels), text]
        for area, text in zip(rows, texts, strict=True)
    ]
    figure = go.Figure(
        go.Bar(
            x=values,
            y=[area.label for area in rows],
            orientation="h",
            text=texts,
            textposition="outside",
            cliponaxis=False,
            marker={"color": [class_colour(shown[area.index]) for area in rows]},
            customdata=customdata,
            hovertemplate="%{y}<br>%{customdata[2]}<br>%{customdata[0]} of the valid ground<br>"
            "%{customdata[1]} pixels<extra></extra>",
        )
    )
    lay_out(figure, height=84 + 38 * max(len(rows), 1))
    most = max((float(v) for v in values if v is not None), default=0.0)
    unit = "Area (km\N{SUPERSCRIPT TWO})" if known else "Pixels"
    if most > 0:
        figure.update_xaxes(title=unit, range=[0, most * 1.3], zeroline=False)  # room for the labels
    else:  # there is no scale to show
        figure.update_xaxes(visible=False, range=[0, 1])
        figure.add_annotation(
            text="Nothing mapped", x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False
        )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def ground_shares(areas: Sequence[ClassArea], spec: ModelSpec) -> go.Figure:
    """One stacked bar: how the valid ground divides into all classes, background last."""
    info = {each.index: each for each in spec.classes}
    ordered = sorted(areas, key=lambda area: info[area.index].colour is None)
    figure = go.Figure()
    for area in ordered:
        figure.add_bar(
            x=[100 * area.share],
            y=["Valid ground"],
            orientation="h",
            name=area.label,
            marker={"color": class_colour(info[area.index])},
            text=format_share(area.share) if area.share >= 0.08 else "",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": _readable_on(class_colour(info[area.index]))},
            hovertemplate=f"{area.label}<br>{format_share(area.share)} of the valid ground<extra></extra>",
        )
    lay_out(figure, height=152)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": 1.14, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(title="Share of the valid ground (%)", range=[0, 100], showgrid=False)
    figure.update_yaxes(visible=False)
    return figure


def confidence_histogram(counts: Mapping[str, Sequence[int]], spec: ModelSpec) -> go.Figure:
    """How sure the model was: pixels by the probability of the class it decided for.

    `counts`: class key -> pixels in equal bins of 0..1.
    """
    figure = go.Figure()
    total = sum(sum(bins) for bins in counts.values()) or 1
    for info in spec.classes:
        bins = counts.get(info.key, ())
        if not sum(bins):
            continue
        width = 100 / len(bins)
        figure.add_bar(
            x=[width * (position + 0.5) for position in range(len(bins))],
            y=[100 * count / total for count in bins],
            width=width * 0.96,
            name=info.label,
            marker={"color": class_colour(info)},
            hovertemplate=f"{info.label}<br>%{{x:.0f}} % sure<br>%{{y:.1f}} % of pixels<extra></extra>",
        )
    lay_out(figure, height=256)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    figure.update_xaxes(
        title="Probability of the decided class (%)", range=[0, 100], dtick=20, showgrid=False
    )
    figure.update_yaxes(title="Pixels (%)", rangemode="tozero")
    return figure


def _readable_on(colour: str) -> str:
    """Dark or white text, whichever stands out from the colour (ITU-R BT.601 brightness)."""
    red, green, blue = rgb(colour)
    return "#10202E" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#FFFFFF"


def lay_out(figure: go.Figure, height: int) -> None:
    """The look that all figures share: no background, thin grid, no title (the page has one)."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        showlegend=False,
        bargap=0.35,
        hoverlabel={"align": "left"},
        dragmode=False,
    )
    figure.update_xaxes(gridcolor=GRID_COLOUR, fixedrange=True, automargin=True)
    figure.update_yaxes(gridcolor=GRID_COLOUR, fixedrange=True, automargin=True)
