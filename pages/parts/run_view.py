"""A stored run on the page, drawn from its saved files: nothing is computed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.measure.scene_flags import with_snow
from core.models import ModelSpec, model_spec
from core.present.charts import area_bars, confidence_histogram, ground_shares
from core.present.quantities import format_area, format_count, format_duration, format_share
from pages.parts.cached import history
from pages.parts.findings import draw_findings
from pages.parts.ledger_view import draw_inside
from pages.parts.map_view import draw_map
from pages.parts.places import RUN
from pages.parts.run_checks import draw_checks
from pages.parts.run_downloads import draw_downloads
from pages.parts.run_errors import draw_errors
from pages.parts.run_files import CLASSES_MAP, map_layers, preview_facts, stored_file
from pages.parts.run_pictures import draw_legend, draw_pictures
from pages.parts.run_provenance import draw_provenance
from pages.parts.wording import LONGEST_NAME, ice_amount, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from core.runs import ClassArea
    from db.records import StoredRun

METRIC_PX = 152  # six stand in a row on a wide page, two fit beside each other on a telephone


def draw_runs(runs: Sequence[StoredRun]) -> None:
    """One run in full; several of one tile side by side, then one of them in full."""
    if len(runs) == 1:
        draw_run(runs[0])
        return
    specs = {stored.run.id: model_spec(stored.run.model) for stored in runs}
    for column, stored in zip(st.columns(len(runs), gap="medium"), runs, strict=True):
        with column.container(border=True, key=f"side-{stored.run.id}"):
            _draw_side(stored, specs[stored.run.id])
    chosen = st.segmented_control(
        "In full",
        [stored.run.id for stored in runs],
        default=runs[0].run.id,
        required=True,
        format_func=lambda run_id: specs[str(run_id)].title,
        key=f"full-{runs[0].run.id}",
        help="Both runs are saved. Choose which one to see with its map, pictures and downloads.",
    )
    draw_run(next(stored for stored in runs if stored.run.id == chosen))


def draw_run(stored: StoredRun, *, linked: bool = True) -> None:
    """Everything about one run. `linked`: offer the way to the run's own page."""
    run = stored.run
    spec = model_spec(run.model)
    _draw_head(stored, spec, linked=linked)
    _draw_metrics(stored, spec)
    found = with_snow(run.findings, draw_inside(stored))
    draw_findings(found, sound="The input check had nothing to say against this tile.")
    layers = map_layers(stored)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if layers is None:
            st.info(
                "There is no map: the tile has no coordinate reference system, or lies where a web map "
                "cannot show it. Its pictures are below.",
                icon=":material/location_off:",
            )
            st.image(str(stored_file(stored, CLASSES_MAP)), width="stretch", alt="Class map")
            draw_legend(spec)
        else:
            outlines = history().outlines(stored.site) if stored.site else None
            draw_map(layers, spec, key=f"map-{run.id}", outlines=outlines)
    with right:
        _draw_charts(stored, spec)
    draw_errors(stored, spec)
    draw_checks(stored, spec)
    draw_pictures(stored, spec)
    draw_downloads(stored)
    draw_provenance(stored, spec)


def _draw_head(stored: StoredRun, spec: ModelSpec, *, linked: bool) -> None:
    """Name of the tile and what tells this run from others."""
    st.header(plain(stored.run.tile.name, LONGEST_NAME), anchor=False)
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    with row:
        st.badge(spec.title, icon=":material/layers:", color="blue")
        st.badge(
            stored.acquired_on.isoformat() if stored.acquired_on else "date unknown",
            icon=":material/event:",
            color="gray",
        )
        if stored.run.tile.sensor:
            st.badge(
                plain(stored.run.tile.sensor, LONGEST_NAME), icon=":material/satellite_alt:", color="gray"
            )
        if stored.site:
            st.badge(plain(stored.site, LONGEST_NAME), icon=":material/location_on:", color="green")
        if linked:
            st.page_link(
                RUN, label="Saved in the history", icon=":material/check:", query_params={"id": stored.run.id}
            )
    if stored.note:
        st.markdown(plain(stored.note))


def _draw_metrics(stored: StoredRun, spec: ModelSpec) -> None:
    """Areas, valid share and time in boxes that wrap on a narrow page."""
    run = stored.run
    by_index = {area.index: area for area in run.areas}
    boxes: list[tuple[str, str, str | None]] = [
        ("Glacier area", ice_amount(run.areas, spec), "All classes that are ice, on the ellipsoid.")
    ]
    if len(spec.foreground) > 1:
        boxes += [(info.label, _amount(by_index[info.index]), None) for info in spec.foreground]
    boxes.append(
        (
            "Valid ground",
            format_share(run.valid_share),
            "Share of the tile's pixels that carry data. Pixels without data are never classified or counted."
            + (f" That is {format_area(run.valid_area_km2)}." if run.valid_area_km2 is not None else ""),
        )
    )
    boxes.append(("Time", format_duration(run.elapsed_s), "From the first read to the last written file."))
    row = st.container(horizontal=True, gap="small", key=f"metrics-{run.id}")
    for label, value, explanation in boxes:
        row.metric(label, value, help=explanation, border=True, height="stretch", width=METRIC_PX)


def _draw_charts(stored: StoredRun, spec: ModelSpec) -> None:
    """Areas, shares of the ground, confidence."""
    run = stored.run
    st.subheader("Area of each class", anchor=False)
    _plot(area_bars(run.areas, spec), f"areas-{run.id}", "Bar chart: area of each mapped class")
    st.subheader("Share of the ground", anchor=False)
    _plot(ground_shares(run.areas, spec), f"shares-{run.id}", "Stacked bar: how the valid ground divides")
    st.subheader(
        "Confidence",
        anchor=False,
        help="How likely the model held the class it decided for, pixel by pixel. Many pixels far left "
        "mean a doubtful map. It is the model's own opinion, not an error bar.",
    )
    counts = preview_facts(stored).confidence
    _plot(confidence_histogram(counts, spec), f"confidence-{run.id}", "Histogram of the model's confidence")


def _draw_side(stored: StoredRun, spec: ModelSpec) -> None:
    """One of several results of a tile, in short."""
    st.markdown(f"**{spec.title}**")
    st.metric("Glacier area", ice_amount(stored.run.areas, spec))
    st.image(str(stored_file(stored, CLASSES_MAP)), width="stretch", alt=f"Class map, {spec.title}")
    draw_legend(spec)
    _plot(area_bars(stored.run.areas, spec), f"side-areas-{stored.run.id}", "Area of each mapped class")


def _plot(figure: go.Figure, key: str, words: str) -> None:
    """A figure without the plotting library's own buttons."""
    st.plotly_chart(figure, key=key, config={"displaylogo": False, "displayModeBar": False}, alt=words)


def _amount(area: ClassArea) -> str:
    """An area, or its pixels where no area is known."""
    if area.area_km2 is not None:
        return format_area(area.area_km2)
    return f"{format_count(area.pixels)} px"
