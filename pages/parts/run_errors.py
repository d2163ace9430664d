"""How sure the areas of a run are: three errors side by side, with what each of them means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.measure.expectations import BLOCK_PX
from core.measure.groups import class_groups
from core.measure.literature import SOURCE, literature_km2
from core.models import CLEAN_ICE_COLOUR
from core.present.caveats import held_words
from core.present.error_charts import TITLES, interval_chart, intervals
from core.present.quantities import format_area, format_share, format_with_error
from core.runs import ALL_ICE, ErrorKind
from pages.parts.error_tests import error_test

if TYPE_CHECKING:
    from core.measure.groups import ClassGroup
    from core.models import ModelSpec
    from core.networks.error_tests import ErrorTest
    from core.runs import AreaError
    from db.records import StoredRun

MEANINGS = {
    ErrorKind.BUFFER: "If the outline were off by half a pixel everywhere, to the same side (one standard "
    "deviation).",
    ErrorKind.PROBABILITY: "What the model's probabilities leave open: the expected area, if errors agree "
    f"within {BLOCK_PX} x {BLOCK_PX} pixels and are independent beyond.",
    ErrorKind.SPREAD: "How much the mapped area changes when the tile is turned and mirrored.",
}
ALL_ICE_LABEL = "All ice"


def draw_errors(stored: StoredRun, spec: ModelSpec) -> None:
    """The errors of one area of choice, as a chart and in words; why there are none otherwise."""
    run = stored.run
    st.subheader(
        "How sure",
        anchor=False,
        help="Three estimates of how far the area may be from the truth. None of them knows what the "
        "model never learnt: where they disagree, trust the widest.",
    )
    if not run.errors:
        st.caption(
            "No errors were estimated: no area in km² is known. State the size of a pixel before a run."
            if run.valid_area_km2 is None
            else "This run is from before Firnline estimated errors. Run the tile again to get them."
        )
        return
    labels = _labels(spec)
    groups = {group.key: group for group in class_groups(spec) if group.key in labels}
    default = ALL_ICE if ALL_ICE in groups else next(iter(groups))
    key = default
    if len(groups) > 1:
        key = str(
            st.segmented_control(
                "Area", list(groups), default=default, required=True, format_func=labels.__getitem__,
                key=f"errors-of-{run.id}",
            )
        )  # fmt: skip
    _draw_group(stored, spec, groups[key], labels[key])


def _labels(spec: ModelSpec) -> dict[str, str]:
    """Key and name of each area to choose from; all ice only where that is more than one class."""
    named = {info.key: info.label for info in spec.foreground}
    ice = [info for info in spec.classes if info.is_ice]
    return ({ALL_ICE: ALL_ICE_LABEL} if len(ice) > 1 else {}) | named


def _draw_group(stored: StoredRun, spec: ModelSpec, group: ClassGroup, label: str) -> None:
    """Chart and cards of one area."""
    run = stored.run
    errors = [e for kind in ErrorKind if (e := run.error(group.key, kind)) is not None]
    mapped_km2 = sum(area.area_km2 or 0.0 for area in run.areas if area.index in group.indices)
    told = literature_km2(run.areas, spec, group)
    colour = next((i.colour for i in spec.classes if i.index == group.indices[0]), None)
    st.plotly_chart(
        interval_chart(intervals(errors, mapped_km2, told, colour or CLEAN_ICE_COLOUR), mapped_km2),
        key=f"errors-{group.key}-{run.id}",
        config={"displaylogo": False, "displayModeBar": False},
        alt=f"Intervals for the area of {label.lower()}",
    )
    test = error_test(run.model, run.weights_sha256)
    for column, kind in zip(st.columns(len(ErrorKind), gap="small"), ErrorKind, strict=True):
        with column.container(border=True, height="stretch"):
            _draw_card(kind, run.error(group.key, kind), mapped_km2, test)
    if told is not None:
        st.caption(
            f"Literature: analysts differ by about 5 % on clean ice and by up to 30 % on debris-covered ice "
            f"({SOURCE}); here ± {format_area(told)}."
        )


def _draw_card(kind: ErrorKind, error: AreaError | None, mapped_km2: float, test: ErrorTest | None) -> None:
    """One error in words."""
    st.markdown(f"**{TITLES[kind]}**")
    if error is None:
        st.caption("Not estimated. Switch **Eight views** on before a run to have it.")
        return
    share = f" ({format_share(error.sigma_km2 / mapped_km2)})" if mapped_km2 else ""
    st.markdown(f"{format_with_error(error.estimate_km2, error.sigma_km2)}{share}")
    st.caption(f"95 %: {format_area(error.low_km2)} to {format_area(error.high_km2)}")
    st.caption(MEANINGS[kind])
    st.caption(held_words(test, kind, error.class_key))
