"""One run of the history, found by the id in the address."""

from __future__ import annotations

import streamlit as st

from core.errors import FirnlineError
from pages.parts.cached import history
from pages.parts.places import HISTORY
from pages.parts.run_dialogs import delete_dialog, draw_message, edit_dialog
from pages.parts.run_view import draw_run
from pages.parts.wording import plain

RUN_ID = "id"


def show() -> None:
    """The page; a run that is gone is said to be so."""
    draw_message()
    run_id = st.query_params.get(RUN_ID, "")
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        st.page_link(HISTORY, label="All runs", icon=":material/arrow_back:")
        st.space("stretch")
    if not run_id:
        st.info("No run was chosen. Open one from the History.", icon=":material/info:")
        return
    try:
        stored = history().get_run(run_id)
        with row:
            if st.button("Edit", key="edit", icon=":material/edit:"):
                edit_dialog(run_id)
            if st.button("Delete", key="delete", icon=":material/delete:"):
                delete_dialog([run_id], [stored.run.tile.name], leave=True)
        draw_run(stored, linked=False)
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
