"""Plotly figures of the cross-checks: where a tile's bands lie beyond the training's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from core.present.charts import lay_out
from core.present.quantities import format_share
from core.tiles.bands import LABELS, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.checks import BandFit

DARKER_COLOUR, BRIGHTER_COLOUR = "#5E7FB8", "#E1864A"
SCALE_PERCENT = 5  # the least that the axis shows, so that a harmless half per cent stays small


def band_fit_bars(fits: Sequence[BandFit]) -> go.Figure:
    """For each band the share of pixels below and above what the weights were trained on."""
    names = [LABELS[fit.band] for fit in fits]
    figure = go.Figure()
    for label, colour, shares in (
        ("darker or colder", DARKER_COLOUR, [fit.below for fit in fits]),
        ("brighter or warmer", BRIGHTER_COLOUR, [fit.above for fit in fits]),
    ):
        ranges = [
            f"{format_share(share)} of the pixels<br>"
            f"trained on {fit.low:.3g} to {fit.high:.3g} {UNITS[fit.band]}"
            for share, fit in zip(shares, fits, strict=True)
        ]
        figure.add_bar(
            x=[100 * share for share in shares],
            y=names,
            orientation="h",
            name=label,
            marker={"color": colour},
            customdata=ranges,
            hovertemplate=f"%{{y}}, {label}<br>%{{customdata}}<extra></extra>",
        )
    lay_out(figure, height=120 + 30 * max(len(fits), 1))
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={"orientation": "h", "y": 1.04, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
    )
    most = max((100 * (fit.below + fit.above) for fit in fits), default=0.0)
    figure.update_xaxes(
        title="Pixels beyond the training (%)", range=[0, max(SCALE_PERCENT, min(100, most * 1.1))]
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure
