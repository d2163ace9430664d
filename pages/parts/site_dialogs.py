"""Dialogs that change a site: its name and note, its outlines, or whether it is there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from db.sites import LONGEST_NAME as LONGEST_SITE
from pages.parts.cached import history
from pages.parts.run_dialogs import MESSAGE
from pages.parts.run_options import LONGEST_NOTE
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from db.records import Site


@st.dialog("Edit site", icon=":material/edit:")
def edit_site_dialog(site: Site) -> None:
    """Name and note; a name that another site has merges the two when that is wanted."""
    name = st.text_input("Name", value=site.name, max_chars=LONGEST_SITE, key="site_name")
    note = st.text_area("Note", value=site.note, max_chars=LONGEST_NOTE, key="site_note")
    merge = st.checkbox(
        "Merge with the site of this name, if there is one",
        key="site_merge",
        help="The runs of both come together. The outlines of the other site stay; where it has none, it "
        "takes over these.",
    )
    if st.button("Save", type="primary", key="site_save", icon=":material/save:"):
        try:
            history().edit_site_note(site.name, note.strip())
            if " ".join(name.split()) != site.name:
                history().rename_site(site.name, name, merge=merge)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.query_params["site"] = " ".join(name.split())
        _done("The site was changed.")


@st.dialog("Delete this site?", icon=":material/delete:")
def delete_site_dialog(site: Site) -> None:
    """Ask before a site goes with its outlines; its runs stay."""
    st.markdown(
        f"**{plain(site.name, LONGEST_NAME)}**, its note and its outlines will be deleted. "
        "Its runs stay in the history, without a site. This cannot be undone."
    )
    row = st.container(horizontal=True)
    if row.button("Delete", type="primary", key="site_delete_confirm", icon=":material/delete:"):
        try:
            history().delete_site(site.name)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.query_params.clear()
        _done("The site was deleted.")
    if row.button("Keep", key="site_delete_keep"):
        st.rerun()


@st.dialog("Remove the outlines?", icon=":material/delete:")
def remove_outlines_dialog(site: Site) -> None:
    """Ask before a site's outlines go."""
    st.markdown(
        f"The outlines of **{plain(site.name, LONGEST_NAME)}** and the areas inside them will be removed. "
        "Runs and files stay; the outlines can be handed in again."
    )
    row = st.container(horizontal=True)
    if row.button("Remove", type="primary", key="outlines_remove_confirm", icon=":material/delete:"):
        try:
            history().remove_outlines(site.name)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        _done("The outlines were removed.")
    if row.button("Keep", key="outlines_keep"):
        st.rerun()


def _done(message: str) -> None:
    """Close the dialog; the page says what was done."""
    st.session_state[MESSAGE] = message
    st.rerun()
