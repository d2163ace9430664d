"""History: every run, newest first, with filters, editing, deleting and CSV."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.export.tables import csv_lines
from core.present.quantities import format_count
from db.filters import EVERYTHING
from pages.parts.cached import history
from pages.parts.places import COMPARE, RUN, SEGMENT
from pages.parts.run_dialogs import delete_dialog, draw_message, edit_dialog
from pages.parts.run_filters import ask_filter
from pages.parts.wording import plain, run_label, short_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.filters import RunFilter
    from db.history import History
    from db.records import RunRecord

PAGE_ROWS = 25
ROW_PX = 36
PAIR = 2  # runs that are compared


def show() -> None:
    """The page; what goes wrong is said in one sentence."""
    st.title("History", anchor=False)
    draw_message()
    try:
        store = history()
        if store.count_runs() == 0:
            _show_empty()
        else:
            _show_list(store)
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")


def _show_empty() -> None:
    """A first visit."""
    with st.container(border=True, horizontal_alignment="center", key="empty"):
        st.markdown("### :material/history: Nothing here yet", width="content")
        st.markdown("Every run is saved here by itself, with its map, areas and hashes.", width="content")
        st.page_link(SEGMENT, label="Map a first tile", icon=":material/layers:")


def _show_list(store: History) -> None:
    """Filters, actions, one page of runs."""
    wanted = ask_filter(store)
    count = store.count_runs(wanted)
    if count == 0:
        st.info("No run matches these filters. Clear them, or search for less.", icon=":material/search_off:")
        return
    actions = st.container(horizontal=True, vertical_alignment="center", key="actions")
    tally, table = st.empty(), st.container()  # the table's own buttons float over the line above it
    pages = -(-count // PAGE_ROWS)
    page = 1
    if pages > 1:
        with st.container(horizontal=True, horizontal_alignment="center"):
            page = st.pagination(pages, key=f"page-{hash(wanted)}")
    records = store.list_runs(wanted, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    with table:
        chosen = _draw_table(records, f"runs-{hash(wanted)}-{page}")
    with actions:
        _draw_actions(store, wanted, chosen)
    total = f"{format_count(count)} run{'s' if count != 1 else ''}"
    tally.markdown(
        f"**{len(chosen)} selected** of {total}"
        if chosen
        else f"**{total}** · select rows to open, edit or delete them"
    )


def _draw_table(records: Sequence[RunRecord], key: str) -> list[RunRecord]:
    """The runs of one page; those that are selected."""
    rows: dict[str, list[object]] = {
        "Acquired": [record.acquired_on for record in records],
        "Tile": [record.tile_name for record in records],
        "Site": [record.site for record in records],
        "Model": [short_title(record.model) for record in records],
        "Glacier area (km²)": [record.ice_area_km2 for record in records],
        "Valid (%)": [100 * record.valid_share for record in records],
        "Warnings": [record.warnings for record in records],
        "Finished (UTC)": [record.finished_at.replace(tzinfo=None) for record in records],
        "Note": [record.note for record in records],
    }
    if not any(rows["Warnings"]):
        del rows["Warnings"]
    event = st.dataframe(
        rows,
        hide_index=True,
        height=ROW_PX * (len(records) + 1) + 2,
        row_height=ROW_PX,
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config={
            "Acquired": st.column_config.DateColumn(format="YYYY-MM-DD", width=95),
            "Tile": st.column_config.TextColumn(width=190),
            "Site": st.column_config.TextColumn(width=110),
            "Model": st.column_config.TextColumn(width=115),
            "Glacier area (km²)": st.column_config.NumberColumn(
                format="%.3f",
                width=130,
                help="All classes that are ice; empty for a tile without georeference.",
            ),
            "Valid (%)": st.column_config.NumberColumn(format="%.1f", width=80),
            "Warnings": st.column_config.NumberColumn(
                width=80, help="Findings of the input check that flag the result."
            ),
            "Note": st.column_config.TextColumn(width=150),
            "Finished (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=135),
        },
        alt="Runs, newest first",
    )
    return [records[row] for row in event.selection.rows if row < len(records)]


def _draw_actions(store: History, wanted: RunFilter, chosen: list[RunRecord]) -> None:
    """What can be done with the selected runs, or with all that match."""
    ids = [record.id for record in chosen]
    one = len(ids) == 1
    if st.button("Open run", key="open", icon=":material/open_in_full:", type="primary", disabled=not one):
        st.switch_page(RUN, query_params={"id": ids[0]})
    if st.button(
        "Compare",
        key="compare",
        icon=":material/compare:",
        disabled=len(ids) != PAIR,
        help="Select two runs of the same ground.",
    ):
        first, second = sorted(
            chosen, key=lambda record: (record.acquired_on or date.max, record.finished_at)
        )
        st.switch_page(COMPARE, query_params={"a": first.id, "b": second.id})
    if st.button("Edit", key="edit", icon=":material/edit:", disabled=not one):
        edit_dialog(ids[0])
    if st.button("Delete", key="delete", icon=":material/delete:", disabled=not ids):
        delete_dialog(ids, [run_label(record) for record in chosen])
    st.download_button(
        "CSV of the selected runs"
        if ids
        else "CSV of all runs"
        if wanted == EVERYTHING
        else "CSV of these runs",
        data=partial(_table, store, wanted, tuple(ids)),
        file_name="firnline_areas.csv",
        mime="text/csv",
        key="csv",
        icon=":material/download:",
        help="One row a run and class: areas, shares, parameters, hashes. Without a selection, every run "
        "that matches the filters.",
        on_click="ignore",
    )


def _table(store: History, wanted: RunFilter, ids: tuple[str, ...]) -> bytes:
    """The CSV, made when it is asked for."""
    rows = store.area_rows(wanted, ids=ids or None)
    return "".join(csv_lines(rows)).encode()


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
