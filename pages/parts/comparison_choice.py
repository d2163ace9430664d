"""Choosing the two runs of a comparison; the pair is in the page's address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import HistoryError
from core.present.quantities import format_area
from pages.parts.cached import history
from pages.parts.wording import run_label

if TYPE_CHECKING:
    from db.records import RunRecord

BEFORE, AFTER = "a", "b"  # query parameters, and keys of the boxes
MOST_OFFERED = 500  # newest runs in the boxes; others are reached from the History
LABELS = {BEFORE: "First run", AFTER: "Second run"}


def choose_pair() -> tuple[str, str] | None:
    """Draw the two boxes; the ids that are chosen, or None while one is missing.

    Raises:
        HistoryError: the address names a run that is gone.
    """
    offered = {record.id: record for record in history().list_runs(limit=MOST_OFFERED)}
    for key in (BEFORE, AFTER):
        _follow_address(key, offered)
    left, middle, right = st.columns([10, 1, 10], vertical_alignment="bottom", gap="small")
    with left:
        _ask(BEFORE, offered)
    middle.button(
        "",
        icon=":material/swap_horiz:",
        key="swap",
        help="Swap the two runs",
        on_click=_swap,
        width="stretch",
    )
    with right:
        _ask(AFTER, offered)
    before, after = (st.session_state.get(f"compare_{key}") for key in (BEFORE, AFTER))
    return (str(before), str(after)) if before and after else None


def _ask(key: str, offered: dict[str, RunRecord]) -> None:
    st.selectbox(
        LABELS[key],
        list(offered),
        index=None,
        placeholder="Choose a run",
        format_func=lambda run_id: _words(offered[run_id]),
        key=f"compare_{key}",
        on_change=_write_address,
        help="Newest first; type to search. In the History, select two rows and press Compare.",
    )


def _words(record: RunRecord) -> str:
    """A run in one line, as a box shows it: boxes show text as it is."""
    site = f"{record.site}: " if record.site else ""
    area = f", {format_area(record.ice_area_km2)} of ice" if record.ice_area_km2 is not None else ""
    return f"{site}{run_label(record)}{area}"


def _follow_address(key: str, offered: dict[str, RunRecord]) -> None:
    """Let the address decide what a box shows; a run beyond those offered is added to them."""
    wanted = st.query_params.get(key)
    box = f"compare_{key}"
    if wanted is None:
        if st.session_state.get(box) not in offered:
            st.session_state.pop(box, None)
        return
    if wanted not in offered:
        try:
            offered[wanted] = history().get_record(wanted)
        except HistoryError:
            st.query_params.pop(key)
            st.session_state.pop(box, None)
            raise
    if st.session_state.get(box) != wanted:
        st.session_state[box] = wanted


def _write_address() -> None:
    for key in (BEFORE, AFTER):
        chosen = st.session_state.get(f"compare_{key}")
        if chosen:
            st.query_params[key] = chosen
        else:
            st.query_params.pop(key, None)


def _swap() -> None:
    boxes = f"compare_{BEFORE}", f"compare_{AFTER}"
    before, after = (st.session_state.get(box) for box in boxes)
    st.session_state[boxes[0]], st.session_state[boxes[1]] = after, before
    _write_address()
