"""Plotly figures of a comparison: the transition matrix, the flow between classes, the parts of a change."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.present.change_kinds import BARE, kind_areas_km2
from core.present.charts import BACKGROUND_COLOUR, lay_out
from core.present.quantities import format_area
from core.present.ramps import rgb

if TYPE_CHECKING:
    from core.measure.attribution import Attribution
    from core.measure.change import Change, SharedClass

STAYED = "rgba(128, 144, 160, 0.18)"
MOVED = ((0.0, "rgba(213, 94, 0, 0.04)"), (1.0, "rgba(213, 94, 0, 0.75)"))  # the colour of loss
LINK_OPACITY = 0.45
CELL_PX = 74
INK, LIGHT_INK = "#14263A", "#E6F0F6"  # text on a light and on a dark page
KM2 = "km\N{SUPERSCRIPT TWO}"


def transition_heatmap(change: Change, *, dark: bool = False) -> go.Figure:
    """The matrix in km\N{SUPERSCRIPT TWO}: rows before, columns after; what stayed is grey.

    `dark`: whether the page is; a page's own colour of charts is too faint on the strongest cell.
    """
    labels = [info.label for info in change.classes]
    k = len(labels)
    areas = [[change.transitions[row * k + col].area_km2 for col in range(k)] for row in range(k)]
    moved = [[None if row == col else areas[row][col] for col in range(k)] for row in range(k)]
    stayed = [[1.0 if row == col else None for col in range(k)] for row in range(k)]
    shares = [[_share(areas[row][col], sum(areas[row])) for col in range(k)] for row in range(k)]
    figure = go.Figure()
    figure.add_heatmap(z=stayed, x=labels, y=labels, colorscale=[[0, STAYED], [1, STAYED]], showscale=False,
                       hoverinfo="skip", xgap=3, ygap=3)  # fmt: skip
    figure.add_heatmap(
        z=moved, x=labels, y=labels, colorscale=[list(stop) for stop in MOVED], showscale=False,
        xgap=3, ygap=3, zmin=0, hoverinfo="skip",
    )  # fmt: skip
    cells = [(row, col) for row in range(k) for col in range(k)]
    figure.add_scatter(
        x=[labels[col] for _, col in cells],
        y=[labels[row] for row, _ in cells],
        mode="text",
        text=[format_area(areas[row][col]) for row, col in cells],
        textfont={"color": LIGHT_INK if dark else INK},
        customdata=[shares[row][col] for row, col in cells],
        hovertemplate="%{y} became %{x}<br>%{text}<br>%{customdata} of what it was before<extra></extra>",
    )
    lay_out(figure, height=90 + CELL_PX * k)
    words = [label.replace(" ", "<br>") for label in labels]
    figure.update_xaxes(
        title="After",
        side="top",
        showgrid=False,
        tickangle=0,
        tickmode="array",
        tickvals=labels,
        ticktext=words,
    )
    figure.update_yaxes(tickmode="array", tickvals=labels, ticktext=words)
    figure.update_yaxes(title="Before", autorange="reversed", showgrid=False)
    return figure


def transition_flow(change: Change) -> go.Figure:
    """Flow from the classes before to those after. Ground that never was ice nor water is left out."""
    classes = change.classes
    k = len(classes)
    shown = [
        (number // k, k + number % k, transition.area_km2)
        for number, transition in enumerate(change.transitions)
        if number != 0 and transition.area_km2 > 0  # the first is background that stayed
    ]
    colours = [_colour(info) for info in classes]
    names = [f"{info.label}, before" for info in classes] + [f"{info.label}, after" for info in classes]
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [info.label for info in classes] * 2,
                "color": colours * 2,
                "customdata": names,
                "pad": 22,
                "thickness": 16,
                "line": {"width": 0},
                "hovertemplate": f"%{{customdata}}<br>%{{value:.3f}} {KM2}<extra></extra>",
            },
            link={
                "source": [source for source, _, _ in shown],
                "target": [target for _, target, _ in shown],
                "value": [area for _, _, area in shown],
                "color": [_veiled(colours[source]) for source, _, _ in shown],
                "hovertemplate": "%{source.label} became %{target.label}<br>"
                f"%{{value:.3f}} {KM2}<extra></extra>",
            },
        )
    )
    lay_out(figure, height=320)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 16, "b": 16})
    return figure


def kind_bars(change: Change) -> go.Figure:
    """Bars of each kind of change that touches ice, in the colours of the map."""
    areas = {kind: area for kind, area in kind_areas_km2(change).items() if kind is not BARE}
    figure = go.Figure(
        go.Bar(
            x=list(areas.values()),
            y=[kind.label for kind in areas],
            orientation="h",
            text=[format_area(area) for area in areas.values()],
            textposition="outside",
            cliponaxis=False,
            marker={"color": [kind.colour or BACKGROUND_COLOUR for kind in areas]},
            hovertemplate="%{y}<br>%{text}<extra></extra>",
        )
    )
    lay_out(figure, height=70 + 36 * len(areas))
    figure.update_xaxes(title=f"Area ({KM2})", range=[0, 1.3 * max(*areas.values(), 1e-9)], zeroline=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def attribution_waterfall(parts: Attribution) -> go.Figure:
    """Model, scene and glacier and their sum, as steps from nothing to the whole change.

    Where the model saw the tiles otherwise, no step is called the glacier's: what is left is the rest.
    """
    steps = {} if parts.one_model else {"Model": parts.model_km2}
    if parts.scene is None or parts.glacier is None:
        steps["Rest" if parts.inputs else "Scene and glacier"] = parts.remainder.value_km2
    else:
        left = "Rest" if parts.inputs else "Glacier"
        steps |= {"Scene": parts.scene.value_km2, left: parts.glacier.value_km2}
    values = [*steps.values(), parts.total_km2]
    heights = [0.0, *accumulate(steps.values())]
    spread = 1.96 * parts.remainder.sigma_km2
    figure = go.Figure(
        go.Waterfall(
            x=[*steps, "Net change"],
            y=values,
            measure=["relative"] * len(steps) + ["total"],
            text=[signed_area(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": "rgba(128, 144, 160, 0.5)", "width": 1}},
            increasing={"marker": {"color": "#009E73"}},
            decreasing={"marker": {"color": "#D55E00"}},
            totals={"marker": {"color": BACKGROUND_COLOUR}},
            hovertemplate="%{x}<br>%{text}<extra></extra>",
        )
    )
    lay_out(figure, height=300)
    reach = max(abs(value) for value in (*values, values[0] + spread, 1e-6)) * 1.4
    lowest, highest = min(heights), max(heights)
    figure.update_yaxes(title=f"Change of ice ({KM2})", range=[lowest - 0.3 * reach, highest + 0.3 * reach])
    figure.update_layout(margin={"l": 8, "r": 12, "t": 24, "b": 8})
    return figure


def signed_area(area_km2: float) -> str:
    """An area with its sign, a true minus."""
    sign = "+" if area_km2 > 0 else "\N{MINUS SIGN}" if area_km2 < 0 else ""
    return f"{sign}{format_area(abs(area_km2))}"


def area_against(area_km2: float) -> str:
    """How much more or less than another something maps, so that no number needs a sign."""
    if format_area(abs(area_km2)) == format_area(0):
        return "as much as"
    return f"{format_area(abs(area_km2))} {'more' if area_km2 > 0 else 'less'} than"


def _share(area_km2: float, whole_km2: float) -> str:
    return f"{100 * area_km2 / whole_km2:.1f} %" if whole_km2 else "0 %"


def _colour(info: SharedClass) -> str:
    return info.colour or BACKGROUND_COLOUR


def _veiled(colour: str) -> str:
    red, green, blue = rgb(colour)
    return f"rgba({red}, {green}, {blue}, {LINK_OPACITY})"
