"""Plotly figures of a training: curves over its epochs, and the confusion of its classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.present.charts import BACKGROUND_COLOUR, CLEAR, GRID_COLOUR, class_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ClassInfo, ModelSpec
    from core.networks.curves import EpochScores

SHADES = [[0.0, "#E6EFF6"], [1.0, "#0072B2"]]  # opaque: the text on a cell is chosen for its own shade


def training_curves(rows: Sequence[EpochScores], spec: ModelSpec) -> go.Figure:
    """Scores of the measuring tiles, loss of the patches and learning rate, epoch by epoch."""
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[3, 2, 1.2])
    epochs = [row.epoch for row in rows]
    lines = [("MCC", [row.mcc for row in rows], BACKGROUND_COLOUR, "dash")]
    for info in spec.foreground:
        overlaps = [row.class_iou.get(info.key) for row in rows]
        lines.append((f"IoU, {info.label.lower()}", overlaps, class_colour(info), "solid"))
    look = {"mode": "lines+markers", "marker": {"size": 5}, "x": epochs}
    for name, values, colour, dash in lines:
        line = {"color": colour, "dash": dash, "width": 2}
        figure.add_scatter(y=values, name=name, line=line, row=1, col=1, **look)
    below: tuple[tuple[str, Sequence[float | None]], ...] = (
        ("Loss", [row.loss for row in rows]),
        ("Learning rate", [row.learning_rate for row in rows]),
    )
    for place, (name, curve) in enumerate(below, start=2):
        line = {"color": BACKGROUND_COLOUR, "width": 2}
        figure.add_scatter(y=list(curve), name=name, line=line, showlegend=False, row=place, col=1, **look)
    figure.update_layout(
        height=460,
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        dragmode=False,
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    figure.update_xaxes(gridcolor=GRID_COLOUR, fixedrange=True)
    figure.update_xaxes(title="Epoch", row=3, col=1)
    figure.update_yaxes(gridcolor=GRID_COLOUR, fixedrange=True, automargin=True)
    for position, title in enumerate(("Score", "Loss", "Rate"), start=1):
        figure.update_yaxes(title=title, nticks=4, row=position, col=1)
    return figure


def confusion_picture(confusion: Sequence[Sequence[int]], classes: Sequence[ClassInfo]) -> go.Figure:
    """Where each true class went: rows are truth, columns the map, shades shares of the row."""
    labels = [info.label for info in classes]
    shares = [[count / max(sum(row), 1) for count in row] for row in confusion]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=[
                label.replace(" ", "<br>").replace("-", "-<br>") for label in labels
            ],  # so that they stand level on a phone
            y=labels,
            zmin=0,
            zmax=1,
            colorscale=SHADES,
            showscale=False,
            xgap=2,
            ygap=2,
            text=[[f"{100 * share:.1f} %" for share in row] for row in shares],
            texttemplate="%{text}",
            customdata=confusion,
            hovertemplate="True: %{y}<br>Mapped as: %{x}<br>%{customdata:,} pixels, %{text} of the true"
            "<extra></extra>",
        )
    )
    figure.update_layout(
        height=112 + 46 * len(labels),
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        dragmode=False,
    )
    figure.update_xaxes(title="Mapped as", tickangle=0, tickfont={"size": 11})
    figure.update_xaxes(fixedrange=True, showgrid=False, automargin=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False, automargin=True)
    return figure
