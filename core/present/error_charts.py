"""Plotly figures of errors: the estimates of one area under each other, on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.present.charts import BACKGROUND_COLOUR, lay_out
from core.present.quantities import format_area
from core.runs import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.runs import AreaError

TITLES = {
    ErrorKind.BUFFER: "Buffer",
    ErrorKind.PROBABILITY: "Probability",
    ErrorKind.SPREAD: "Eight views",
}
LITERATURE = "Literature"
ROW_PX = 44


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of the chart: where the area is thought to be, km2."""

    title: str
    at_km2: float
    low_km2: float
    high_km2: float
    colour: str


def intervals(
    errors: Sequence[AreaError], mapped_km2: float, literature_km2: float | None, colour: str
) -> list[Interval]:
    """The rows for the errors of one area, and the literature's figure where there is one."""
    rows = [Interval(TITLES[e.kind], e.estimate_km2, e.low_km2, e.high_km2, colour) for e in errors]
    if literature_km2 is not None:
        low, high = max(0.0, mapped_km2 - literature_km2), mapped_km2 + literature_km2
        rows.append(Interval(LITERATURE, mapped_km2, low, high, BACKGROUND_COLOUR))
    return rows


def interval_chart(rows: Sequence[Interval], mapped_km2: float) -> go.Figure:
    """Points with their intervals, the mapped area as a dotted line through all."""
    figure = go.Figure()
    for row in rows:
        figure.add_scatter(
            x=[row.at_km2],
            y=[row.title],
            mode="markers",
            marker={"color": row.colour, "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [row.high_km2 - row.at_km2],
                "arrayminus": [row.at_km2 - row.low_km2],
                "color": row.colour,
                "thickness": 2.5,
                "width": 7,
            },
            hovertemplate=f"{row.title}<br>{format_area(row.at_km2)}<br>{format_area(row.low_km2)} to "
            f"{format_area(row.high_km2)}<extra></extra>",
        )
    figure.add_vline(x=mapped_km2, line={"dash": "dot", "width": 1.5, "color": BACKGROUND_COLOUR})
    lay_out(figure, height=64 + ROW_PX * max(len(rows), 1))
    figure.update_xaxes(title="Area (km\N{SUPERSCRIPT TWO}), dotted: as mapped")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
