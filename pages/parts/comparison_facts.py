"""The facts of a comparison: both runs beside each other, the common grid, ground that is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.models import model_spec
from core.present.quantities import format_area, format_date, format_share
from core.types import BANDS
from pages.parts.places import RUN
from pages.parts.wording import LONGEST_NAME, decision_words, grid_words, minimum_words, plain, short_hash

if TYPE_CHECKING:
    from core.checks import CloudCheck
    from core.measure.change import Change
    from db.records import StoredRun


def draw_pair(pair: tuple[StoredRun, StoredRun]) -> None:
    """A table with a row a fact; what differs is bold."""
    facts = [_facts(stored) for stored in pair]
    names, first, second = [], [], []
    for name, value in facts[0].items():
        other = facts[1][name]
        mark = "" if value == other else "**"
        names.append(f"{mark}{name}{mark}")
        first.append(f"{mark}{plain(value, LONGEST_NAME)}{mark}")
        second.append(f"{mark}{plain(other, LONGEST_NAME)}{mark}")
    st.table({"": names, "First run": first, "Second run": second}, hide_index=True, border="horizontal")
    row = st.container(horizontal=True)
    for stored, label in zip(pair, ("Open the first run", "Open the second run"), strict=True):
        with row:
            st.page_link(RUN, label=label, icon=":material/open_in_full:", query_params={"id": stored.run.id})


def grid_sentence(change: Change) -> str:
    """How the two grids were brought together."""
    if not change.resampled:
        return "The pixels of both runs coincide: nothing was resampled."
    kept, other = ("first", "second") if change.reference == 0 else ("second", "first")
    words = f"On the pixels of the {kept} run; the {other} was resampled to them (nearest neighbour)."
    if change.offset_px is not None:
        cols, rows = (abs(offset) for offset in change.offset_px)
        words += f" Their pixels are shifted by {cols:.2f} columns and {rows:.2f} rows against each other."
    return words


def draw_unseen(change: Change) -> None:
    """Ground that is left out, and why."""
    unseen = change.unseen
    rows = {
        "Seen by the first run alone": unseen.only_before_km2 + unseen.beyond_before_km2,
        "Seen by the second run alone": unseen.only_after_km2 + unseen.beyond_after_km2,
        "Seen by neither": unseen.by_neither_km2,
    }
    if not any(rows.values()):
        st.caption("Both runs saw all of the common rectangle.")
        return
    st.markdown("**Left out of the comparison**")
    st.table(
        {"Ground": list(rows), "Area": [format_area(area) for area in rows.values()]},
        hide_index=True,
        hide_header=True,
        border="horizontal",
    )


def _facts(stored: StoredRun) -> dict[str, str]:
    run = stored.run
    spec = model_spec(run.model)
    thermal = "thermal" in run.tile.bands
    return {
        "Tile": run.tile.name,
        "Site": stored.site or "none",
        "Acquired": format_date(stored.acquired_on),
        "Sensor": run.tile.sensor or "unknown",
        "Bands": "all five" if len(run.tile.bands) == len(BANDS) else "no thermal" if not thermal else "some",
        "Valid ground": format_share(run.valid_share),
        "Unmasked cloud": _cloud_words(run.clouds),
        "Grid": grid_words(run.tile.grid),
        "Model": spec.title,
        "Weights": short_hash(run.weights_sha256),
        "Decides for": decision_words(run, spec),
        "Smallest area": minimum_words(run),
    }


def _cloud_words(check: CloudCheck | None) -> str:
    if check is None:
        return "not looked for"
    return "cannot be told" if check.share is None else format_share(check.share)
