"""Dialogs that change the history: editing what is said about a run, deleting runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from pages.parts.cached import history
from pages.parts.places import HISTORY
from pages.parts.run_options import LONGEST_NOTE
from pages.parts.tile_check import FIRST_DAY, within_reach
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

MESSAGE = "history_message"  # what the page says after a dialog closed
MOST_NAMED = 5  # runs named in the question before deleting


@st.dialog("Edit run", icon=":material/edit:")
def edit_dialog(run_id: str) -> None:
    """Site, acquisition date and note of a run."""
    try:
        stored = history().get_run(run_id)
        sites = [site.name for site in history().sites()]
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    st.markdown(f"**{plain(stored.run.tile.name, LONGEST_NAME)}**")
    site = st.selectbox(
        "Site",
        sites,
        index=sites.index(stored.site) if stored.site in sites else None,
        placeholder="Choose or type a name",
        accept_new_options=True,
        key=f"edit_site-{run_id}",
    )
    acquired_on = st.date_input(
        "Acquisition date",
        value=within_reach(stored.acquired_on),
        min_value=FIRST_DAY,
        max_value="today",
        format="YYYY-MM-DD",
        key=f"edit_date-{run_id}",
        help="The record of the analysis keeps the date it was made with; lists and exports use this one.",
    )
    note = st.text_area("Note", value=stored.note, max_chars=LONGEST_NOTE, key=f"edit_note-{run_id}")
    if st.button("Save", type="primary", key="edit_save", icon=":material/save:"):
        try:
            history().edit_run(run_id, site=site or None, acquired_on=acquired_on, note=note.strip())
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.session_state[MESSAGE] = "The run was changed."
        st.rerun()


@st.dialog("Delete for good?", icon=":material/delete:")
def delete_dialog(run_ids: Sequence[str], names: Sequence[str], *, leave: bool = False) -> None:
    """Ask before runs and their files go. `leave`: go to the history afterwards."""
    count = len(run_ids)
    st.markdown(
        f"**{count} run{'s' if count != 1 else ''}** with maps, tables and pictures will be deleted. "
        "This cannot be undone."
    )
    st.markdown("\n".join(f"- {plain(name, LONGEST_NAME)}" for name in names[:MOST_NAMED]))
    if count > MOST_NAMED:
        st.caption(f"and {count - MOST_NAMED} more")
    inputs = st.checkbox(
        "Also delete kept input files that no other run needs",
        key="delete_inputs",
        help="Without them the runs could not be repeated anyway. Files that another run uses stay.",
    )
    row = st.container(horizontal=True)
    if row.button("Delete", type="primary", key="delete_confirm", icon=":material/delete:"):
        try:
            gone = history().delete_runs(run_ids, drop_unused_inputs=inputs)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.session_state[MESSAGE] = f"{gone.runs} run{'s' if gone.runs != 1 else ''} deleted."
        if leave:
            st.switch_page(HISTORY)
        st.rerun()
    if row.button("Keep", key="delete_keep"):
        st.rerun()


def draw_message() -> None:
    """What a dialog did, once."""
    message = st.session_state.pop(MESSAGE, None)
    if message:
        st.toast(message, icon=":material/check_circle:")
