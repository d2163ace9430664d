"""A comparison on the page: what differs, numbers, maps, the matrix, downloads."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import OutlineError
from core.export.comparisons import MAP_FILE, RASTER_FILE, TABLE_FILE, read_comparison
from core.measure.comparability import Dated, differences
from core.measure.scene_flags import flags, with_snow
from core.models import model_spec
from core.present.change_charts import kind_bars, signed_area, transition_flow, transition_heatmap
from core.present.change_kinds import possible_kinds
from core.present.change_maps import change_map, swipe_map
from core.present.maps import MapPicture
from core.present.quantities import format_area
from core.types import Severity
from pages.parts.attribution_view import draw_attribution
from pages.parts.cached import history
from pages.parts.comparison_facts import draw_unseen, grid_sentence
from pages.parts.map_view import draw_folium
from pages.parts.run_files import map_layers
from pages.parts.wording import download_name, plain

if TYPE_CHECKING:
    from pathlib import Path

    import plotly.graph_objects as go

    from core.measure.change import Change, Comparison
    from core.types import Finding
    from db.records import StoredRun

    Pair = tuple[StoredRun, StoredRun]

METRIC_PX = 146
SWIPE, GAIN_LOSS = "Swipe", "Gain and loss"
MATRIX, FLOW = "Matrix", "Flow"
MEANING = """
**As mapped** counts pixels: it is the difference of the two class maps on the ground that both saw.

**Its interval** takes the larger of two errors, as 1.96 standard deviations. *Buffer*: half a pixel along the
outlines that moved (Paul et al. 2017); where an outline is the same in both runs, its error is the same and
leaves the change. *Probability*: what the calibrated probabilities leave open, when all ground of a block
errs together, blocks err apart, and both dates err apart.

**Expected** areas of a transition follow from the probabilities of both dates. They say how often each class
is right, not how often both are wrong at the same place: *least* assumes the least change that both allow,
*unrelated* that their errors have nothing to do with each other, which is a lot over much doubtful ground.
"""


def draw_differences(pair: Pair) -> None:
    """What spoils the comparison of two runs, before any number."""
    found = differences(*(Dated(stored.run, stored.acquired_on) for stored in pair))
    if pair[0].run.tile.sha256 != pair[1].run.tile.sha256:  # of one scene no flag makes a difference
        found = (*found, *flags(_findings(pair[0]), _findings(pair[1]), found))
    warnings = [finding for finding in found if finding.severity is Severity.WARNING]
    notes = [finding for finding in found if finding.severity is not Severity.WARNING]
    if warnings:
        lines = "\n".join(f"- {plain(finding.message)}" for finding in warnings)
        st.warning(f"**Not only the glacier differs.**\n{lines}", icon=":material/warning:")
    if notes:
        st.info("\n".join(f"- {plain(finding.message)}" for finding in notes), icon=":material/info:")
    if not found:
        st.success(
            "One model with the same parameters, one sensor, one season, little unmasked cloud, no warning "
            "of either scene: nothing known speaks against reading the change as the ground's.",
            icon=":material/check_circle:",
        )


def _findings(stored: StoredRun) -> tuple[Finding, ...]:
    """What was noticed of a run, with snow around the outlines that its site has now."""
    ledger = None
    with st.spinner("Looking for snow around the outlines…"), suppress(OutlineError):
        # outlines that cannot be placed on a tile tell nothing of its snow
        ledger = history().ledger(stored.run.id)
    return with_snow(stored.run.findings, ledger)


def draw_comparison(pair: Pair, folder: Path) -> None:
    """Numbers, maps, matrix, parts, downloads.

    Raises:
        HistoryError: the comparison cannot be read, or a run's picture is gone.
    """
    comparison = read_comparison(folder)
    change = comparison.change
    _draw_metrics(change)
    if change.reduced:
        st.caption("One run knows glacier or not glacier alone, so both are compared on that question.")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _draw_maps(pair, comparison, folder)
    with right:
        st.subheader("What became of the ice", anchor=False)
        _plot(kind_bars(change), "kinds", "Bar chart: area of each kind of change")
        draw_unseen(change)
        st.caption(grid_sentence(change))
    _draw_transitions(change)
    draw_attribution(pair, change)
    _draw_downloads(pair, folder)


def _draw_metrics(change: Change) -> None:
    interval = change.interval
    row = st.container(horizontal=True, gap="small", key="change-metrics")
    half = f"± {format_area(1.96 * interval.sigma_km2)}"
    row.metric(
        "Net change of ice",
        signed_area(change.net_km2),
        delta=f"{half} (95 %)",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        width=METRIC_PX + 44,
        help="As mapped, with its 95 % interval; what goes into it is told below.",
    )
    boxes = (
        ("Gain", format_area(change.gain_km2), "Ice on the second date where there was none on the first."),
        ("Loss", format_area(change.loss_km2), "Ice on the first date that is none on the second."),
        ("Ice, first run", format_area(change.ice_before_km2), "On the ground that both runs saw."),
        ("Ice, second run", format_area(change.ice_after_km2), "On the ground that both runs saw."),
        ("Common ground", format_area(change.seen_km2), "Ground that both runs saw; all else is left out."),
    )
    for label, value, explanation in boxes:
        row.metric(label, value, help=explanation, border=True, height="stretch", width=METRIC_PX)
    low, high = interval.low_km2, interval.high_km2
    if change.significant:
        words = f"The 95 % interval, {signed_area(low)} to {signed_area(high)}, leaves out zero."
        icon, what = ("trending_down", "lost") if high < 0 else ("trending_up", "gained")
        st.markdown(f":material/{icon}: **The ice {what} area.** {words}")
    else:
        words = f"The 95 % interval, {signed_area(low)} to {signed_area(high)}, includes zero."
        st.markdown(f":material/help: **No change can be told from the errors.** {words}")


def _draw_maps(pair: Pair, comparison: Comparison, folder: Path) -> None:
    way = st.segmented_control(
        "Map",
        [SWIPE, GAIN_LOSS],
        default=SWIPE,
        required=True,
        key="compare_map",
        label_visibility="collapsed",
    )
    sides = [map_layers(stored) for stored in pair]
    if sides[0] is None or sides[1] is None or comparison.map_bounds is None:
        st.info(
            "There is no map: a tile lies where a web map cannot show it.", icon=":material/location_off:"
        )
        st.image(str(folder / MAP_FILE), width="stretch", alt="Gain and loss")
        return
    dark = st.context.theme.type == "dark"
    name = f"{comparison.before}-{comparison.after}"
    if way == GAIN_LOSS:
        picture = MapPicture("Gain and loss", (folder / MAP_FILE).read_bytes(), "image/png")
        kinds = possible_kinds(comparison.change.classes)
        shown = change_map(sides[1], picture, comparison.map_bounds, kinds, dark=dark)
        draw_folium(shown, key=f"change-{name}")
        return
    labels = [
        stored.acquired_on.isoformat() if stored.acquired_on else words
        for stored, words in zip(pair, ("First run", "Second run"), strict=True)
    ]
    if labels[0] == labels[1]:
        labels = ["First run", "Second run"]
    specs = model_spec(pair[0].run.model), model_spec(pair[1].run.model)
    shown = swipe_map((sides[0], sides[1]), specs, (labels[0], labels[1]), dark=dark)
    draw_folium(shown, key=f"swipe-{name}")
    st.caption("Drag the bar, or focus it and use the arrow keys.")


def _draw_transitions(change: Change) -> None:
    st.subheader("What turned into what", anchor=False)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        way = st.segmented_control(
            "Chart",
            [MATRIX, FLOW],
            default=MATRIX,
            required=True,
            key="compare_chart",
            label_visibility="collapsed",
        )
        if way == MATRIX:
            matrix = transition_heatmap(change, dark=st.context.theme.type == "dark")
            _plot(matrix, "matrix", "Transition matrix in square kilometres")
        else:
            _plot(
                transition_flow(change), "flow", "Flow between classes; bare ground that stayed is left out"
            )
    with right:
        _draw_table(change)
        with st.expander("How sure are these numbers?", icon=":material/rule:"):
            st.markdown(MEANING)
            st.caption(f"A block of common error is {change.block_m / 1000:.2f} km wide.")
            expected = change.net_probability
            if expected:
                st.markdown(
                    f"Net change: mapped {signed_area(change.net_km2)}, buffer ± "
                    f"{format_area(1.96 * change.net_buffer.sigma_km2)}; expected "
                    f"{signed_area(expected.value_km2)} ± {format_area(1.96 * expected.sigma_km2)}."
                )


def _draw_table(change: Change) -> None:
    """Every transition that happened, the largest first, with its errors."""
    labels = {info.key: info.label for info in change.classes}
    rows = sorted((t for t in change.transitions if t.pixels), key=lambda t: -t.area_km2)
    moved = [t for t in rows if t.before != t.after] + [t for t in rows if t.before == t.after]
    st.dataframe(
        {
            "Before": [labels[t.before] for t in moved],
            "After": [labels[t.after] for t in moved],
            "Area (km²)": [t.area_km2 for t in moved],
            "± buffer": [1.96 * t.buffer_km2 for t in moved],
            "Expected": [t.expected_km2 for t in moved],
            "± expected": [1.96 * t.sigma_km2 if t.sigma_km2 is not None else None for t in moved],
            "Unrelated": [t.unrelated_km2 for t in moved],
        },
        hide_index=True,
        placeholder="",
        key="transitions",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f", help=words, width=82)
            for name, words in (
                ("Area (km²)", "As mapped, on the ground that both runs saw."),
                ("± buffer", "Half a pixel along the outline of this ground, times 1.96."),
                ("Expected", "Under the probabilities, with the least change that both allow."),
                ("± expected", "1.96 standard deviations of the expected area."),
                ("Unrelated", "Expected when the errors of both dates have nothing to do with each other."),
            )
        },
        alt="Every transition with its area and errors",
    )


def _draw_downloads(pair: Pair, folder: Path) -> None:
    st.subheader("Downloads", anchor=False)
    row = st.container(horizontal=True, gap="small")
    names = [
        stored.acquired_on.isoformat() if stored.acquired_on else stored.run.tile.name for stored in pair
    ]
    for label, file, media, words in (
        ("Transitions (CSV)", TABLE_FILE, "text/csv", "Every transition with its errors, and their sums."),
        (
            "Gain and loss (GeoTIFF)",
            RASTER_FILE,
            "image/tiff",
            "On the common grid; 255 where one saw nothing.",
        ),
    ):
        row.download_button(
            label,
            data=(folder / file).read_bytes(),
            file_name=download_name(*names, file),
            mime=media,
            key=f"compare-{file}",
            icon=":material/download:",
            help=words,
            on_click="ignore",
        )


def _plot(figure: go.Figure, key: str, words: str) -> None:
    st.plotly_chart(
        figure, key=f"compare-{key}", config={"displaylogo": False, "displayModeBar": False}, alt=words
    )
